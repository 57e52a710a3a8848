/**
 * A sheet: everything of one client's answer but its vectors, as one row of float64 numbers. That is how a worker thread leaves
 * an answer in shared memory, without a message for each client.
 *
 *     [weight, steps, clipped examples, clipped updates, overflow, nonFinite, norm, lost | examples, ignored, numerator, denominator of each objective | further sums]
 */
import { sizeOf } from "../tensor/shape.ts";
import { isFurtherSum, sketchOf, type Answer } from "./answer.ts";
import type { Assignment } from "./assignment.ts";

export interface SheetLayout {
  readonly objectives: readonly string[];
  /** Sums of metrics, of objectives that are functions of sums, and sketches. */
  readonly sums: readonly { readonly name: string; readonly at: number; readonly size: number }[];
  /** Numbers in a sheet. */
  readonly size: number;
}

const head = 8;
const perObjective = 4;

export function sheetLayout({
  objectives,
  evaluation,
  local,
}: Pick<Assignment, "objectives" | "evaluation" | "local">): SheetLayout {
  let size = head + perObjective * objectives.length;
  const evaluated = Object.entries(evaluation.outputs)
    .filter(([name]) => isFurtherSum(name))
    .map(([name, node]) => [name, sizeOf(evaluation.nodes[node]!.shape)] as const);
  const { sketch } = local ?? {};
  const sketches = sketch === undefined ? [] : objectives.map(({ name }) => [sketchOf(name), sketch] as const);
  const sums = [...evaluated, ...sketches].map(([name, own]) => {
    const place = { name, at: size, size: own };
    size += own;
    return place;
  });
  return { objectives: objectives.map(({ name }) => name), sums, size };
}

export function writeSheet(layout: SheetLayout, answer: Omit<Answer, "client">, sheet: Float64Array): void {
  sheet[0] = answer.weight;
  sheet[1] = answer.steps;
  sheet[2] = answer.clipped.examples;
  sheet[3] = answer.clipped.update;
  sheet[4] = answer.overflow;
  sheet[5] = answer.nonFinite;
  sheet[6] = answer.norm;
  sheet[7] = Number(answer.lost);
  answer.contributions.forEach(({ examples, ignored, numerator, denominator }, i) => {
    sheet.set([examples, ignored, numerator, denominator], head + perObjective * i);
  });
  for (const { name, at, size } of layout.sums) {
    const sums = answer.sums[name];
    if (sums === undefined) sheet.fill(0, at, at + size);
    else sheet.set(sums, at);
  }
}

export function readSheet(layout: SheetLayout, client: string, sheet: Float64Array): Answer {
  return {
    client,
    weight: sheet[0]!,
    steps: sheet[1]!,
    clipped: { examples: sheet[2]!, update: sheet[3]! },
    overflow: sheet[4]!,
    nonFinite: sheet[5]!,
    norm: sheet[6]!,
    lost: sheet[7] === 1,
    contributions: layout.objectives.map((objective, i) => {
      const at = head + perObjective * i;
      return {
        objective,
        examples: sheet[at]!,
        ignored: sheet[at + 1]!,
        numerator: sheet[at + 2]!,
        denominator: sheet[at + 3]!,
      };
    }),
    sums: Object.fromEntries(layout.sums.map(({ name, at, size }) => [name, sheet.slice(at, at + size)])),
  };
}
