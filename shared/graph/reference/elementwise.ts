/* eslint-disable no-restricted-properties -- the oracle must not share its approximations with the kernels it judges; it never reaches a model */
import { digamma, erf, lgamma, trigamma } from "./special.ts";
import type { Compute } from "./tensor.ts";

/** The scalar functions behind the elementwise rows. */
const scalars = {
  negate: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  reciprocal: (a) => 1 / a,
  square: (a) => a * a,
  tanh: Math.tanh,
  sigmoid: (a) => (a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a))),
  softplus: (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  sin: Math.sin,
  cos: Math.cos,
  erf,
  lgamma,
  digamma,
  trigamma,
  floor: Math.floor,
  relu: (a) => (a < 0 ? 0 : a),
  isFinite: (a) => Number(Number.isFinite(a)),
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: Math.pow,
  bceWithLogits: (a, b) => Math.max(a, 0) - a * b + Math.log1p(Math.exp(-Math.abs(a))),
  huber: (a, b) => {
    const c = Math.max(Math.min(a, b), -b);
    return c * (a - c / 2);
  },
  maximum: Math.max,
  minimum: Math.min,
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
  select: (mask, a, b) => (mask !== 0 ? a : b),
  toReal: (a) => a,
  toIndex: (a) => (Number.isNaN(a) ? -1 : Math.max(-0x80000000, Math.min(0x7fffffff, Math.trunc(a)))),
} satisfies Record<string, (a: number, b: number, c: number) => number>;

const each =
  (scalar: (a: number, b: number, c: number) => number): Compute =>
  (y, _attributes, a, b = a, c = a) => {
    for (let i = 0; i < y.data.length; i++) y.data[i] = scalar(a.data[i]!, b.data[i]!, c.data[i]!);
  };

export const elementwise = Object.fromEntries(
  Object.entries(scalars).map(([name, scalar]) => [name, each(scalar)]),
) as Record<keyof typeof scalars, Compute>; // Object.fromEntries forgets its keys
