/**
 * a·b as [rounded, lost], whose sum is the product exactly: the halves of 26 and 27 bits multiply without rounding. Exact while
 * nothing overflows and the low part stays above 2⁻¹⁰⁷⁴. Source: Dekker (1971), with Veltkamp's splitting.
 */
export function exactProduct(a: number, b: number): [rounded: number, lost: number] {
  const product = a * b;
  const [highA, lowA] = halves(a);
  const [highB, lowB] = halves(b);
  return [product, lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB)];
}

function halves(a: number): [number, number] {
  const shifted = 134_217_729 * a; // 2²⁷ + 1
  const high = shifted - (shifted - a);
  return [high, a - high];
}
