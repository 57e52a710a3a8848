import { z } from "zod";
import {
  add,
  and,
  greater,
  multiply,
  negate,
  notEqual,
  relu,
  select,
  softplus,
  stopGradient,
  subtract,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, perGroup, totals } from "../groups.ts";
import { fromData, fromModel } from "../inputs.ts";
import { logSumExpOf } from "../lists.ts";
import { defineLoss } from "../loss.ts";

/** Stands for log 0: finite, so that what flows back through an empty sum is 0 and not NaN. */
const NEVER = -1e30;

/**
 * Circle: in each group, similarities that ought to be high above those that ought to be low, each pulled by how far it is off.
 *
 *     ℓ(group) = sp(LSE_n γ·αₙ·(sₙ − m) + LSE_p −γ·αₚ·(sₚ − 1 + m)),   αₙ = max(0, sₙ + m), αₚ = max(0, 1 + m − sₚ)
 *
 * Shapes  similarities s [batch] in [−1, 1], target [batch] (1: of one class, p; 0: n) and group [batch] (index): an anchor's
 * Unit    nats
 * Facts   α is held constant · a group without both kinds is ignored · ≈ 0 where every sₚ ≥ 1 − m and sₙ ≤ m, well apart
 * Options margin m > 0. @default 0.25
 *         scale γ > 0. @default 256
 * When    similarities of an anchor to positives and negatives are at hand; one margin serves both
 * Source  Sun et al. (2020)
 */
export const circle = defineLoss({
  name: "circle",
  version: 1,
  kind: "set",
  unit: "anchor",
  measure: "nats",
  inputs: {
    prediction: fromModel("cosine", ["batch"]),
    target: fromData("binary", ["batch"]),
    group: fromData("group", ["batch"]),
  },
  options: z.strictObject({
    margin: z.number().positive().default(0.25),
    scale: z.number().positive().default(256),
  }),
  perExample: ({ prediction: s, target, group }, { margin, scale }, weights) => {
    const rows = inGroups(group, weights);
    const high = notEqual(target, 0);
    const pull = (by: Node, from: Node): Node => multiply(scale, multiply(stopGradient(relu(by)), from));
    const low = pull(add(s, margin), subtract(s, margin));
    const lifted = pull(subtract(1 + margin, s), negate(subtract(s, 1 - margin)));
    const total = add(logSumExpOf(rows, select(high, NEVER, low)), logSumExpOf(rows, select(high, lifted, NEVER)));
    const highs = totals(rows, high);
    const both = and(greater(highs, 0), greater(subtract(totals(rows, rows.present), highs), 0));
    return perGroup(rows, softplus(total), both);
  },
});
