/** Which interval of a declared grid a number falls into. */
import {
  argSort,
  concatenate,
  constant,
  cumulativeSum,
  less,
  relu,
  scatterAdd,
  slice,
  subtract,
  toIndex,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";

/**
 * For each x [n] the last k with gridₖ ≤ x, and 0 for what lies before the grid: index [n]. By one sort of both together,
 * (n + grid)·log(n + grid), where a comparison of each with each would be n·grid.
 */
export function intervalOf(x: Node, grid: readonly number[]): Node {
  const [count, rows] = [grid.length, x.shape[0]!];
  const order = argSort(concatenate([constant(grid, [count]), x], 0)); // stable: a time of the grid stands before its equals
  const passed = cumulativeSum(less(order, count)); // how many times of the grid up to here
  const inPlace = scatterAdd(passed, order, count + rows);
  return toIndex(relu(subtract(slice(inPlace, 0, count, rows), 1)));
}
