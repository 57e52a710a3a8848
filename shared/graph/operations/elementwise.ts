/**
 * Operations on element i alone. Inputs of a row have equal shapes (`build.ts` broadcasts); masks and comparisons are the
 * reals 0 and 1. A vjp is selected, never multiplied, where a branch is not taken: 0·∞ is NaN.
 *
 * Kinks, one convention each: |x|, relu and sign have derivative 0 at 0; maximum and minimum give a tie's whole gradient to
 * the first operand; softplus has its true derivative ½ at 0; floor, comparisons and isFinite carry no gradient.
 */
import { TributaryError } from "../../errors.ts";
import { sameShape, showShape, sizeOf } from "../../tensor/shape.ts";
import type { DType, Node } from "../graph.ts";
import type { Operation, Table, Typed } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";
import { fill } from "./structure.ts";

/** The shape all inputs share. */
function same(dtype: DType, [first, ...rest]: readonly Node[]): Typed {
  for (const { shape } of rest) {
    if (!sameShape(shape, first!.shape))
      throw mismatch(`inputs of equal shapes, all ${showShape(first!.shape)}`, showShape(shape));
  }
  return { shape: first!.shape, dtype };
}

const cheap = { flops: (y: Typed) => sizeOf(y.shape) };
const costly = { flops: (y: Typed) => 10 * sizeOf(y.shape) }; // an exponential or a logarithm is about ten multiplications

const unary = (kernel: string, vjp: (g: Node, a: Node, y: Node) => Node | undefined, cost = cheap): Operation =>
  row({
    inputs: ["real"],
    attributes: {},
    shape: (_values, ...inputs) => same("real", inputs),
    vjp: (g, y, _values, a) => [vjp(g, a, y)],
    kernel,
    elementwise: true,
    ...cost,
  });

const binary = (
  kernel: string,
  vjp: (g: Node, a: Node, b: Node, y: Node) => readonly [Node | undefined, Node | undefined],
  cost = cheap,
): Operation =>
  row({
    inputs: ["real", "real"],
    attributes: {},
    shape: (_values, ...inputs) => same("real", inputs),
    vjp: (g, y, _values, a, b) => vjp(g, a, b, y),
    kernel,
    elementwise: true,
    ...cost,
  });

const flat = () => undefined;
const bothFlat = () => [undefined, undefined] as const;

const TWO_OVER_ROOT_PI = 1.1283791670955126; // 2/√π

export const elementwise = {
  negate: unary("negate", (g) => negate(g)),
  abs: unary("abs", (g, a) => multiply(g, sign(a))),
  sign: unary("sign", flat),
  exp: unary("exp", (g, _a, y) => multiply(g, y), costly), // (eᵃ)' = eᵃ
  expm1: unary("expm1", (g, a) => multiply(g, exp(a)), costly), // not y + 1, which is 0 for a < −37
  log: unary("log", (g, a) => divide(g, a), costly),
  log1p: unary("log1p", (g, a) => divide(g, add(a, one(a))), costly),
  sqrt: unary("sqrt", (g, _a, y) => divide(g, add(y, y))), // (√a)' = 1/(2√a), ∞ at 0
  reciprocal: unary("reciprocal", (g, _a, y) => negate(multiply(g, square(y)))), // (1/a)' = −1/a²
  square: unary("square", (g, a) => multiply(g, add(a, a))),
  tanh: unary("tanh", (g, _a, y) => multiply(g, subtract(one(y), square(y))), costly),
  sigmoid: unary("sigmoid", (g, _a, y) => multiply(g, multiply(y, subtract(one(y), y))), costly),
  softplus: unary("softplus", (g, a) => multiply(g, sigmoid(a)), costly), // log(1 + eᵃ)
  sin: unary("sin", (g, a) => multiply(g, cos(a)), costly),
  cos: unary("cos", (g, a) => negate(multiply(g, sin(a))), costly),
  erf: unary("erf", (g, a) => multiply(g, multiply(fill(TWO_OVER_ROOT_PI, a.shape), exp(negate(square(a))))), costly),
  lgamma: unary("lgamma", (g, a) => multiply(g, digamma(a)), costly), // log |Γ(a)|
  digamma: unary("digamma", (g, a) => multiply(g, trigamma(a)), costly),
  /** Where the chain lgamma → digamma → trigamma ends: two derivatives of lnΓ are what a Hessian needs, and no loss asks for a third. */
  trigamma: unary(
    "trigamma",
    () => {
      throw new TributaryError(
        "invalid-program",
        "trigamma: has no derivative in the table (lgamma can be differentiated twice)",
      );
    },
    costly,
  ),
  floor: unary("floor", flat),
  relu: unary("relu", (g, _a, y) => select(less(zero(y), y), g, zero(g))), // y > 0 where a > 0: only y has to be kept
  isFinite: unary("isFinite", flat), // 1, or 0 for NaN and ±∞

  add: binary("add", (g) => [g, g]),
  subtract: binary("subtract", (g) => [g, negate(g)]),
  multiply: binary("multiply", (g, a, b) => [multiply(g, b), multiply(g, a)]), // (ab)' = a'b + ab'
  divide: binary("divide", (g, _a, b, y) => [divide(g, b), negate(multiply(g, divide(y, b)))]),
  power: binary(
    "power",
    (g, a, b, y) => [multiply(g, powerSlope(a, b)), multiply(g, multiply(y, log(withoutZero(a, a))))],
    costly,
  ),
  /** −log σ(a)·b − log σ(−a)·(1 − b) for b in [0, 1], as max(a, 0) − a·b + log(1 + e^(−|a|)). */
  bceWithLogits: binary(
    "bceWithLogits",
    (g, a, b) => [multiply(g, subtract(sigmoid(a), b)), negate(multiply(g, a))],
    costly,
  ),
  /** Huber's loss of an error a that bends at b > 0: c·(a − c/2) with c = a held within ±b, which is its slope. */
  huber: binary("huber", (g, a, b) => [
    multiply(g, maximum(minimum(a, b), negate(b))),
    multiply(g, relu(subtract(abs(a), b))),
  ]),
  maximum: binary("maximum", (g, a, b) => oneOf(lessEqual(b, a), g)),
  minimum: binary("minimum", (g, a, b) => oneOf(lessEqual(a, b), g)),
  less: binary("less", bothFlat),
  lessEqual: binary("lessEqual", bothFlat),
  equal: binary("equal", bothFlat),

  /** mask ≠ 0 ? a : b. What is not chosen has no influence, were it NaN. */
  select: row({
    inputs: ["real", "real", "real"],
    attributes: {},
    shape: (_values, ...inputs) => same("real", inputs),
    vjp: (g, _y, _values, mask) => [undefined, ...oneOf(mask, g)],
    kernel: "select",
    elementwise: true,
    ...cheap,
  }),
  toReal: row({
    inputs: ["index"],
    attributes: {},
    shape: (_values, ...inputs) => same("real", inputs),
    vjp: () => [undefined],
    kernel: "toReal",
    elementwise: true,
    ...cheap,
  }),
  /** Towards zero; what int32 cannot hold saturates, and NaN becomes −1: an index outside every range. */
  toIndex: row({
    inputs: ["real"],
    attributes: {},
    shape: (_values, ...inputs) => same("index", inputs),
    vjp: () => [undefined],
    kernel: "toIndex",
    elementwise: true,
    ...cheap,
  }),
} satisfies Table;

