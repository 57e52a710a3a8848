/** Inputs and attributes that an operation's shape rule must refuse, with words its message must contain. */
import type { Attribute } from "../../shared/graph/graph.ts";
import type { OperationName } from "../../shared/graph/operations.ts";

interface Misfit {
  readonly inputs: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly says: string;
}

const single: readonly Misfit[] = []; // any shape fits an elementwise function of one input
const pairs: readonly Misfit[] = [
  {
    inputs: [
      [2, 3],
      [3, 2],
    ],
    says: "equal shapes, all \\[2, 3\\], got \\[3, 2\\]",
  },
];
const axis = (attributes: Readonly<Record<string, Attribute>> = {}): Misfit => ({
  inputs: [[2, 3]],
  attributes: { axis: 2, ...attributes },
  says: "an axis of \\[2, 3\\], got axis 2",
});
const convolution = { stride: [1, 1], padding: [0, 0, 0, 0], groups: 1 };
const windows = { window: [2, 2], stride: [1, 1], padding: [0, 0, 0, 0] };

export const misfits: Readonly<Record<OperationName, readonly Misfit[]>> = {
  input: [
    { inputs: [], attributes: { name: "x", shape: [2 ** 31], dtype: "real" }, says: "at most 2147483647 elements" },
    {
      inputs: [],
      attributes: { name: "x", shape: [2 ** 52, 2 ** 52, 0], dtype: "real" },
      says: "at most 2147483647 elements",
    },
    {
      inputs: [],
      attributes: { name: "x", shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], dtype: "real" },
      says: "a list of at most 8 integers",
    },
    { inputs: [], attributes: { name: "x", shape: [1], dtype: "float16" }, says: '"float16"' },
  ],
  constant: [
    {
      inputs: [],
      attributes: { data: [1, 2], shape: [3], dtype: "real" },
      says: "each element of \\[3\\], got 2 numbers",
    },
    { inputs: [], attributes: { data: [1.5], shape: [1], dtype: "index" }, says: "32-bit integers" },
  ],
  reshape: [{ inputs: [[2, 3]], attributes: { shape: [5] }, says: "6 elements for \\[2, 3\\], got \\[5\\]" }],
  stopGradient: single,
  expand: [
    { inputs: [[2, 3]], attributes: { axis: 0, size: 4 }, says: "axis 0 to have length 1, got \\[2, 3\\]" },
    { inputs: [[1]], attributes: { axis: 0, size: 2 ** 31 }, says: "at most 2147483647 elements" },
    { inputs: [[1]], attributes: { axis: 0, size: -1 }, says: "size to be an integer ≥ 0, got -1" },
    { inputs: [[1]], attributes: { axis: 0, size: NaN }, says: "size to be an integer ≥ 0, got NaN" },
  ],
  sum: [axis()],
  transpose: [{ inputs: [[2, 3]], attributes: { permutation: [0, 0] }, says: "a permutation of the 2 axes" }],
  slice: [
    axis({ start: 0, size: 1 }),
    { inputs: [[5]], attributes: { axis: 0, start: 3, size: 3 }, says: "length 5, got 3 … 6" },
  ],
  pad: [axis({ before: 0, after: 0 })],
  concatenate: [
    {
      inputs: [
        [2, 3],
        [2, 4],
      ],
      attributes: { axis: 0 },
      says: "agree with \\[2, 3\\] outside axis 0, got \\[2, 4\\]",
    },
  ],
  reverse: [axis()],
  negate: single,
  abs: single,
  sign: single,
  exp: single,
  expm1: single,
  log: single,
  log1p: single,
  sqrt: single,
  reciprocal: single,
  square: single,
  tanh: single,
  sigmoid: single,
  softplus: single,
  sin: single,
  cos: single,
  erf: single,
  lgamma: single,
  digamma: single,
  trigamma: single,
  floor: single,
  relu: single,
  isFinite: single,
  add: pairs,
  subtract: pairs,
  multiply: pairs,
  divide: pairs,
  power: pairs,
  bceWithLogits: pairs,
  huber: pairs,
  maximum: pairs,
  minimum: pairs,
  less: pairs,
  lessEqual: pairs,
  equal: pairs,
  select: [{ inputs: [[2], [2], [3]], says: "equal shapes, all \\[2\\], got \\[3\\]" }],
  toReal: single,
  toIndex: single,
  max: [
    axis(),
    { inputs: [[2, 0]], attributes: { axis: 1 }, says: "at least one element along axis 1, got \\[2, 0\\]" },
  ],
  argMax: [
    axis(),
    { inputs: [[2, 0]], attributes: { axis: 1 }, says: "at least one element along axis 1, got \\[2, 0\\]" },
  ],
  cumulativeSum: [axis({ reverse: false, exclusive: false })],
  linearScan: [
    { inputs: [[], []], attributes: { reverse: false }, says: "a last axis, got a scalar" },
    { inputs: [[3], [4]], attributes: { reverse: false }, says: "two inputs of the shape \\[3\\], got \\[4\\]" },
  ],
  cumulativeLogSumExp: [
    { inputs: [[], []], says: "a last axis, got a scalar" },
    { inputs: [[2, 3], [3]], says: "two inputs of the shape \\[2, 3\\], got \\[3\\]" },
  ],
  logSumExp: [{ inputs: [[]], says: "a last axis, got a scalar" }],
  softmax: [{ inputs: [[]], says: "a last axis, got a scalar" }],
  softmaxCrossEntropy: [
    { inputs: [[32, 3], [31]], says: "32 labels, one per row of logits, got \\[31\\]" },
    { inputs: [[3], [3]], says: "logits \\[batch, classes\\], got \\[3\\]" },
  ],
  softmaxCrossEntropySlope: [
    { inputs: [[32, 3], [31], [32]], says: "32 labels, one per row of logits, got \\[31\\]" },
    { inputs: [[3], [3], [3]], says: "logits \\[batch, classes\\], got \\[3\\]" },
    { inputs: [[32, 3], [32], [31]], says: "32 scales, one per row of logits, got \\[31\\]" },
  ],
  shortfall: [
    { inputs: [[32, 3], [31]], says: "32 labels, one per row of logits, got \\[31\\]" },
    { inputs: [[3], [3]], says: "logits \\[batch, classes\\], got \\[3\\]" },
  ],
  shortfallSlope: [
    { inputs: [[32, 3], [31], [32]], says: "32 labels, one per row of logits, got \\[31\\]" },
    { inputs: [[3], [3], [3]], says: "logits \\[batch, classes\\], got \\[3\\]" },
    { inputs: [[32, 3], [32], [31]], says: "32 scales, one per row of logits, got \\[31\\]" },
  ],
  gather: [{ inputs: [[], [2]], says: "rows to gather from, got a scalar" }],
  scatterAdd: [
    { inputs: [[4, 2], [3]], attributes: { size: 5 }, says: "one index for each row of \\[4, 2\\], got \\[3\\]" },
  ],
  takeLast: [
    {
      inputs: [
        [4, 2],
        [3, 1],
      ],
      says: "rows match those of \\[4, 2\\], got \\[3, 1\\]",
    },
  ],
  scatterLast: [
    {
      inputs: [
        [4, 2],
        [4, 3],
      ],
      attributes: { size: 5 },
      says: "an index of shape \\[4, 2\\], got \\[4, 3\\]",
    },
  ],
  oneHot: [{ inputs: [[2, 2, 2, 2, 2, 2, 2, 2]], attributes: { size: 2 }, says: "at most 8 axes" }],
  argSort: [{ inputs: [[]], attributes: { descending: false }, says: "a last axis to sort, got a scalar" }],
  matmul: [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
      attributes: { transposeA: false, transposeB: false },
      says: "got \\[2, 3\\] × \\[2, 3\\]",
    },
    {
      inputs: [
        [4, 2, 3],
        [5, 3, 2],
      ],
      attributes: { transposeA: false, transposeB: false },
      says: "one batch of them",
    },
    {
      inputs: [[3], [3]],
      attributes: { transposeA: false, transposeB: true },
      says: "a batch of matrices, got \\[3\\]",
    },
  ],
  conv2d: [
    {
      inputs: [
        [1, 5, 5, 3],
        [3, 3, 2, 4],
      ],
      attributes: convolution,
      says: "3 channels and 4 outputs",
    },
    {
      inputs: [
        [1, 2, 5, 3],
        [3, 3, 3, 4],
      ],
      attributes: convolution,
      says: "a window that fits the padded plane \\[2, 5\\]",
    },
    {
      inputs: [
        [1, 5, 5, 3],
        [3, 3, 3, 4],
      ],
      attributes: { ...convolution, stride: [0, 1] },
      says: "a stride of at least 1",
    },
    {
      inputs: [
        [1, 5, 5, 3],
        [3, 3, 3, 4],
      ],
      attributes: { ...convolution, padding: [3, 0, 0, 0] },
      says: "a padding smaller than the window",
    },
    {
      inputs: [
        [5, 5, 3],
        [3, 3, 3, 4],
      ],
      attributes: convolution,
      says: "an input \\[N, H, W, C\\], got \\[5, 5, 3\\]",
    },
  ],
  conv2dInput: [
    {
      inputs: [
        [1, 4, 3, 4],
        [3, 3, 3, 4],
      ],
      attributes: { ...convolution, size: [5, 5] },
      says: "cotangents \\[1, 3, 3, 4\\]",
    },
    {
      inputs: [
        [1, 3, 3, 4],
        [3, 3, 3, 4],
      ],
      attributes: { ...convolution, size: [5] },
      says: "a plane's size of two numbers",
    },
  ],
  conv2dKernel: [
    {
      inputs: [
        [1, 5, 5, 3],
        [1, 4, 3, 4],
      ],
      attributes: { ...convolution, size: [3, 3] },
      says: "cotangents \\[1, 3, 3, 4\\]",
    },
    {
      inputs: [
        [1, 5, 5, 3],
        [1, 3, 3, 4],
      ],
      attributes: { ...convolution, groups: 0, size: [3, 3] },
      says: "0 groups",
    },
  ],
  maxPool2dIndex: [
    { inputs: [[1, 1, 5, 3]], attributes: windows, says: "a window that fits" },
    { inputs: [[1, 5, 5, 3]], attributes: { ...windows, window: [2] }, says: "a window of two numbers" },
    { inputs: [[1, 5, 5, 3]], attributes: { ...windows, padding: [0, 0] }, says: "a padding of four numbers" },
  ],
  poolTake: [
    {
      inputs: [
        [1, 5, 5, 3],
        [2, 3, 3, 3],
      ],
      says: "an index over the planes of \\[1, 5, 5, 3\\]",
    },
  ],
  poolScatter: [
    {
      inputs: [
        [1, 3, 3, 3],
        [1, 2, 3, 3],
      ],
      attributes: { size: [5, 5] },
      says: "an index of shape \\[1, 3, 3, 3\\]",
    },
  ],
  averagePool2d: [{ inputs: [[5, 5]], attributes: windows, says: "an input \\[N, H, W, C\\]" }],
  averageUnpool2d: [
    { inputs: [[1, 3, 3, 2]], attributes: { ...windows, size: [5, 5] }, says: "windows \\[4, 4\\] over \\[5, 5\\]" },
  ],
  randomUniform: [
    { inputs: [[2, 2], [1]], attributes: { size: 3, salt: 1 }, says: "keys \\[B\\], got \\[2, 2\\]" },
    { inputs: [[2], [2]], attributes: { size: 3, salt: 1 }, says: "a step \\[1\\], got \\[2\\]" },
    { inputs: [[2], [1]], attributes: { size: 3, salt: 2 ** 31 }, says: "a salt below" },
  ],
};
