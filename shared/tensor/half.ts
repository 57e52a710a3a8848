/**
 * The 16-bit floats: those of other people's files widened to float32, which holds each of them exactly, and numbers rounded to
 * them and packed, for updates that travel in half the bytes.
 *
 *     float16     5 bits of exponent, 10 of fraction   up to 65504, down to 2⁻²⁴ = 6e-8
 *     bfloat16    8 bits of exponent, 7 of fraction    up to 3.4e38, as float32, to two and a half digits
 */
export type HalfFormat = "float16" | "bfloat16";

const formats = {
  float16: { fraction: 10, least: -14, largest: 65504 },
  bfloat16: { fraction: 7, least: -126, largest: 3.3895313892515355e38 },
} as const;

/**
 * The nearest number of the format, ties to the even one, as IEEE rounds; ±∞ from half a step beyond the largest.
 * In float64, adding 1.5·2⁵² steps leaves no room for a fraction of a step, and rounds it away.
 */
export function roundToHalf(x: number, format: HalfFormat): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const { fraction, least, largest } = formats[format];
  double[0] = x;
  const exponent = ((halves[1]! >>> 20) & 0x7ff) - 1023;
  const step = Math.max(exponent, least) - fraction; // numbers of the format lie 2^step apart here
  halves[0] = 0;
  halves[1] = ((step + 52 + 1023) << 20) | 0x80000; // 1.5 · 2^(step + 52)
  const anchor = double[0];
  const rounded = x + anchor - anchor;
  if (Math.abs(rounded) > largest) return x < 0 ? -Infinity : Infinity;
  return rounded === 0 ? 0 * x : rounded; // −0 stays −0
}

/** A float64 and its two words, low first: every host that runs Node is little-endian. */
const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

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

/** The bits of a number that float16 holds exactly, or of ±∞ and NaN. */
export function toFloat16(x: number): number {
  real[0] = x;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return sign | (Number.isNaN(x) ? 0x7e00 : 0x7c00);
  if (size < 1 / 16_384) return sign | (size * 16_777_216); // subnormal: fraction · 2⁻²⁴
  return sign | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

/** The bits of a number that bfloat16 holds exactly, or of ±∞ and NaN. */
export function toBfloat16(x: number): number {
  real[0] = x;
  return word[0]! >>> 16;
}
