/**
 * What an operator changes while a run goes on: settings of its experiment that hold from one round on.
 *
 *     { fromRound: 31, settings: [{ path: "objectives.pain.weight", value: "2" }], by: "operator", at: … }
 *
 * The experiment of a round is the one that was submitted with every adjustment from that round or earlier laid over it, in their
 * order: a function of the journal, so that a run played again from its journal goes through the same experiments to the same
 * bits. Only settings that the next round reads anew may change; what is compiled into programs or shapes a state may not.
 */
import { TributaryError } from "../../shared/errors.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { parseOverride, type Override } from "../../shared/experiment/override.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";

export interface Setting {
  /** Keys that lead to it, with dots between: `objectives.pain.weight`. */
  readonly path: string;
  /** YAML, as it would stand in the experiment. */
  readonly value: string;
}

export interface Adjustment {
  /** The first round that it holds for. */
  readonly fromRound: number;
  readonly settings: readonly Setting[];
  /** The identity that asked for it. */
  readonly by: string;
  /** ms since 1970. */
  readonly at: number;
}

/** What may change, and what it is called in messages. */
const adjustable: readonly { readonly path: RegExp; readonly shown: string }[] = [
  { path: /^objectives\.[^.]+\.weight$/, shown: "objectives.<name>.weight" },
  {
    path: /^objectives\.[^.]+\.bound\.(atMost|atLeast|equals)$/,
    shown: "objectives.<name>.bound.<atMost | atLeast | equals>",
  },
  { path: /^federation\.local\.optimizer\.learningRate$/, shown: "federation.local.optimizer.learningRate" },
  { path: /^federation\.serverOptimizer\.learningRate$/, shown: "federation.serverOptimizer.learningRate" },
  { path: /^federation\.clients\.deadlineMs$/, shown: "federation.clients.deadlineMs" },
];

/**
 * The experiment of a round. Throws "invalid-option" for a setting that may not change, and "invalid-experiment" with everything
 * that is wrong with the outcome.
 */
export function adjusted(experiment: Experiment, adjustments: readonly Adjustment[], round: number): Experiment {
  const settings = adjustments.filter(({ fromRound }) => fromRound <= round).flatMap((one) => one.settings);
  if (settings.length === 0) return experiment;
  for (const { path } of settings) {
    if (adjustable.some((one) => one.path.test(path))) continue;
    const known = adjustable.map(({ shown }) => shown).join(", ");
    throw new TributaryError("invalid-option", `${path} cannot change while a run goes on: expected one of ${known}`);
  }
  const overrides = settings.map(({ path, value }): Override => parseOverride(`${path}=${value}`)!);
  return decodeExperiment("the run", JSON.stringify(experiment), { overrides });
}

/** What objectives count for, in their order, where that is no longer what was submitted. */
export function changedWeights(submitted: Experiment, now: Experiment): readonly number[] | undefined {
  const names = Object.keys(submitted.objectives);
  const weights = names.map((name) => now.objectives[name]!.weight);
  return names.every((name, i) => submitted.objectives[name]!.weight === weights[i]) ? undefined : weights;
}
