import type { z } from "zod";
import { decodeOptions } from "../../shared/experiment/decode-options.ts";
import type { Method } from "../../shared/objectives/define-weighting.ts";
import { checkWeighting } from "../../shared/objectives/weighting-laws.ts";
import type { Optimizer } from "../../shared/optimizers/optimizer.ts";
import { checkAggregation } from "../aggregation/check.ts";
import type { RobustRule } from "../aggregation/rule.ts";
import { checkSelection } from "../selection/check.ts";
import type { Selection } from "../selection/selection.ts";
import type { Shares } from "./shares.ts";

/** What a strategy of one's own brings; whatever it leaves out is as the experiment declares it. */
export interface OwnParts {
  /** Who takes part. */
  readonly selection?: Selection;
  /** The client axis: a rule that sees each client's update, in place of the mean. */
  readonly rule?: RobustRule;
  /** What each client's change counts for (update mode). */
  readonly shares?: Shares;
  /** The objective axis, where each objective has a gradient of its own. */
  readonly weighting?: { readonly method: Method; readonly options?: object };
  /** The server's step. */
  readonly optimizer?: Optimizer;
}

export interface StrategyDefinition<Options> {
  readonly name: string;
  readonly options: z.ZodType<Options>;
  readonly parts: (options: Options) => OwnParts;
}

export interface OwnStrategy {
  readonly kind: "strategy";
  readonly name: string;
  /** Throws "invalid-option" with every problem of the options. */
  bind(options?: unknown): OwnParts;
}

/**
 * A strategy of one's own: parts that take the place of those that an experiment declares. An experiment names its module, which the
 * coordinator runs and no client sees:
 *
 *     // nearest.mjs
 *     export default defineStrategy({
 *       name: "nearest",
 *       options: z.strictObject({ f: z.int().default(1) }),
 *       parts: ({ f }) => ({ rule: nearestTo(f) }),              // made by defineAggregation
 *     });
 *     await checkStrategy(nearest);                             // throws with every law that a part breaks
 *
 *     federation: { strategy: { path: ./nearest.mjs, options: { f: 2 } }, mode: update, rounds: 20, … }
 */
export function defineStrategy<Options>({ name, options: schema, parts }: StrategyDefinition<Options>): OwnStrategy {
  return {
    kind: "strategy",
    name,
    bind(options = {}) {
      return parts(decodeOptions(name, schema, options));
    },
  };
}

/** Tries every part with the suite of its kind. Throws "invalid-option" with what the first that fails has broken. */
export async function checkStrategy(strategy: OwnStrategy, options: unknown = {}): Promise<void> {
  const { selection, rule, weighting } = strategy.bind(options);
  if (selection !== undefined) await checkSelection(selection);
  if (rule !== undefined) checkAggregation(rule);
  if (weighting !== undefined) checkWeighting(weighting.method, weighting.options ?? {});
}
