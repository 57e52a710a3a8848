/** exp and ln in BigInt fixed point, 2⁻²⁰⁰ a unit: plain series, slow and beyond doubt; what the kernels are measured against. */
export const unitBits = 200;
const one = 1n << BigInt(unitBits);
const times = (a: bigint, b: bigint): bigint => (a * b) >> BigInt(unitBits);
const over = (a: bigint, b: bigint): bigint => (a << BigInt(unitBits)) / b;

/** x as a fixed-point number; |x| from about 1e-40 on keeps all its bits. */
export function fixed(x: number): bigint {
  const scaled = x * 2 ** 60;
  const whole = Math.trunc(scaled);
  return (
    (BigInt(whole) << BigInt(unitBits - 60)) +
    (BigInt(Math.round((scaled - whole) * 2 ** 110)) << BigInt(unitBits - 170))
  );
}

/** eˣ by the Taylor series of x/2¹⁰, squared ten times. */
export function expFixed(x: bigint): bigint {
  const small = x >> 10n;
  let [term, sum] = [one, one];
  for (let i = 1n; term !== 0n && term !== -1n; i++) sum += term = times(term, small) / i;
  for (let i = 0; i < 10; i++) sum = times(sum, sum);
  return sum;
}

/** ln x by Newton's steps on exp, from the float64 estimate. */
export function logFixed(x: bigint): bigint {
  let y = fixed(Math.log(Number(x) / 2 ** unitBits));
  for (let i = 0; i < 3; i++) y += 2n * over(x - expFixed(y), x + expFixed(y));
  return y;
}

export const ratio = over;
export const oneFixed = one;
