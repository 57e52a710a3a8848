/**
 * Cox's partial likelihood over all clients, through risk sets on a shared grid of times. What a risk set needs of a client is a
 * sum per interval of the grid; who is at risk at a time is who falls into its interval or a later one.
 */
import { z } from "zod";
import {
  add,
  constant,
  cumulativeSum,
  divideSafe,
  equal,
  exp,
  log,
  log1p,
  maximum,
  minimum,
  multiply,
  negate,
  relu,
  select,
  subtract,
  sum,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { intervalOf } from "../intervals.ts";
import { defineLoss } from "../loss.ts";
import type { PlacedTerm } from "../terms.ts";

const ascending = (grid: readonly number[]): boolean => grid.every((time, k) => k === 0 || grid[k - 1]! < time);

/**
 * Cox regression over all clients at once, unlike the stratified `cox`, whose risk sets end at a client.
 *
 *     F = [Σ_k Σ_{l<d_k} log(R_k − (l/d_k)·D_k) − Σ_D w·h]/Σ_k d_k        Breslow: d_k·log R_k in place of the inner sum
 *     at grid time k:  R = Σ w·eʰ of those at risk,  D = Σ w·eʰ of those with an event,  d = Σ w of those with an event
 *
 * Shapes  log-hazards h [batch], times [batch], event [batch]: 1 where the time is that of an event, 0 where of censoring
 * Unit    nats per event
 * Facts   a grid that holds every time of an event gives Cox's likelihood itself; a coarser one that of times rounded down to
 *         the grid (those before its start count at its start) · h + c changes nothing · weights count as repetitions · no
 *         events → empty · finite for |h| ≤ 50 in float32
 * Options grid: the shared times, ascending.
 *         ties: which of the formulas, where several events share a time. @default efron
 *         origin: what h is counted from in eʰ, where |h| exceeds 50. It cancels. @default 0
 *         tieTerms: up to so many events at one time Efron's sum is exact; of more, as many blocks at their midpoints, off by
 *         at most .35/tieTerms nats per event, where all at risk die at once. @default 64
 * When    clients hold few events each, or differ too much to be strata. The grid tells everyone when events happened.
 * Source  Cox (1972); Breslow (1974); Efron (1977)
 */
export const coxGlobal = defineLoss({
  kind: "two-phase",
  name: "cox-global",
  version: 1,
  unit: "event",
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch"], { within: 50 }),
    time: fromData("real", ["batch"]),
    event: fromData("binary", ["batch"]),
  },
  options: z.strictObject({
    grid: z.array(z.number()).min(1).refine(ascending, { error: "expected times that ascend" }),
    ties: z.enum(["efron", "breslow"]).default("efron"),
    origin: z.number().default(0),
    tieTerms: z.int().min(1).default(64),
  }),
  terms: ({ prediction, time, event }, { grid, origin }) => {
    const h = subtract(prediction, origin);
    const hazard = exp(h);
    const place = intervalOf(time, grid);
    const placed = (value: Node): PlacedTerm => ({ value, place, places: grid.length });
    return {
      hazard: placed(hazard),
      eventHazard: placed(multiply(event, hazard)),
      events: placed(event),
      score: multiply(event, h),
    };
  },
  of: ({ hazard, eventHazard, events, score }, { ties, tieTerms }) => {
    const atRisk = cumulativeSum(hazard, 0, { reverse: true });
    const some = relu(events);
    const risk = select(some, atRisk, 1);
    const breslow = multiply(some, log(risk));
    const tied = divideSafe(select(some, eventHazard, 0), risk);
    const each = ties === "breslow" ? breslow : add(breslow, efronTerms(tied, some, tieTerms));
    const total = sum(events, 0);
    return { value: divideSafe(subtract(sum(each, 0), score), total), empty: equal(total, 0) };
  },
});

/** Almost 1, also in float32: a sum that rounding has put above its whole. */
const belowOne = 0.9999999;

/**
 * Σ_{l<d} log(1 − (l/d)·q) for q = D/R [times] and d events [times]. l runs in steps of 1, or of d/terms where d is more than
 * that, a step standing at its middle; the last step of a fractional d is as long as is left.
 */
function efronTerms(q: Node, d: Node, terms: number): Node {
  const column = (x: Node): Node => unsqueeze(x, 1);
  const step = column(maximum(1, divideSafe(d, terms)));
  const start = multiply(step, constant([...Array(terms).keys()], [1, terms]));
  const length = minimum(step, relu(subtract(column(d), start)));
  const middle = add(start, multiply(0.5, subtract(step, 1)));
  const share = multiply(divideSafe(middle, column(d)), column(q));
  return sum(select(length, multiply(length, log1p(negate(minimum(share, belowOne)))), 0), 1);
}
