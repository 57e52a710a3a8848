/**
 * Shamir's sharing of a secret among n, of whom any t can put it together and t − 1 know nothing of it (Shamir, 1979). Byte by byte over
 * GF(2⁸), as x⁸ + x⁴ + x³ + x + 1 makes it:
 *
 *     f(x) = s + c₁·x + … + c_{t−1}·x^{t−1}        share of number x: f(x), x = 1 … n        s = Σ f(xᵢ)·Πⱼ xⱼ/(xⱼ − xᵢ)
 *
 * The coefficients must be as unknown as the secret. What is put together from too few, or from wrong shares, is a wrong secret, and
 * nothing tells: whoever combines compares with something it knows of the secret.
 */
import { TributaryError } from "../errors.ts";

/** The share of number `x`. */
export interface Share {
  readonly x: number;
  readonly bytes: Uint8Array;
}

/** Numbers beside 0 in GF(2⁸): more shares than this there are not. */
export const mostShares = 255;

/**
 * Shares 1 … `count` of `secret`, any `threshold` of which give it back.
 *
 * @param coefficients (threshold − 1)·secret.length bytes that nobody else knows
 */
export function splitSecret(
  secret: Uint8Array,
  { threshold, count, coefficients }: { threshold: number; count: number; coefficients: Uint8Array },
): Uint8Array[] {
  if (!(threshold >= 1 && threshold <= count && count <= mostShares))
    throw new TributaryError(
      "invalid-option",
      `Expected a threshold of 1 … ${count} of at most ${mostShares} shares, got ${threshold} of ${count}`,
    );
  const needed = (threshold - 1) * secret.length;
  if (coefficients.length !== needed)
    throw new TributaryError("invalid-option", `Expected ${needed} bytes of coefficients, got ${coefficients.length}`);
  return Array.from({ length: count }, (_, i) => {
    const x = i + 1;
    const share = new Uint8Array(secret.length);
    for (let at = 0; at < secret.length; at++) {
      let value = 0; // Horner, from the highest power down
      for (let k = threshold - 2; k >= 0; k--) value = multiply(value, x) ^ coefficients[k * secret.length + at]!;
      share[at] = multiply(value, x) ^ secret[at]!;
    }
    return share;
  });
}

/** The secret of which these are shares, as many as the threshold or more; of fewer, something else. Throws "invalid-option" when two have one number. */
export function combineShares(shares: readonly Share[]): Uint8Array {
  const numbers = new Set(shares.map(({ x }) => x));
  const sound = shares.every(({ x }) => Number.isInteger(x) && x >= 1 && x <= mostShares);
  if (shares.length === 0 || numbers.size !== shares.length || !sound)
    throw new TributaryError(
      "invalid-option",
      `Expected shares of different numbers from 1 to ${mostShares}, got ${shares.map(({ x }) => x).join(", ") || "none"}`,
    );
  const secret = new Uint8Array(shares[0]!.bytes.length);
  for (const { x, bytes } of shares) {
    let weight = 1; // Πⱼ xⱼ/(xⱼ − x); − is ⊕
    for (const other of numbers) if (other !== x) weight = multiply(weight, divide(other, other ^ x));
    for (let at = 0; at < secret.length; at++) secret[at]! ^= multiply(weight, bytes[at]!);
  }
  return secret;
}

/** The powers of 3, which runs through all numbers but 0, and their logarithms. */
const powers = new Uint8Array(510);
const logarithms = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  powers[i] = powers[i + 255] = x;
  logarithms[x] = i;
  const doubled = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  x ^= doubled;
}

/** a·b in GF(2⁸). */
export const multiply = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : powers[logarithms[a]! + logarithms[b]!]!;

/** a/b in GF(2⁸), b ≠ 0. */
export const divide = (a: number, b: number): number => (a === 0 ? 0 : powers[logarithms[a]! + 255 - logarithms[b]!]!);
