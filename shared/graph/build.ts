/**
 * The builder: a function per operation, and the compositions that losses and layers are made of.
 *
 *     const logits = add(matmul(x, w), b);                                     // [batch, classes]; b [classes] is broadcast
 *     const loss = subtract(logSumExp(logits), pick(logits, labels));          // [batch]
 *
 * Operands of arithmetic may be numbers; shapes broadcast as in NumPy; an axis may be counted from the end; a reduced axis
 * disappears unless `keepAxis` is set. `input` and `parameter` are the named tensors a program is fed with.
 */
export { constant, input, scalar } from "./operations/leaves.ts";
export { input as parameter } from "./operations/leaves.ts";
export {
  abs,
  add,
  and,
  constantLike,
  cos,
  digamma,
  divide,
  equal,
  erf,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFinite,
  less,
  lessEqual,
  lgamma,
  log,
  log1p,
  maximum,
  minimum,
  multiply,
  negate,
  not,
  notEqual,
  or,
  bceWithLogits,
  huber,
  power,
  reciprocal,
  relu,
  select,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  subtract,
  tanh,
  toIndex,
  toReal,
  trigamma,
} from "./build/arithmetic.ts";
export {
  clamp,
  clampInside,
  divideSafe,
  log1mExp,
  logAddExp,
  logSigmoid,
  norm,
  normalize,
  sqrtSafe,
  xlogy,
} from "./build/stable.ts";
export {
  broadcastTo,
  concatenate,
  expand,
  fill,
  flatten,
  pad,
  reshape,
  reverse,
  slice,
  split,
  squeeze,
  stack,
  stopGradient,
  swapAxes,
  transpose,
  unsqueeze,
} from "./build/shapes.ts";
export {
  argMax,
  argMin,
  cumulativeLogSumExp,
  cumulativeSum,
  iota,
  linearScan,
  logSoftmax,
  logSumExp,
  max,
  mean,
  meanAll,
  min,
  shortfall,
  softmax,
  softmaxCrossEntropy,
  sum,
  sumAll,
} from "./build/reduce.ts";
export {
  argSort,
  gather,
  oneHot,
  pick,
  randomUniform,
  scatterAdd,
  scatterLast,
  segmentSum,
  sort,
  takeLast,
} from "./build/places.ts";
export { matmul } from "./build/products.ts";
export { averagePool2d, conv2d, maxPool2d } from "./build/images.ts";
export type { Operand } from "./build/operand.ts";
export type { Order } from "./build/places.ts";
export type { Along } from "./build/reduce.ts";
