import { z } from "zod";
import {
  add,
  and,
  divideSafe,
  equal,
  exp,
  less,
  matmul,
  multiply,
  notEqual,
  oneHot,
  or,
  pick,
  subtract,
  not,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { alongColumns, alongRows, inGroups, ofGroup, overPairs, perGroup, totals } from "../groups.ts";
import { fromData } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { incidence, likelihood, timed } from "./intervals.ts";

/**
 * DeepHit for one cause: the likelihood of intervals, and a price for pairs in the wrong order.
 *
 *     ℓ(group) = Σᵢ α·pmfᵢ + (1 − α)·(1/n) Σⱼ Aᵢⱼ·exp((Fⱼ(kᵢ) − Fᵢ(kᵢ))/σ)               c(group) = n, its rows
 *     Aᵢⱼ = 1 where i had its event in kᵢ, and kᵢ < kⱼ, or kᵢ = kⱼ and j was censored      F(k) = P(event in or before k)
 *
 * Shapes  logits h [batch, intervals], interval k [batch] (index), event [batch] (1: in k, 0: last seen in k), group [batch]:
 *         rows are compared within their group; a group is a unit and counts its rows
 * Unit    nats (α = 1)
 * Facts   α = 1 is pmf · one group of all rows is α·mean pmf + (1 − α)·(mean over all n² pairs) · finite at ±10⁴
 * Options alpha α in [0, 1]: how much the likelihood counts. @default 0.2
 *         sigma σ > 0: how soft the order is, in probability; the exponential reaches e^(1/σ). @default 0.1
 * Cost    O(n²) pairs of a batch
 * When    as pmf, and the order of events matters by itself (concordance)
 * Source  Lee, Zame, Yoon & van der Schaar (2018), in the form and with the defaults of Kvamme & Borgan's pycox
 */
export const deepHit = defineLoss({
  name: "deephit",
  version: 1,
  kind: "set",
  unit: "row",
  measure: "nats",
  inputs: { ...timed, group: fromData("group", ["batch"]) },
  outputs: () => "any",
  options: z.strictObject({
    alpha: z.number().min(0).max(1).default(0.2),
    sigma: z.number().min(0.02).default(0.1),
  }),
  perExample: ({ group, ...batch }, { alpha, sigma }, weights) => {
    const rows = inGroups(group, weights);
    const size = totals(rows, rows.present);
    const lead = exp(multiply(1 / sigma, behind(batch)));
    const misordered = divideSafe(overPairs(rows, comparable(batch), lead), ofGroup(rows, size));
    return perGroup(rows, totals(rows, add(multiply(alpha, likelihood(batch)), multiply(1 - alpha, misordered))), size);
  },
});

type Inputs = Readonly<Record<keyof typeof timed, Node>>;

/** [i, j] Fⱼ(kᵢ) − Fᵢ(kᵢ). */
function behind({ prediction, interval }: Inputs): Node {
  const by = incidence(prediction);
  const atEvent = oneHot(interval, prediction.shape[1]!);
  return subtract(matmul(atEvent, by, { transposeB: true }), alongRows(pick(by, interval)));
}

/** [i, j] 1 where i is known to come before j. */
function comparable({ interval, event }: Inputs): Node {
  const [first, second] = [alongRows(interval), alongColumns(interval)];
  const censored = not(notEqual(alongColumns(event), 0));
  const before = or(less(first, second), and(equal(first, second), censored));
  return and(notEqual(alongRows(event), 0), before);
}
