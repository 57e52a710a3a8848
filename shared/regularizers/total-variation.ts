import type { Shape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import { along, type WeightAxis } from "./regularizer.ts";

/** The proximal step of total variation along one axis of a row-major tensor, line by line, in place. */
export function smoothAlong(
  axis: WeightAxis,
  shape: Shape,
  x: Float64Array,
  metric: Float64Array,
  sigma: number,
): void {
  const { count, stride } = along(axis, shape);
  for (let first = 0; first < sizeOf(shape); first++) {
    if (Math.floor(first / stride) % count !== 0) continue; // not the first number of a line
    const places = Array.from({ length: count }, (_, i) => first + i * stride);
    const line = totalVariation(
      places.map((i) => x[i]!),
      places.map((i) => metric[i]!),
      sigma,
    );
    places.forEach((place, i) => (x[place] = line[i]!));
  }
}

/** A kink of the message: at `at` its slope changes by `slope`, and the line through there by `shift`: message += slope·x + shift. */
interface Kink {
  readonly at: number;
  readonly slope: number;
  readonly shift: number;
}

/**
 * Total-variation denoising of a line, exactly, each number with its own weight.
 *
 *     x = argmin ½ Σ hᵢ(xᵢ − zᵢ)² + σ Σ |xᵢ₊₁ − xᵢ|
 *
 * Dynamic programming: let m(x) be the slope of the best cost of the numbers up to i as a function of xᵢ = x: piecewise linear and
 * increasing. Whatever the next number is, xᵢ follows it between lo and hi, where m passes −σ and +σ; beyond them it stays. So the
 * message to i + 1 is m cut off at ±σ, plus h(x − z). The last number is where m passes 0; the others are cut to their lo … hi backwards.
 *
 * Facts   σ = 0: x = z · σ → ∞: all equal to the weighted mean Σhz/Σh · neighbours that are joined are exactly equal
 * Cost    O(n): each kink is put on once and taken off once
 * Source  Johnson (2013), with weights
 */
export function totalVariation(z: readonly number[], h: readonly number[], sigma: number): number[] {
  const n = z.length;
  if (sigma === 0 || n < 2) return [...z];
  // The kinks in order lie in kinks[left … right); each number adds one at either end.
  const kinks = new Array<Kink>(2 * n);
  let [left, right] = [n, n];
  const [lo, hi] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n - 1; i++) {
    // Left of every kink the message is −σ + h(x − z) (for the first number without −σ), right of them +σ + h(x − z).
    const edge = i === 0 ? 0 : sigma;
    let [slope, shift] = [h[i]!, -h[i]! * z[i]! - edge];
    while (left < right && slope * kinks[left]!.at + shift <= -sigma) {
      slope += kinks[left]!.slope;
      shift += kinks[left]!.shift;
      left++;
    }
    lo[i] = (-sigma - shift) / slope;
    const below: Kink = { at: lo[i]!, slope, shift: shift + sigma };
    [slope, shift] = [h[i]!, -h[i]! * z[i]! + edge];
    while (left < right && slope * kinks[right - 1]!.at + shift >= sigma) {
      right--;
      slope -= kinks[right]!.slope;
      shift -= kinks[right]!.shift;
    }
    hi[i] = (sigma - shift) / slope;
    kinks[--left] = below;
    kinks[right++] = { at: hi[i]!, slope: -slope, shift: sigma - shift };
  }
  const x = new Array<number>(n);
  let [slope, shift] = [h[n - 1]!, -h[n - 1]! * z[n - 1]! - sigma];
  while (left < right && slope * kinks[left]!.at + shift <= 0) {
    slope += kinks[left]!.slope;
    shift += kinks[left]!.shift;
    left++;
  }
  x[n - 1] = -shift / slope;
  for (let i = n - 2; i >= 0; i--) x[i] = Math.min(Math.max(x[i + 1]!, lo[i]!), hi[i]!);
  return x;
}
