import { loadPart, splat, storePart } from "./lanes";
import { logOf } from "./logarithm";
import { maxOf, sumOf } from "./reduce";
import { shiftedExp, sumOfExp } from "./softmax";

/**
 * What the other classes of a row have beyond its label's, over rows of [rows, n] with labels i32 [rows]:
 *
 *     shortfall        d = log Σ_{j≠label} exp(xⱼ) − x_label                  NaN for a label outside [0, n)
 *     shortfallSlope   y = s·exp(xⱼ)/Σ_{k≠label} exp(xₖ), at the label −s     a label outside leaves no number out
 *
 * The label's own number is −∞ while the others are looked at, and is put back: one pass without a copy of the row.
 */
@inline
function shortfall<T>(rows: i32, n: i32, x: usize, labels: usize, y: usize): void {
  const row = (<usize>n) * sizeof<T>();
  for (let i = 0; i < rows; i++, x += row, labels += 4, y += sizeof<T>()) {
    const label = load<i32>(labels), place = x + (<usize>label) * sizeof<T>();
    if (<u32>label >= <u32>n) {
      store<T>(y, <T>NaN);
      continue;
    }
    const own = load<T>(place);
    store<T>(place, -<T>Infinity);
    const m = maxOf<T>(n, x);
    const others = isFinite<T>(m) ? <T>(<f64>m + logOf(sumOfExp<T>(n, m, x))) : m;
    store<T>(place, own);
    store<T>(y, others - own);
  }
}

@inline
function shortfallSlope<T>(rows: i32, n: i32, x: usize, labels: usize, scales: usize, y: usize): void {
  const row = (<usize>n) * sizeof<T>();
  for (let i = 0; i < rows; i++, x += row, labels += 4, scales += sizeof<T>(), y += row) {
    const label = load<i32>(labels), place = (<usize>label) * sizeof<T>(), scale = load<T>(scales);
    const known = <u32>label < <u32>n, own = known ? load<T>(x + place) : 0;
    if (known) store<T>(x + place, -<T>Infinity);
    shiftedExp<T>(n, maxOf<T>(n, x), x, y);
    if (known) store<T>(x + place, own);
    const factor = splat<T>(<T>(<f64>scale / <f64>sumOf<T>(n, y)));
    let at = y;
    for (const end = y + row; at + 16 <= end; at += 16) v128.store(at, v128.mul<T>(v128.load(at), factor));
    const rest = <i32>((y + row - at) / sizeof<T>());
    if (rest > 0) storePart<T>(at, v128.mul<T>(loadPart<T>(at, rest), factor), rest);
    if (known) store<T>(y + place, -scale);
  }
}

export function shortfall_f32(rows: i32, n: i32, x: usize, labels: usize, y: usize): void {
  shortfall<f32>(rows, n, x, labels, y);
}
export function shortfall_f64(rows: i32, n: i32, x: usize, labels: usize, y: usize): void {
  shortfall<f64>(rows, n, x, labels, y);
}
export function shortfallSlope_f32(rows: i32, n: i32, x: usize, labels: usize, scales: usize, y: usize): void {
  shortfallSlope<f32>(rows, n, x, labels, scales, y);
}
export function shortfallSlope_f64(rows: i32, n: i32, x: usize, labels: usize, scales: usize, y: usize): void {
  shortfallSlope<f64>(rows, n, x, labels, scales, y);
}
