/** Parameters that a loss has of its own: numbers that are learned beside the model, and what they begin with. */
import type { Random } from "../random.ts";
import { sizeOf, type Shape } from "../tensor/shape.ts";

export interface LossParameter {
  readonly shape: Shape;
  /** One number for all, a number for each, or draws from a normal distribution about 0. */
  readonly initial: number | readonly number[] | { readonly deviation: number };
}

/** What a parameter begins with, row-major. `random` is its own stream. */
export function firstValues({ shape, initial }: LossParameter, random: Random): number[] {
  const size = sizeOf(shape);
  if (typeof initial === "number") return new Array<number>(size).fill(initial);
  if ("deviation" in initial) return Array.from({ length: size }, () => initial.deviation * random.normal());
  return [...initial];
}
