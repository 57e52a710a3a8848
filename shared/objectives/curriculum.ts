/**
 * A curriculum: examples enter as they become easy enough, by a threshold that is everybody's.
 *
 *     F = Σ v·w·ℓ/Σ v·w        hard: v = 1 where ℓ ≤ λ, else 0        linear: v = max(0, 1 − ℓ/λ), held constant
 *
 * A function of sums: every client adds its examples into bins of difficulty (`losses/robust/bins.ts`), the coordinator reads λ
 * off the bins of all of them, and v is a number for each bin, or a line in ℓ. Two exchanges of the same round, at the same model;
 * nothing of a row is shared, and any sharding has the same λ. Difficulty is the loss itself, or a column of the data.
 *
 *     pace [share, 1/λ]      [q, 0]: λ is where the easiest share q ends      [1, 1/λ]: λ is given      [1, 0]: everything
 *
 * Linear weights descend Σ w·(ℓ − ℓ²/(2λ)), whose slope is Σ w·v·∇ℓ; that, over Σ v·w, is the value shown.
 *
 * Source  Kumar, Packer & Koller (2010); Jiang et al. (2014) for linear weights; Platanios et al. (2019) for the share as a pace
 */
import {
  constant,
  cumulativeSum,
  divideSafe,
  equal,
  greaterEqual,
  less,
  lessEqual,
  max,
  multiply,
  and,
  select,
  slice,
  square,
  stopGradient,
  subtract,
  sum,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { fromData, type InputSpecs } from "../losses/inputs.ts";
import type { SumsLoss, UnitLoss } from "../losses/loss.ts";
import { binOf, binsOf, upperEdges, type Bins } from "../losses/robust/bins.ts";
import { examplesIn } from "../losses/robust/inner.ts";
import { perRow } from "../losses/terms.ts";

export type CurriculumWeights = "hard" | "linear";

/** What decides in a round: the share of the easiest that counts, and 1/λ where λ is given. */
export type Pace = readonly [share: number, inverseThreshold: number];

/** Every example counts in full. */
export const everything: Pace = [1, 0];

const bins: Bins = { resolution: 1 / 16, scale: 1e-6 };

/** The input that says how hard a row is, where it is not its loss. */
export const difficultyInput = { difficulty: fromData("non-negative", ["batch"]) };

/** The loss under a curriculum; by its input `difficulty` where that is among its inputs, else by its own value. */
export function paced(loss: UnitLoss, weights: CurriculumWeights, byDifficulty: boolean): SumsLoss {
  const inputs: InputSpecs = byDifficulty ? { ...loss.inputs, ...difficultyInput } : loss.inputs;
  return {
    ...loss,
    inputs,
    kind: "two-phase",
    unit: "batch",
    sparse: false,
    paced: true,
    terms({ difficulty, ...given }) {
      const { value, counts } = examplesIn(loss, given);
      const hardness = difficulty === undefined ? value : perRow(difficulty, value.shape);
      const at = { place: binOf(hardness, bins), places: binsOf(bins) };
      // ∫ v dℓ: what has v for its slope. A difficulty from the data is constant in ℓ.
      const bent = difficulty === undefined ? multiply(0.5, square(value)) : multiply(hardness, value);
      return {
        weight: { value: counts, ...at },
        loss: { value: multiply(counts, value), ...at },
        hardness: { value: multiply(counts, stopGradient(hardness)), ...at },
        ...(weights === "linear" && { bent: { value: multiply(counts, bent), ...at } }),
      };
    },
    of: ({ pace, ...sums }) => outcome(sums, pace!),
  };
}

function outcome(sums: Readonly<Record<string, Node>>, pace: Node) {
  const { weight, loss, hardness, bent } = sums as { weight: Node; loss: Node; hardness: Node; bent?: Node };
  const [share, given] = [slice(pace, 0, 0, 1), slice(pace, 0, 1, 1)]; // [1] each
  const edges = constant(upperEdges(bins), [binsOf(bins)]);
  const total = sum(weight, 0, { keepAxis: true });
  const before = cumulativeSum(weight, 0, { exclusive: true });
  const easy = less(before, multiply(share, total));
  const taken = and(easy, lessEqual(multiply(edges, given), 1));
  const only = (x: Node): Node => sum(select(taken, x, 0), 0, { keepAxis: true });
  const reached = max(select(and(taken, weight), edges, -Infinity), 0, { keepAxis: true });
  const threshold = select(equal(given, 0), reached, divideSafe(1, given));
  const inverse = select(equal(given, 0), select(greaterEqual(share, 1), 0, divideSafe(1, threshold)), given);
  const hard = bent === undefined;
  const counted = hard ? only(weight) : subtract(only(weight), multiply(inverse, only(hardness)));
  const descended = hard ? only(loss) : subtract(only(loss), multiply(inverse, only(bent)));
  return {
    value: sum(divideSafe(descended, stopGradient(counted)), 0),
    empty: sum(equal(counted, 0), 0),
    details: {
      taken: sum(divideSafe(only(weight), total), 0),
      threshold: sum(select(equal(counted, 0), 0, threshold), 0),
    },
  };
}
