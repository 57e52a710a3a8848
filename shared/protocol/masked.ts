/**
 * What a client's answer is under its mask: one long vector of integers mod 2³², the vectors in levels and after them what it says in
 * numbers, exactly.
 *
 *     [w·x of each vector | w | numbers cut | rows clipped | updates clipped | examples, ignored, numerator, denominator of each objective]
 *
 * The sum over clients has the same form: Σw·x, Σw, and so on. Nothing else of an answer is told but that it is one.
 */
import type { Random } from "../random.ts";
import { dequantize, quantize, readScalar, scalarSize, writeScalar, type Levels, type Ring } from "../secure/ring.ts";
import type { Contribution, Vector } from "../updates/update.ts";
import type { Answer } from "./answer.ts";
import { vectorsPerClient, type Assignment } from "./assignment.ts";

/** How many vectors of how many numbers, of how many objectives. */
export interface MaskedShape {
  readonly vectors: number;
  readonly parameters: number;
  readonly objectives: readonly string[];
}

/** The form of a client's masked answer. */
export const maskedShape = (assignment: Pick<Assignment, "local" | "objectives" | "parameters">): MaskedShape => ({
  vectors: vectorsPerClient(assignment),
  parameters: assignment.parameters,
  objectives: assignment.objectives.map(({ name }) => name),
});

const head = 4;
const perObjective = 4;

/** Numbers of the ring. */
export const maskedLength = ({ vectors, parameters, objectives }: MaskedShape): number =>
  vectors * parameters + scalarSize * (head + perObjective * objectives.length);

/** Writes an answer, not yet masked. Throws "invalid-data" for numbers that are not finite, or too large to be told. */
export function writeMasked(
  { weight, clipped, contributions }: Pick<Answer, "weight" | "clipped" | "contributions">,
  vectors: readonly Vector[],
  levels: Levels,
  random: Random,
  ring: Ring,
): void {
  let at = 0;
  let cut = 0;
  for (const vector of vectors) {
    cut += quantize(vector, weight, levels, random, ring.subarray(at, at + vector.length));
    at += vector.length;
  }
  const numbers = [
    ...[weight, cut, clipped.examples, clipped.update],
    ...contributions.flatMap(({ examples, ignored, numerator, denominator }) => [
      examples,
      ignored,
      numerator,
      denominator,
    ]),
  ];
  numbers.forEach((number, i) => {
    writeScalar(number, ring, at + scalarSize * i);
  });
}

/** What so many clients answered, together. */
export interface MaskedSum {
  readonly weight: number;
  /** Numbers that were cut to the clip. */
  readonly cut: number;
  readonly clipped: Answer["clipped"];
  readonly contributions: readonly Contribution[];
  /** Σ w·x of each vector. */
  readonly vectors: readonly Float64Array[];
}

/** What is left of the sum once no mask is on it any more. */
export function readMasked(sum: Ring, { vectors, parameters, objectives }: MaskedShape, levels: Levels): MaskedSum {
  const number = (i: number): number => readScalar(sum, vectors * parameters + scalarSize * i);
  return {
    weight: number(0),
    cut: number(1),
    clipped: { examples: number(2), update: number(3) },
    contributions: objectives.map((objective, i) => {
      const first = head + perObjective * i;
      const [examples, ignored, numerator, denominator] = [0, 1, 2, 3].map((k) => number(first + k)) as [
        number,
        number,
        number,
        number,
      ];
      return { objective, examples, ignored, numerator, denominator };
    }),
    vectors: Array.from({ length: vectors }, (_, i) =>
      dequantize(sum.subarray(i * parameters, (i + 1) * parameters), levels),
    ),
  };
}
