/**
 * A seeded linear sketch of long vectors: what m gradients are told in when m uploads of the whole would be too dear.
 *
 *     (Sx)ₖ = Σ_{j: h(j)=k} s(j)·xⱼ        h(j) in 0 … r − 1 and s(j) = ±1, drawn from the seed; S is r × d, one entry a column
 *
 * It is linear, so sketches of sums are sums of sketches: clients add up, S·Σₖgₖ = ΣₖS·gₖ, whoever holds which rows. Lengths and angles are
 * kept on average, and so is the Gramian, which is all that most weightings look at:
 *
 *     E⟨Sx, Sy⟩ = ⟨x, y⟩        Var⟨Sx, Sy⟩ = (‖x‖²‖y‖² + ⟨x, y⟩² − 2Σⱼ xⱼ²yⱼ²)/r
 *
 * What a method promises of its direction holds for the sketched gradients, and for the gradients up to that error: √(2/r) of a length
 * squared, 6 % for 512 numbers.
 *
 * Cost    one draw for each of d coordinates, once for a seed; d additions a vector
 * Source  Charikar, Chen & Farach-Colton (2002); Weinberger et al. (2009) for the variance. Used as in FedCMOO, Askin et al. (2025), whose
 *         own compression is a randomized singular value decomposition
 */
import type { Random } from "../random.ts";
import type { Stretch } from "./combine.ts";

export interface Sketch {
  /** r */
  readonly size: number;
  /** Of the sketched coordinates, one after the other, k for s = +1 and −1 − k for s = −1. */
  readonly places: Int32Array;
  /** Where in the vector they lie. */
  readonly stretches: readonly Pick<Stretch, "from" | "to">[];
}

/** For vectors of which these stretches are looked at. `random` is the fork that everybody has of this round. */
export function drawSketch(size: number, stretches: Sketch["stretches"], random: Random): Sketch {
  const length = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const places = Int32Array.from({ length }, () => {
    const k = random.integer(2 * size);
    return k < size ? k : size - 1 - k;
  });
  return { size, places, stretches };
}

/** Sx, in float64. */
export function sketched({ size, places, stretches }: Sketch, vector: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(size);
  let at = 0;
  for (const { from, to } of stretches) {
    for (let j = from; j < to; j++) {
      const place = places[at++]!;
      if (place >= 0) sums[place] = sums[place]! + vector[j]!;
      else sums[-1 - place] = sums[-1 - place]! - vector[j]!;
    }
  }
  return sums;
}
