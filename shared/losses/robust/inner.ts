/**
 * A loss of examples inside a loss of all of them: the option `loss`, and what each example of the inner loss is worth.
 *
 *     { kind: cvar, fraction: 0.1, loss: { kind: huber, delta: 2 } }
 *
 * A unit of the inner loss counts with its row's weight times its own normalizer, a class weight for instance, and is worth
 * ℓ/normalizer, so that the plain mean of such units is the inner loss itself.
 */
import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import { explain } from "../../experiment/explain.ts";
import { divideSafe, fill, select } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { classificationLosses } from "../classification/classification.ts";
import { generativeLosses } from "../generative/generative.ts";
import type { Drawn, InputSpecs } from "../inputs.ts";
import type { Loss, TargetFacts, UnitLoss } from "../loss.ts";
import { metricLearningLosses } from "../metric-learning/metric-learning.ts";
import { perceptualLosses } from "../perceptual/perceptual.ts";
import { preferenceLosses } from "../preference/preference.ts";
import { rankingLosses } from "../ranking/ranking.ts";
import { regressionLosses } from "../regression/regression.ts";
import { sequenceLosses } from "../sequence/sequence.ts";
import { spikingLosses } from "../spiking/spiking.ts";
import { survivalLosses } from "../survival/survival.ts";

const tables: Readonly<Record<string, Loss>> = {
  ...regressionLosses,
  ...classificationLosses,
  ...preferenceLosses,
  ...generativeLosses,
  ...rankingLosses,
  ...survivalLosses,
  ...metricLearningLosses,
  ...sequenceLosses,
  ...spikingLosses,
  ...perceptualLosses,
};
/** The losses that are a value per example. */
export const innerLosses = Object.fromEntries(Object.entries(tables).filter(([, { kind }]) => kind === "additive"));

/** An inner loss with its options, defaults filled in. */
export interface InnerConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

const names = Object.keys(innerLosses) as [string, ...string[]]; // there are some

/** The option `loss`: a name, or a name with options beside it. */
export const innerLoss = z
  .union([z.enum(names), z.looseObject({ kind: z.enum(names) })])
  .transform((given, context): InnerConfig => {
    const { kind, ...options }: InnerConfig = typeof given === "string" ? { kind: given } : given;
    const parsed = innerLosses[kind]!.options.safeParse(options);
    if (parsed.success) return { kind, ...(parsed.data as object) };
    for (const { path, message } of parsed.error.issues.flatMap((issue) => explain(issue, options)))
      context.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  });

function boundOf({ kind, ...options }: InnerConfig): UnitLoss {
  const bound = innerLosses[kind]!.bind(options);
  if (bound.kind === "additive") return bound;
  throw new TributaryError("invalid-option", `${kind}: expected a loss with a value per example`);
}

interface Wrapping {
  readonly loss: InnerConfig;
}

/** Until there is an inner loss, there are no inputs. */
const theirs: InputSpecs = {};

/** What a loss around another takes over from it. */
export const around = {
  kind: "two-phase",
  version: 1,
  unit: "batch",
  measure: "the loss's",
  inputs: theirs,
  inputsFor: ({ loss }: Wrapping): InputSpecs => boundOf(loss).inputs,
  outputs: (target: TargetFacts, { loss }: Wrapping) => boundOf(loss).outputs(target),
  misfit: ({ loss }: Wrapping, target: TargetFacts) => boundOf(loss).misfit(target),
  parameters: ({ loss }: Wrapping) => boundOf(loss).parameters,
  arrange: (drawn: Drawn, { loss }: Wrapping) => boundOf(loss).arrange(drawn),
} as const;

export interface Examples {
  /** ℓ/normalizer [batch, …]; 0 where the example does not count. */
  readonly value: Node;
  /** What an example of a row of weight 1 counts, [batch, …]. */
  readonly counts: Node;
}

/** The examples of a batch. Throws "invalid-option" for a loss whose units are not parts of rows. */
export const examplesOf = ({ loss }: Wrapping, inputs: Readonly<Record<string, Node>>): Examples =>
  examplesIn(boundOf(loss), inputs);

/** The same of a loss that is bound. */
export function examplesIn(loss: UnitLoss, inputs: Readonly<Record<string, Node>>): Examples {
  const rows = Object.values(inputs)[0]!.shape[0]!;
  const { value, normalizer, ignored, weight } = loss.units(inputs, fill(1, [rows]));
  if (weight !== undefined)
    throw new TributaryError(
      "invalid-option",
      `${loss.name}: expected a loss that leaves its units the weights of their rows`,
    );
  const counts = normalizer ?? fill(1, value.shape);
  const each = normalizer === undefined ? value : divideSafe(value, normalizer);
  if (ignored === undefined) return { value: each, counts };
  return { value: select(ignored, 0, each), counts: select(ignored, 0, counts) };
}
