/**
 * Gaussian noise from a secret of the run, the same for the same round: a round that is done again after a crash releases the same noisy
 * model, never a second one. The stream is AES-256 in counter mode under HKDF-SHA-256(secret, round).
 *
 * Added are whole multiples of a grid g, a power of two near 2⁻³⁴ of the deviation, to numbers rounded to that grid first: s + g·⌊N/g⌉ is
 * ⌊s + N⌉ for every s on the grid, a function of the ideal mechanism's output, so that the holes between floating-point numbers tell nothing
 * of s (Mironov, 2012). Normals are Box & Muller's, from 53 bits each.
 */
import { createCipheriv, hkdfSync } from "node:crypto";
import { cos, log, sin } from "../kernels/math.ts";

const bytesPerPair = 16;
const pairsAtOnce = 4096;

/** Adds N(0, deviation²) to each number, in place, after rounding it to the grid. `of` names what of the round it hides. */
export function addNoise(
  vector: Float64Array,
  deviation: number,
  secret: Uint8Array,
  round: number,
  of = "noise",
): void {
  if (deviation === 0) return;
  const grid = gridOf(deviation);
  const normal = normals(secret, round, of);
  for (let i = 0; i < vector.length; i++)
    vector[i] = (Math.round(vector[i]! / grid) + Math.round((deviation * normal()) / grid)) * grid;
}

/** The largest power of two that is at most 2⁻³⁴ of the deviation. */
export function gridOf(deviation: number): number {
  let grid = 1;
  const most = deviation / 17_179_869_184;
  while (grid > most) grid /= 2;
  while (grid * 2 <= most) grid *= 2;
  return grid;
}

/** Standard normals, one after the other; others for another round, and for another name. */
export function normals(secret: Uint8Array, round: number, of = "noise"): () => number {
  const uniform = uniforms(secret, `${of} of round ${round}`);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const second = spare;
      spare = undefined;
      return second;
    }
    const radius = Math.sqrt(-2 * log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * sin(angle);
    return radius * cos(angle);
  };
}

/** Uniform in (0, 1], from 53 bits each; others for another name. */
export function uniforms(secret: Uint8Array, name: string): () => number {
  const key = new Uint8Array(hkdfSync("sha256", secret, "tributary", name, 32));
  const stream = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
  const zeros = new Uint8Array(bytesPerPair * pairsAtOnce);
  let bytes = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === bytes.length) [bytes, at] = [stream.update(zeros), 0];
    const high = bytes.readUInt32LE(at) >>> 5;
    const low = bytes.readUInt32LE(at + 4) >>> 6;
    at += 8;
    return (high * 67_108_864 + low + 1) / 9_007_199_254_740_992;
  };
}
