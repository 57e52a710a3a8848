/** Bins for numbers of any size: evenly wide near 0, a constant share of the number further out. What a quantile over clients is read from. */
import { abs, add, floor, log, minimum, multiply, relu, sign, sqrt, square, toIndex } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { exp, log as logOf } from "../../kernels/math.ts";

/** Numbers beyond this share the last bin. */
const furthest = 1e9;

export interface Bins {
  /** The width of a bin as a share of the number. */
  readonly resolution: number;
  /** Numbers below it are resolved no finer than scale · resolution. */
  readonly scale: number;
}

/** Bins on either side of 0: asinh(x) is log(2x) far out. */
const half = ({ resolution, scale }: Bins): number => Math.ceil(logOf((2 * furthest) / scale) / resolution);

export const binsOf = (bins: Bins): number => 2 * half(bins);

/** The bin of each number: ⌊asinh(x/scale)/resolution⌋, counted from the lowest. */
export function binOf(value: Node, bins: Bins): Node {
  const size = minimum(multiply(abs(value), 1 / bins.scale), furthest / bins.scale);
  const asinhOfSize = log(add(size, sqrt(add(square(size), 1))));
  const bin = floor(multiply(multiply(sign(value), asinhOfSize), 1 / bins.resolution));
  return toIndex(minimum(relu(add(bin, half(bins))), binsOf(bins) - 1));
}

/** Where each bin ends. */
export function upperEdges(bins: Bins): number[] {
  const sinh = (x: number): number => (exp(x) - exp(-x)) / 2;
  const first = 1 - half(bins);
  return Array.from({ length: binsOf(bins) }, (_, k) => bins.scale * sinh(bins.resolution * (first + k)));
}
