/** Elementwise builders: operands may be numbers, and shapes broadcast. Masks and comparisons are the reals 0 and 1. */
import type { Node } from "../graph.ts";
import * as rows from "../operations/elementwise.ts";
import { fill } from "../operations/structure.ts";
import { broadcast, real } from "./operand.ts";
import type { Operand } from "./operand.ts";

type Unary = (a: Operand) => Node;
type Binary = (a: Operand, b: Operand) => Node;
const unary =
  (row: (a: Node) => Node): Unary =>
  (a) =>
    row(real(a));
const binary =
  (row: (a: Node, b: Node) => Node): Binary =>
  (a, b) => {
    const [left, right] = broadcast(a, b);
    return row(left!, right!);
  };

export const negate = unary(rows.negate);
/** |a|, with derivative 0 at 0. */
export const abs = unary(rows.abs);
export const sign = unary(rows.sign);
export const exp = unary(rows.exp);
/** eᵃ − 1, exact near 0. */
export const expm1 = unary(rows.expm1);
export const log = unary(rows.log);
/** log(1 + a), exact near 0. */
export const log1p = unary(rows.log1p);
/** √a; its derivative is ∞ at 0 (see `sqrtSafe`). */
export const sqrt = unary(rows.sqrt);
export const reciprocal = unary(rows.reciprocal);
export const square = unary(rows.square);
export const tanh = unary(rows.tanh);
export const sigmoid = unary(rows.sigmoid);
/** log(1 + eᵃ), finite for every finite a; its derivative is the sigmoid. */
export const softplus = unary(rows.softplus);
export const sin = unary(rows.sin);
export const cos = unary(rows.cos);
export const erf = unary(rows.erf);
/** log |Γ(a)|; can be differentiated twice. */
export const lgamma = unary(rows.lgamma);
export const digamma = unary(rows.digamma);
export const trigamma = unary(rows.trigamma);
export const floor = unary(rows.floor);
/** max(a, 0), with derivative 0 at 0. */
export const relu = unary(rows.relu);
/** 1 where a is a finite number, 0 where it is NaN or infinite. */
export const isFinite = unary(rows.isFinite);

export const add = binary(rows.add);
export const subtract = binary(rows.subtract);
export const multiply = binary(rows.multiply);
export const divide = binary(rows.divide);
/** aᵇ. A constant exponent of 1 or 2 becomes a itself or its square. */
/** Huber's loss of an error that bends at `delta` > 0: ½·error² within ±delta, delta·(|error| − delta/2) beyond. */
export const huber = binary(rows.huber);
/** −log σ(x)·y − log σ(−x)·(1 − y): binary cross-entropy on logits x with targets y in [0, 1]. */
export const bceWithLogits = binary(rows.bceWithLogits);
export const power = (a: Operand, b: Operand): Node => {
  if (b === 1) return real(a);
  return b === 2 ? square(a) : binary(rows.power)(a, b);
};
/** The larger; the whole gradient of a tie goes to a. NaN if either is. */
export const maximum = binary(rows.maximum);
/** The smaller; the whole gradient of a tie goes to a. NaN if either is. */
export const minimum = binary(rows.minimum);

export const less = binary(rows.less);
export const lessEqual = binary(rows.lessEqual);
export const equal = binary(rows.equal);
export const greater = (a: Operand, b: Operand): Node => less(b, a);
export const greaterEqual = (a: Operand, b: Operand): Node => lessEqual(b, a);
export const notEqual = (a: Operand, b: Operand): Node => not(equal(a, b));

/** 1 where both masks (0 or 1) are 1. */
export const and = (a: Operand, b: Operand): Node => minimum(a, b);
/** 1 where either mask (0 or 1) is 1. */
export const or = (a: Operand, b: Operand): Node => maximum(a, b);
/** 1 where the mask (0 or 1) is 0. */
export const not = (mask: Operand): Node => subtract(1, mask);

/** mask ≠ 0 ? a : b. What is not chosen has no influence, in value or gradient, were it NaN. */
export const select = (mask: Operand, a: Operand, b: Operand): Node => {
  const [m, whenSet, otherwise] = broadcast(mask, a, b);
  return rows.select(m!, whenSet!, otherwise!);
};

export const toReal = (index: Node): Node => real(index);
/** Towards zero; saturating, and −1 for NaN. */
export const toIndex = (a: Node): Node => (a.dtype === "index" ? a : rows.toIndex(a));

/** One value everywhere, in the shape of `like`. */
export const constantLike = (like: Node, value: number): Node => fill(value, like.shape);
