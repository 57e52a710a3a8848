/** Pooling over windows of a plane, channels last. Maximum: by index, so that both ways are moves. Average: linear, both ways. */
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";
import type { Padding, Pair, Windows } from "./windows.ts";
import { fourAxes, pairOf, positions } from "./windows.ts";

const sliding = { window: "integers", stride: "integers", padding: "integers" } as const;
interface Sliding {
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

export const pooling = {
  /** Where each window's largest stands, as h·W + w within its plane: the first of equals, the first NaN if there is one; padding is never chosen. x [N, H, W, C] → index [N, OH, OW, C]. */
  maxPool2dIndex: row({
    inputs: ["real"],
    attributes: sliding,
    shape: (values, x) => ({ shape: pooled(values, x), dtype: "index" }),
    vjp: () => [undefined],
    kernel: "maxPool2dIndex",
    flops: () => 0,
  }),
  /** x [N, H, W, C] read at index [N, OH, OW, C] of its planes; NaN outside. */
  poolTake: row({
    inputs: ["real", "index"],
    attributes: {},
    shape: (_values, x, index) => {
      planesMatch(x, index);
      return { shape: index.shape, dtype: "real" };
    },
    vjp: (g, _y, _values, x, index) => [poolScatter(g, index, [x.shape[1]!, x.shape[2]!]), undefined],
    kernel: "poolTake",
    flops: () => 0,
  }),
  /** v [N, OH, OW, C] added at index [N, OH, OW, C] of planes [H, W]: → [N, H, W, C]. The index comes from maxPool2dIndex, always inside. */
  poolScatter: row({
    inputs: ["real", "index"],
    attributes: { size: "integers" },
    shape: ({ size }, v, index) => {
      const [height, width] = pairOf("a plane's size", size);
      planesMatch(v, index);
      if (!sameShape(v.shape, index.shape))
        throw mismatch(`an index of shape ${showShape(v.shape)}`, showShape(index.shape));
      return { shape: [v.shape[0]!, height, width, v.shape[3]!], dtype: "real" };
    },
    vjp: (g, _y, _values, _v, index) => [poolTake(g, index), undefined],
    kernel: "poolScatter",
    flops: (_y, v) => sizeOf(v.shape),
  }),
  /** Each window's sum divided by its whole area, padding counted as zeros: x [N, H, W, C] → [N, OH, OW, C]. */
  averagePool2d: row({
    inputs: ["real"],
    attributes: sliding,
    shape: (values, x) => ({ shape: pooled(values, x), dtype: "real" }),
    vjp: (g, _y, values, x) => [averageUnpool2d(g, windowsOf(values), [x.shape[1]!, x.shape[2]!])],
    kernel: "averagePool2d",
    flops: (y) => sizeOf(y.shape),
  }),
  /** What flows back through averagePool2d: each value divided by the window's area and added to all of it. */
  averageUnpool2d: row({
    inputs: ["real"],
    attributes: { ...sliding, size: "integers" },
    shape: (values, g) => {
      const size = pairOf("a plane's size", values.size);
      const [batch, rows, columns, channels] = fourAxes(g.shape, "cotangents [N, OH, OW, C]");
      const expected = positions(size, values.window, values.stride, values.padding);
      if (!sameShape(expected, [rows, columns]))
        throw mismatch(`windows ${showShape(expected)} over ${showShape(size)}`, showShape(g.shape));
      return { shape: [batch, ...size, channels], dtype: "real" };
    },
    vjp: (g, _y, values) => [averagePool2d(g, windowsOf(values))],
    kernel: "averageUnpool2d",
    flops: (y) => sizeOf(y.shape),
  }),
} satisfies Table;

function pooled(values: Sliding, x: Node): readonly number[] {
  const [batch, height, width, channels] = fourAxes(x.shape, "an input [N, H, W, C]");
  return [batch, ...positions([height, width], values.window, values.stride, values.padding), channels];
}

function planesMatch(x: Node, index: Node): void {
  const [batch, , , channels] = fourAxes(x.shape, "planes [N, H, W, C]");
  const places = fourAxes(index.shape, "an index [N, OH, OW, C]");
  if (places[0] !== batch || places[3] !== channels)
    throw mismatch(`an index over the planes of ${showShape(x.shape)}`, showShape(places));
}

/** The windows as a row's attributes hold them, once its shape rule has counted them. */
const windowsOf = ({ window, stride, padding }: Sliding): Windows => ({
  window: window as unknown as Pair,
  stride: stride as unknown as Pair,
  padding: padding as unknown as Padding,
});

export const maxPool2dIndex = (x: Node, { window, stride, padding }: Windows): Node =>
  apply(pooling, "maxPool2dIndex", [x], { window, stride, padding });
export const poolTake = (x: Node, index: Node): Node => apply(pooling, "poolTake", [x, index]);
export const poolScatter = (v: Node, index: Node, size: Pair): Node =>
  apply(pooling, "poolScatter", [v, index], { size });
export const averagePool2d = (x: Node, { window, stride, padding }: Windows): Node =>
  apply(pooling, "averagePool2d", [x], { window, stride, padding });
export const averageUnpool2d = (g: Node, { window, stride, padding }: Windows, size: Pair): Node =>
  apply(pooling, "averageUnpool2d", [g], { window, stride, padding, size });
