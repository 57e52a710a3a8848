/** The 16-bit floats of other people's files, widened to float32, which holds each of them exactly. */

/** IEEE binary16: sign, 5 bits of exponent (bias 15), 10 bits of fraction. */
export function fromFloat16(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return (sign * fraction) / 16_777_216; // subnormal: fraction · 2⁻²⁴
  const scaled = (1024 + fraction) / 1024;
  return sign * (exponent >= 15 ? scaled * (1 << (exponent - 15)) : scaled / (1 << (15 - exponent)));
}

/** bfloat16 is the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  word[0] = bits << 16;
  return real[0]!;
}

const word = new Int32Array(1);
const real = new Float32Array(word.buffer);
