/** One unit in the last place at v: the gap between its neighbours in float64 or float32; in the subnormal range, the smallest number. */
export function ulp(v: number, precision: "float32" | "float64"): number {
  const [digits, lowest] = precision === "float64" ? [52, -1074] : [23, -149];
  if (v === 0) return 2 ** lowest;
  let exponent = Math.floor(Math.log2(Math.abs(v)));
  if (2 ** exponent > Math.abs(v)) exponent--;
  else if (2 ** (exponent + 1) <= Math.abs(v)) exponent++;
  return 2 ** Math.max(exponent - digits, lowest);
}
