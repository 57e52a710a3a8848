/** Numbers as whole multiples of 2⁻ᵇ: where sums are exact. */

/** v·2ᵇ for a finite v that is a multiple of 2⁻ᵇ. */
export function toFixed(v: number, b: number): bigint {
  word[0] = v;
  const [low, high] = [words[0]!, words[1]!];
  const field = (high >>> 20) & 0x7ff;
  const mantissa = BigInt((field === 0 ? 0 : 0x100000) | (high & 0xfffff)) * 4294967296n + BigInt(low);
  const shift = Math.max(field, 1) - 1075 + b; // |v| = mantissa·2^(shift − b)
  const magnitude = shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
  return high >>> 31 === 1 ? -magnitude : magnitude;
}

/** n·2⁻ᵇ, 0 < b ≤ 1074, rounded once to the nearest float64 (ties to even); ±∞ beyond the largest. */
export function fromFixed(n: bigint, b: number): number {
  const magnitude = n < 0n ? -n : n;
  const excess = Math.max(magnitude.toString(16).length * 4 - 68, 0); // leaves 65 to 68 bits; the last stands for all that is cut off
  let top = magnitude >> BigInt(excess);
  if (excess > 0 && top << BigInt(excess) !== magnitude) top |= 1n;
  const exponent = excess - b;
  const value = exponent > 1023 ? Infinity : Number(top) * powerOfTwo(exponent); // subnormal values are whole multiples of 2⁻¹⁰⁷⁴: exact
  return n < 0n ? -value : value;
}

/** 2ᵉ for −1074 ≤ e ≤ 1023: the exponent field of a normal number, a single bit of a subnormal one. */
function powerOfTwo(e: number): number {
  words[0] = e < -1042 ? 1 << (e + 1074) : 0;
  words[1] = e >= -1022 ? (e + 1023) << 20 : e >= -1042 ? 1 << (e + 1042) : 0;
  return word[0]!;
}

const word = new Float64Array(1);
const words = new Uint32Array(word.buffer); // little-endian, as WebAssembly is
