/**
 * Two-dimensional convolution (cross-correlation, as everywhere in learning), channels last, and its two vjps. The three
 * are bilinear and close under vjp: each flows back through the other two.
 *
 *     y[n, i, j, o] = Σ x[n, i·s + a − top, j·s + b − left, c] · k[a, b, c, o]      over a, b and the channels c of o's group
 */
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import type { Table, Typed } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";
import type { Padding, Pair } from "./windows.ts";
import { fourAxes, pairOf, positions } from "./windows.ts";

export interface Convolution {
  readonly stride: Pair;
  readonly padding: Padding;
  readonly groups: number;
}

const sliding = { stride: "integers", padding: "integers", groups: "integer" } as const;
interface Sliding {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly groups: number;
}

export const convolution = {
  /** x [N, H, W, C], k [KH, KW, C/groups, O] → [N, OH, OW, O]. */
  conv2d: row({
    inputs: ["real", "real"],
    attributes: sliding,
    shape: (values, x, k) => ({ shape: convolved(values, x.shape, k.shape), dtype: "real" }),
    vjp: (g, _y, values, x, k) => [
      conv2dInput(g, k, optionsOf(values), planeOf(x)),
      conv2dKernel(x, g, optionsOf(values), kernelOf(k)),
    ],
    kernel: "conv2d",
    flops: (y, _x, k) => convolutionFlops(y, k),
  }),
  /** What flows back into x: g [N, OH, OW, O], k [KH, KW, C/groups, O] → [N, H, W, C] for the plane size [H, W]. */
  conv2dInput: row({
    inputs: ["real", "real"],
    attributes: { ...sliding, size: "integers" },
    shape: (values, g, k) => {
      const [height, width] = pairOf("a plane's size", values.size);
      const [batch] = fourAxes(g.shape, "cotangents [N, OH, OW, O]");
      const shape = [batch, height, width, fourAxes(k.shape, "a kernel [KH, KW, C/groups, O]")[2] * values.groups];
      return fitting(values, shape, k.shape, g.shape, shape);
    },
    vjp: (g, _y, values, c, k) => [conv2d(g, k, optionsOf(values)), conv2dKernel(g, c, optionsOf(values), kernelOf(k))],
    kernel: "conv2dInput",
    flops: (_y, g, k) => convolutionFlops(g, k),
  }),
  /** What flows back into k: x [N, H, W, C], g [N, OH, OW, O] → [KH, KW, C/groups, O] for the kernel size [KH, KW]. */
  conv2dKernel: row({
    inputs: ["real", "real"],
    attributes: { ...sliding, size: "integers" },
    shape: (values, x, g) => {
      const [height, width] = pairOf("a kernel's size", values.size);
      const channels = fourAxes(x.shape, "an input [N, H, W, C]")[3];
      const outputs = fourAxes(g.shape, "cotangents [N, OH, OW, O]")[3];
      const shape = [height, width, Math.floor(channels / Math.max(1, values.groups)), outputs];
      return fitting(values, x.shape, shape, g.shape, shape);
    },
    vjp: (g, _y, values, x, c) => [conv2dInput(c, g, optionsOf(values), planeOf(x)), conv2d(x, g, optionsOf(values))],
    kernel: "conv2dKernel",
    flops: (y, _x, g) => convolutionFlops(g, y),
  }),
} satisfies Table;

/** The shape of conv2d(x, k). */
function convolved(values: Sliding, x: Shape, k: Shape): Shape {
  const [batch, height, width, channels] = fourAxes(x, "an input [N, H, W, C]");
  const [kernelHeight, kernelWidth, depth, outputs] = fourAxes(k, "a kernel [KH, KW, C/groups, O]");
  const { groups } = values;
  if (groups === 0 || depth * groups !== channels || outputs % groups !== 0) {
    throw mismatch(
      `${channels} channels and ${outputs} outputs to fall into ${groups} groups of depth ${depth}`,
      "a remainder",
    );
  }
  const [rows, columns] = positions([height, width], [kernelHeight, kernelWidth], values.stride, values.padding);
  return [batch, rows, columns, outputs];
}

function fitting(values: Sliding, x: Shape, k: Shape, g: Shape, shape: Shape): Typed {
  const expected = convolved(values, x, k);
  if (!sameShape(expected, g))
    throw mismatch(`cotangents ${showShape(expected)} of ${showShape(x)} ∗ ${showShape(k)}`, showShape(g));
  return { shape, dtype: "real" };
}

/** One multiplication and one addition for each output and each number of the kernel that meets it. */
const convolutionFlops = (y: Typed, k: Typed): number => 2 * sizeOf(y.shape) * sizeOf(k.shape.slice(0, 3));

const planeOf = ({ shape }: Node): Pair => [shape[1]!, shape[2]!];
const kernelOf = ({ shape }: Node): Pair => [shape[0]!, shape[1]!];

/** The options as a row's attributes hold them, once its shape rule has counted them. */
const optionsOf = ({ stride, padding, groups }: Sliding): Convolution => ({
  stride: stride as unknown as Pair,
  padding: padding as unknown as Padding,
  groups,
});

export const conv2d = (x: Node, k: Node, { stride, padding, groups }: Convolution): Node =>
  apply(convolution, "conv2d", [x, k], { stride, padding, groups });
export const conv2dInput = (g: Node, k: Node, { stride, padding, groups }: Convolution, size: Pair): Node =>
  apply(convolution, "conv2dInput", [g, k], { stride, padding, groups, size });
export const conv2dKernel = (x: Node, g: Node, { stride, padding, groups }: Convolution, size: Pair): Node =>
  apply(convolution, "conv2dKernel", [x, g], { stride, padding, groups, size });
