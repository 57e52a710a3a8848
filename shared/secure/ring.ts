/**
 * Numbers as integers mod 2³², which masks can hide and which add up in any order to the same bits.
 *
 *     level   q = ⌊x·w/(c·ŵ)·L⌉ at random up or down, so that its mean is what is rounded;   L = levels/2 − 1
 *     sum     Σ q mod 2³², read as a signed number, times c·ŵ/L = Σ w·x to within n·c·ŵ/L, and √n/2 of a level as a rule
 *
 * x is first cut to ± c, and ŵ is the largest weight of all, so that every level is used. n numbers of `levels` levels fit as long
 * as n·levels ≤ 2³².
 *
 * Scalars (Σw, numerators, denominators, counts) are exact to 2⁻⁴⁰: six limbs of 16 bits each, whose sums over up to 2¹⁵ clients stay
 * below 2³² and are put together afterwards.
 */
import { TributaryError } from "../errors.ts";
import type { Random } from "../random.ts";

/** Numbers mod 2³², as two's complements. */
export type Ring = Int32Array;

export interface Levels {
  /** c: the largest size of a number. */
  readonly clip: number;
  /** How many different values a number can have. */
  readonly levels: number;
  /** ŵ: what a number counts with at most. */
  readonly largestWeight: number;
}

/** Whether sums over so many clients fit into 32 bits. */
export const fits = (clients: number, levels: number): boolean => clients * levels <= 4_294_967_296;

const extreme = ({ levels }: Levels): number => levels / 2 - 1;

/**
 * Writes w·x, in levels, to `ring`. How many numbers were cut.
 *
 * Throws "invalid-data" for a number that is not finite, which would become an innocent one, and for a weight beyond ŵ.
 */
export function quantize(
  vector: Float32Array | Float64Array,
  weight: number,
  levels: Levels,
  random: Random,
  ring: Ring,
): number {
  const { clip, largestWeight } = levels;
  if (!(weight >= 0 && weight <= largestWeight * (1 + 1e-9)))
    throw new TributaryError("invalid-data", `Expected a weight of 0 … ${largestWeight}, got ${weight}`);
  const most = extreme(levels);
  const scale = largestWeight === 0 ? 0 : (Math.min(weight / largestWeight, 1) * most) / clip;
  let cut = 0;
  for (let i = 0; i < vector.length; i++) {
    let x = vector[i]!;
    if (!Number.isFinite(x))
      throw new TributaryError("invalid-data", `Expected finite numbers before they are masked, got ${x} at ${i}`);
    if (x > clip) [x, cut] = [clip, cut + 1];
    else if (x < -clip) [x, cut] = [-clip, cut + 1];
    const scaled = x * scale;
    const below = Math.floor(scaled);
    ring[i] = random.uniform() < scaled - below ? below + 1 : below;
  }
  return cut;
}

/** Σ w·x of a sum of levels. */
export function dequantize(sum: Ring, levels: Levels): Float64Array {
  const unit = (levels.clip * levels.largestWeight) / extreme(levels);
  const numbers = new Float64Array(sum.length);
  for (let i = 0; i < sum.length; i++) numbers[i] = sum[i]! * unit;
  return numbers;
}

/** target += ring, mod 2³². */
export function addRing(target: Ring, ring: Ring): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i]! + ring[i]!) | 0;
}

/** Ring numbers for one scalar. */
export const scalarSize = 6;
const limbBits = 16n;
const quanta = 1_099_511_627_776; // 2⁴⁰
const largestScalar = 36_028_797_018_963_968; // 2⁵⁵

/** Writes a number's limbs, the lowest first; the highest carries the sign. Throws "invalid-data" beyond ± 2⁵⁵. */
export function writeScalar(value: number, ring: Ring, at: number): void {
  if (!(Math.abs(value) < largestScalar))
    throw new TributaryError("invalid-data", `Expected a number within ± 2⁵⁵ before it is masked, got ${value}`);
  const whole = Math.floor(value);
  let rest = BigInt(whole) * BigInt(quanta) + BigInt(Math.round((value - whole) * quanta));
  for (let i = 0; i < scalarSize; i++) {
    ring[at + i] = Number(i === scalarSize - 1 ? BigInt.asIntN(32, rest) : BigInt.asUintN(16, rest));
    rest >>= limbBits;
  }
}

/** The sum of the numbers whose limbs were added up. */
export function readScalar(sum: Ring, at: number): number {
  let total = BigInt(sum[at + scalarSize - 1]!);
  for (let i = scalarSize - 2; i >= 0; i--) total = (total << limbBits) + BigInt(sum[at + i]! >>> 0);
  const quotient = total / BigInt(quanta);
  return Number(quotient) + Number(total - quotient * BigInt(quanta)) / quanta;
}
