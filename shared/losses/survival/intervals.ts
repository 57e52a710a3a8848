/** Losses on the interval of time in which an event fell or a row was last seen: one output per interval, in order. */
import { z } from "zod";
import {
  concatenate,
  cumulativeSum,
  exp,
  fill,
  greater,
  iota,
  lessEqual,
  logSumExp,
  multiply,
  notEqual,
  pick,
  select,
  softplus,
  subtract,
  sum,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

/** Stands for log 0: finite, so that what flows back through it is 0 and not NaN. */
const NEVER = -1e30;

export const timed = {
  prediction: fromModel("real", ["batch", "intervals"]),
  interval: fromData("interval", ["batch"], { below: "intervals" }),
  event: fromData("binary", ["batch"]),
} as const;

const noOptions = z.strictObject({});

/**
 * Logistic hazard: in each interval survived a no, in the interval of the event a yes.
 *
 *     ℓ(h, k, e) = Σ_{j≤k} sp(h_j) − e·h_k            hazard of interval j: σ(h_j)
 *
 * Shapes  logits h [batch, intervals], interval k [batch] (index), event e [batch] (1: in k, 0: last seen in k) → [batch]
 * Unit    nats
 * Facts   survival to the end of j is Π_{i≤j} (1 − σ(h_i)) · a row censored in k survives k · intervals after k have slope 0
 * When    time comes in intervals; hazards may have any shape
 * Source  Gensheimer & Narasimhan (2019); Brown (1975)
 */
export const logisticHazard = defineLoss({
  name: "logistic-hazard",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: timed,
  outputs: () => "any",
  options: noOptions,
  perExample: ({ prediction, interval, event }) => {
    const until = lessEqual(iota(prediction.shape), unsqueeze(interval, 1));
    const lasting = sum(select(until, softplus(prediction), 0), 1);
    return subtract(lasting, multiply(event, pick(prediction, interval)));
  },
});

/**
 * Probability mass over intervals: a softmax whose last class, with logit 0, is "after all of them".
 *
 *     ℓ(h, k, 1) = LSE(h, 0) − h_k            ℓ(h, k, 0) = LSE(h, 0) − LSE(h_{j>k}, 0)
 *
 * Shapes  logits h [batch, intervals], interval k [batch] (index), event [batch] (1: in k, 0: last seen in k) → [batch]
 * Unit    nats
 * Facts   without censoring, softmax cross-entropy on (h, 0) · a row censored in k has its event after k · finite at ±10⁴
 * When    time comes in intervals, and the whole distribution is wanted
 * Source  Lee, Zame, Yoon & van der Schaar (2018), the likelihood; Kvamme & Borgan (2021), the form
 */
export const pmf = defineLoss({
  name: "pmf",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: timed,
  outputs: () => "any",
  options: noOptions,
  perExample: likelihood,
});

/**
 * Multi-task logistic regression: the probability mass over intervals, with logits that are sums from the end.
 *
 *     ℓ(h, k, e) = pmf(z, k, e),   z_j = Σ_{i≥j} h_i
 *
 * Shapes  logits h [batch, intervals], interval k [batch] (index), event e [batch] (1: in k, 0: last seen in k) → [batch]
 * Unit    nats
 * Facts   one interval → pmf · h_i = 0 makes intervals i and i + 1 equally likely · finite at ±10⁴
 * When    as pmf, with neighbouring intervals tied: each output moves all intervals before it
 * Source  Yu, Greiner, Lin & Baracos (2011)
 */
export const mtlr = defineLoss({
  name: "mtlr",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: timed,
  outputs: () => "any",
  options: noOptions,
  perExample: ({ prediction, interval, event }) =>
    likelihood({ prediction: cumulativeSum(prediction, 1, { reverse: true }), interval, event }),
});

type Inputs = Readonly<Record<keyof typeof timed, Node>>;

/** h with the logit 0 of "after all intervals" behind it: [batch, intervals + 1]. */
const withAfter = (h: Node): Node => concatenate([h, fill(0, [h.shape[0]!, 1])], 1);

/** −log of the probability of what was seen: the event's interval, or any later one. */
export function likelihood({ prediction, interval, event }: Inputs): Node {
  const h = withAfter(prediction);
  const later = greater(iota(h.shape), unsqueeze(interval, 1));
  const survived = logSumExp(select(later, h, NEVER));
  return subtract(logSumExp(h), select(notEqual(event, 0), pick(h, interval), survived));
}

/** P(event in or before interval j): [batch, intervals]. */
export function incidence(prediction: Node): Node {
  const total = logSumExp(withAfter(prediction), -1, { keepAxis: true });
  return cumulativeSum(exp(subtract(prediction, total)), 1);
}
