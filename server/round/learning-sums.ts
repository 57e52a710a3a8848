/** What a coordinator makes of the sums that all clients have reported: F and λ of functions of sums, the rows of sketches. */
import { sumsOfObjective, type OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import type { OuterValue } from "../../shared/objectives/outer.ts";
import type { ObjectiveRow } from "../../shared/objectives/combine.ts";
import { sketchOf, type Answer } from "../../shared/protocol/answer.ts";
import { ExactSum } from "../../shared/sum.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { ClientId } from "./round.ts";

/** F and λ of the sums of these clients together. The sums are exact: no order of clients reaches a bit. */
export function valuesOf(outers: OuterFunctions, answers: readonly Answer[]): Map<string, OuterValue> {
  const values = new Map<string, OuterValue>();
  for (const [objective, outer] of outers) {
    const parts = answers.map(({ sums }) => sumsOfObjective(objective, sums));
    const names = Object.keys(parts[0] ?? {});
    const rows = answers.reduce(
      (total, { contributions }) =>
        total + contributions.filter((one) => one.objective === objective).reduce((n, { examples }) => n + examples, 0),
      0,
    );
    if (rows === 0) values.set(objective, { value: null, multipliers: {}, details: {} });
    else values.set(objective, outer(Object.fromEntries(names.map((name) => [name, exactly(parts, name)]))));
  }
  return values;
}

/** Of each objective that has rows: its loss, and the sketch of its mean gradient, over these clients together. */
export function sketchedRows(
  objectives: readonly string[],
  participants: readonly ClientId[],
  answered: ReadonlyMap<ClientId, Answer>,
): ObjectiveRow[] {
  const answers = participants
    .flatMap((client) => answered.get(client) ?? [])
    .filter(({ nonFinite }) => nonFinite === 0);
  return objectives.flatMap((objective, i) => {
    const [numerator, denominator] = [new ExactSum(), new ExactSum()];
    for (const { contributions } of answers) {
      numerator.add(contributions[i]!.numerator);
      denominator.add(contributions[i]!.denominator);
    }
    const total = denominator.value();
    if (total === 0) return [];
    const sketch = exactly(
      answers.map(({ sums }) => sums),
      sketchOf(objective),
    );
    return [{ objective, value: numerator.value() / total, gradient: sketch.map((x) => x / total) }];
  });
}

/** Σₖ Sₖ, element by element, rounded once. */
function exactly(parts: readonly Readonly<Record<string, ArrayLike<number>>>[], name: string): Float64Array {
  return Float64Array.from(parts[0]![name]!, (_, i) => {
    const sum = new ExactSum();
    for (const part of parts) sum.add(part[name]![i]!);
    return sum.value();
  });
}

export const isBounded = ({ value, multipliers }: OuterValue): boolean =>
  value === null || (Number.isFinite(value) && Object.values(multipliers).every((one) => one.every(Number.isFinite)));

/** The sum with F(S) over 1 for each function of sums, and 0 over 0 where it is not estimable. */
export function withValues(sum: PartialSum, values: ReadonlyMap<string, OuterValue>): PartialSum {
  if (values.size === 0) return sum;
  const objectives = sum.objectives.map((own) => {
    const found = values.get(own.objective);
    if (found === undefined) return own;
    const [numerator, denominator] = [new ExactSum(), new ExactSum()];
    if (found.value !== null && Number.isFinite(found.value)) {
      numerator.add(found.value);
      denominator.add(1);
    }
    return { ...own, numerator, denominator };
  });
  return { ...sum, objectives };
}
