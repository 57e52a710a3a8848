import { VectorSum } from "../../shared/sum.ts";
import { partialSum, type PartialSum } from "../../shared/updates/partial-sum.ts";
import { vectorsOf, type Update } from "../../shared/updates/update.ts";
import { combinedRow, type Aggregator, type Row } from "./aggregator.ts";

export interface MeanOptions {
  readonly mode: "gradient" | "update";
  /** The objectives in order, each with its declared weight. */
  readonly objectives: Readonly<Record<string, number>>;
  /** What the combined change is divided by in update mode: Σₖ aₖ, or a constant W (Σ wᵢ under declared totals). */
  readonly divisor: "sum" | number;
}

/**
 * The mean over clients, weighted by denominators.
 *
 *     gradient mode   per objective   Lᵢ = Σₖ numᵢₖ / Σₖ denᵢₖ,   ∇Lᵢ = Σₖ ∇numᵢₖ / Σₖ denᵢₖ
 *     update mode     combined        −Σₖ aₖΔₖ / Σₖ aₖ,   with the value Σᵢ wᵢLᵢ
 *
 * Facts   equal shares: the plain mean · a client with den 0 changes nothing · the same bits in every order and grouping ·
 *         logits [[2,0,0],[0,1,0],[0,0,3],[1,1,1]], labels [0,1,2,0], class weights [1,2,4] in rows 1 + 3: .3525922886
 */
export function mean({ mode, objectives, divisor }: MeanOptions): Aggregator<PartialSum> {
  const names = Object.keys(objectives);
  return {
    name: "mean",
    empty: () => partialSum(names, [], []),
    add: (sum, update) => merge(sum, ofOne(names, update)),
    merge,
    finish: (sum, context) =>
      mode === "gradient" ? perObjective(sum) : [combined(sum, objectives, context?.divisor ?? divisor)],
  };
}

function ofOne(objectives: readonly string[], update: Update): PartialSum {
  const weight = update.kind === "change" ? update.weight : 1;
  const vectors = vectorsOf(update).map((vector) => {
    const sum = new VectorSum(vector.length);
    sum.add(weight, vector);
    return sum;
  });
  return partialSum(objectives, [{ weight, contributions: update.contributions }], vectors);
}

/** May keep the vectors of `b`: of two sums, at least one is given up. */
function merge(a: PartialSum, b: PartialSum): PartialSum {
  if (b.clients === 0) return a;
  if (a.clients === 0) return b;
  a.vectors.forEach((vector, i) => {
    vector.merge(b.vectors[i]!);
  });
  a.weight.merge(b.weight);
  const objectives = a.objectives.map((sum, i) => {
    const other = b.objectives[i]!;
    sum.numerator.merge(other.numerator);
    sum.denominator.merge(other.denominator);
    return { ...sum, examples: sum.examples + other.examples, ignored: sum.ignored + other.ignored };
  });
  return { ...a, clients: a.clients + b.clients, objectives, updates: [...a.updates, ...b.updates] };
}

function perObjective(sum: PartialSum): Row[] {
  return sum.objectives.map(({ objective, numerator, denominator }, i) => {
    const total = denominator.value();
    if (total === 0) return { objective, status: "empty" };
    const gradient = sum.vectors[i]!.value();
    divideBy(gradient, total);
    return { objective, status: "ready", value: numerator.value() / total, gradient };
  });
}

function combined(sum: PartialSum, weights: Readonly<Record<string, number>>, divisor: "sum" | number): Row {
  const total = divisor === "sum" ? sum.weight.value() : divisor;
  if (sum.clients === 0 || total === 0) return { objective: combinedRow, status: "empty" };
  const gradient = sum.vectors[0]!.value();
  divideBy(gradient, -total); // a change points downhill, a row uphill
  let value = 0;
  for (const { objective, numerator, denominator } of sum.objectives) {
    const rows = denominator.value();
    if (rows !== 0) value += (weights[objective] ?? 0) * (numerator.value() / rows);
  }
  return { objective: combinedRow, status: "ready", value, gradient };
}

function divideBy(vector: Float64Array, total: number): void {
  for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! / total;
}
