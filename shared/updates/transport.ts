import { roundToHalf, type HalfFormat } from "../tensor/half.ts";
import type { Vector } from "./update.ts";

/**
 * What a vector is after its journey in 16 bits: x → round(x·scale)/scale, in place, in the precision it is held in. Every carrier
 * hands over these numbers, so that a simulation and a network give the same model.
 *
 * @returns how many numbers are not finite any more
 */
export function travel(vector: Vector, format: HalfFormat, scale = 1): number {
  let broken = 0;
  for (let i = 0; i < vector.length; i++) {
    const rounded = roundToHalf(vector[i]! * scale, format);
    if (!Number.isFinite(rounded)) broken++;
    vector[i] = rounded / scale;
  }
  return broken;
}
