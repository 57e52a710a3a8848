/** The rounding errors of single operations in float64 (Dekker 1971; Knuth, TAOCP 2, §4.2.2), without fused multiply-add. */

/** a + b − (the rounded sum), exactly. */
@inline
export function lostInSum(a: f64, b: f64, sum: f64): f64 {
  const seen = sum - a;
  return a - (sum - seen) + (b - seen);
}

/** a·b − (the rounded product), exactly, for |a|, |b| < 2⁹⁹⁵ and a product far from underflow. */
@inline
export function lostInProduct(a: f64, b: f64, product: f64): f64 {
  const ah = upper(a), al = a - ah, bh = upper(b), bl = b - bh;
  return al * bl - (product - ah * bh - al * bh - ah * bl);
}

/** The upper 26 bits of a (Veltkamp's split by 2²⁷ + 1). */
@inline
function upper(a: f64): f64 {
  const scaled = 134217729.0 * a;
  return scaled - (scaled - a);
}
