import { z } from "zod";
import {
  cumulativeLogSumExp,
  divideSafe,
  exp,
  gather,
  linearScan,
  log1p,
  multiply,
  negate,
  notEqual,
  relu,
  scatterAdd,
  select,
  stopGradient,
  subtract,
  add,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { inGroups, joined, perGroup, totals } from "../groups.ts";
import { fromData, fromModel, type Drawn } from "../inputs.ts";
import { atEnds, inLists, runsOf, type Lists } from "../lists.ts";
import { defineLoss } from "../loss.ts";

/** Stands for log 0: finite, so that what flows back through an empty sum is 0 and not NaN. */
const NEVER = -1e30;

/**
 * Cox's partial likelihood: at each event, who of those still at risk it was. Groups are strata; only rows of one stratum are
 * compared, and the loss is that of a stratified Cox model.
 *
 *     ℓ(stratum) = Σ over event times t of Σ_{l<d} log(Σ_{R} e^h − (l/d)·Σ_{D} e^h) − Σ_{D} h         c(stratum) = its events
 *     R: rows with time ≥ t      D: the d rows with an event at t      breslow: without the term in l
 *
 * Shapes  log hazards h, time, event (1: seen, 0: censored) and group [batch]; a stratum is a unit and counts its events
 * Unit    nats per event
 * Facts   depends on differences of h alone · without ties efron ≡ breslow · a stratum without events is ignored ·
 *         equal h, no ties, no censoring → ln(n!)/n · finite at ±10⁴, and so are the first and second derivative
 * Option  ties: which of the formulas, where several events share a time. @default efron
 * Cost    O(n log n) for n rows: sums over risk sets are one cumulative LSE
 * When    who is at more risk matters, not when; strata (sites, age bands) have baselines of their own. A weight belongs to a
 *         stratum; weights of rows within one are not defined
 * Source  Cox (1972); Breslow (1974); Efron (1977)
 */
export const cox = defineLoss({
  name: "cox",
  version: 1,
  kind: "set",
  unit: "event",
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch"]),
    time: fromData("non-negative", ["batch"]),
    event: fromData("binary", ["batch"]),
    group: fromData("group", ["batch"]),
  },
  arrange: withTies,
  options: z.strictObject({ ties: z.enum(["efron", "breslow"]).default("efron") }),
  perExample: ({ prediction, time, event, group }, { ties }, weights) => {
    const rows = inGroups(group, weights);
    const list = inLists(rows, time, { descending: true }); // whoever is at risk at a time stands before it
    const h = list.take(prediction);
    const seen = notEqual(list.take(event), 0);
    const moment = momentsOf(list, list.take(time));
    const atRisk = moment.atEnd(cumulativeLogSumExp(h, list.number));
    const among = ties === "breslow" ? atRisk : add(atRisk, withoutTied(h, seen, moment, atRisk));
    return perGroup(rows, list.totals(select(seen, subtract(among, h), 0)), totals(rows, event));
  },
});

interface Moments {
  /** [batch] index: which run of equal times in one stratum each place belongs to. */
  readonly number: Node;
  /** For each place, x at the last place of its moment. */
  readonly atEnd: (x: Node) => Node;
}

function momentsOf(list: Lists, time: Node): Moments {
  const number = runsOf(list, time);
  return { number, atEnd: (x) => gather(atEnds(number, x), number) };
}

/** Efron's correction of log Σ_R e^h, event by event: log(1 − (l/d)·Σ_D e^h / Σ_R e^h) for the l-th of d tied events, from 0. */
function withoutTied(h: Node, seen: Node, { number, atEnd }: Moments, atRisk: Node): Node {
  const tied = atEnd(cumulativeLogSumExp(select(seen, h, NEVER), number));
  const events = gather(scatterAdd(seen, number, h.shape[0]!), number);
  const before = subtract(linearScan(joined(number), seen), seen); // events of the moment up to here, itself left out
  const part = select(seen, divideSafe(before, events), 0);
  const share = subtract(tied, atRisk); // ≤ 0 but for rounding, which must not reach log1p
  return log1p(negate(multiply(part, exp(subtract(share, stopGradient(relu(share)))))));
}

/** Whole times, so that drawn batches have ties. */
function withTies(drawn: Drawn): Drawn {
  const time = drawn["time"]!;
  return { ...drawn, time: { ...time, data: time.data.map(Math.ceil) } };
}
