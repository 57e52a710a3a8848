/** Tails of the normal distribution, to their last digits far out, where 1 − Φ(x) has none. */
import { erf, exp, log } from "../kernels/math.ts";

/** From here on erfc is a continued fraction (Abramowitz & Stegun 7.1.14), evaluated from its end. */
const far = 2;

/** P(N > x) of a standard normal N. */
export function upperTail(x: number): number {
  const y = x / Math.SQRT2;
  if (y < far) return 0.5 * (1 - erf(y));
  return (0.5 * exp(-y * y)) / (denominator(y) * Math.sqrt(Math.PI));
}

/** ln erfc(x) */
export function logErfc(x: number): number {
  return x < far ? log(1 - erf(x)) : -x * x - log(denominator(x)) - 0.5 * log(Math.PI);
}

/** e^(−x²)/(√π·erfc(x)) */
function denominator(x: number): number {
  let fraction = 0;
  for (let k = x < 3 ? 80 : 40; k > 0; k--) fraction = k / 2 / (x + fraction);
  return x + fraction;
}

/** The smallest t, to a thousandth, beyond which a standard normal falls with a probability of at most `most`. */
export function quantileAbove(most: number): number {
  let [low, high] = [-40, 40];
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > most) low = middle;
    else high = middle;
  }
  return high;
}
