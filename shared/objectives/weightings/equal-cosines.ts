import type { Gramian } from "../gramian.ts";
import { unitRows } from "../gramian.ts";
import { pseudoSolve } from "../solvers/eigen.ts";

/**
 * How much of each unit row makes the direction whose cosine with all of them is the same: α = (UUᵀ)⁺1. A row that is zero has no
 * part in it. With the rows' lengths and their cosines with one another.
 */
export function equalCosines(gramian: Gramian) {
  const { lengths, cosines } = unitRows(gramian);
  const alpha = pseudoSolve(
    cosines,
    lengths.map((length) => Number(length > 0)),
  );
  return { lengths, cosines, alpha };
}