const zero = (like: Node): Node => fill(0, like.shape);
const one = (like: Node): Node => fill(1, like.shape);

const oneOf = (mask: Node, g: Node) => [select(mask, g, zero(g)), select(mask, zero(g), g)] as const;

/** x, with 1 wherever `test` is 0. */
const withoutZero = (x: Node, test: Node): Node => select(equal(test, zero(test)), one(x), x);

/**
 * ∂(aᵇ)/∂a = b·aᵇ⁻¹, and 0 where a = b = 0 (a⁰ is constant, while 0·0⁻¹ is NaN). The other slope is aᵇ·log a, and 0 where
 * a = 0 < b; for a < 0 it is NaN, as it should be.
 */
const powerSlope = (a: Node, b: Node): Node => {
  const both = multiply(equal(a, zero(a)), equal(b, zero(b)));
  return multiply(b, power(a, subtract(select(both, one(b), b), one(b))));
};

type Unary = (a: Node) => Node;
type Binary = (a: Node, b: Node) => Node;
function unaryNode(operation: string): Unary {
  return (a) => apply(elementwise, operation, [a]);
}
function binaryNode(operation: string): Binary {
  return (a, b) => apply(elementwise, operation, [a, b]);
}

export const negate = unaryNode("negate");
export const abs = unaryNode("abs");
export const sign = unaryNode("sign");
export const exp = unaryNode("exp");
export const expm1 = unaryNode("expm1");
export const log = unaryNode("log");
export const log1p = unaryNode("log1p");
export const sqrt = unaryNode("sqrt");
export const reciprocal = unaryNode("reciprocal");
export const square = unaryNode("square");
export const tanh = unaryNode("tanh");
export const sigmoid = unaryNode("sigmoid");
export const softplus = unaryNode("softplus");
export const sin = unaryNode("sin");
export const cos = unaryNode("cos");
export const erf = unaryNode("erf");
export const lgamma = unaryNode("lgamma");
export const digamma = unaryNode("digamma");
export const trigamma = unaryNode("trigamma");
export const floor = unaryNode("floor");
export const relu = unaryNode("relu");
export const isFinite = unaryNode("isFinite");
export const toReal = unaryNode("toReal");
export const toIndex = unaryNode("toIndex");

export const add = binaryNode("add");
export const subtract = binaryNode("subtract");
export const multiply = binaryNode("multiply");
export const divide = binaryNode("divide");
export const power = binaryNode("power");
export const bceWithLogits = binaryNode("bceWithLogits");
export const huber = binaryNode("huber");
export const maximum = binaryNode("maximum");
export const minimum = binaryNode("minimum");
export const less = binaryNode("less");
export const lessEqual = binaryNode("lessEqual");
export const equal = binaryNode("equal");
export const select = (mask: Node, a: Node, b: Node): Node => apply(elementwise, "select", [mask, a, b]);
