/**
 * Order-independent sums of vectors. A contribution v = f64(x)·weight is rounded to a multiple of 2⁻⁶⁴, written in two integers and added
 * to two 64-bit limbs per element:
 *
 *     v = hi·2⁻²⁰ + lo·2⁻⁶⁴,    hi = round(v·2²⁰),  lo = round((v·2²⁰ − hi)·2⁴⁴),    |hi| ≤ 2⁵¹,  |lo| ≤ 2⁴³
 *
 * Integer addition is associative and commutative, so no order, grouping or thread count reaches a bit of the total. `limbs` is
 * [hi × n][lo × n]. float64 becomes an integer by adding 1.5·2⁵² and subtracting its bits. What |v| < 2³¹ does not cover stays with the host
 * (shared/sum.ts), which also calls `foldCarry` before 2¹¹ contributions could overflow a limb.
 */

const magic: f64 = 6755399441055744.0; // 1.5·2⁵²
const magicBits: i64 = 0x4338000000000000;
const limit: f64 = 2147483648.0; // 2³¹
const up: f64 = 1048576.0; // 2²⁰
const ratio: f64 = 17592186044416.0; // 2⁴⁴

/** Whether every |x[i]·weight| < 2³¹: the usual case, seen from the largest |x| alone (rounding is monotone). */
@inline
function allFit<T>(n: i32, weight: f64, x: usize): bool {
  const end = x + (<usize>n) * sizeof<T>();
  if (sizeof<T>() == 4) {
    const magnitude = i32x4.splat(0x7fffffff);
    let m = i32x4.splat(0), m2 = m; // as integers, |finite| < |∞| < |NaN|
    for (; x + 32 <= end; x += 32) {
      m = i32x4.max_u(m, v128.and(v128.load(x), magnitude));
      m2 = i32x4.max_u(m2, v128.and(v128.load(x, 16), magnitude));
    }
    m = i32x4.max_u(m, m2);
    let top = max<u32>(max<u32>(i32x4.extract_lane(m, 0), i32x4.extract_lane(m, 1)), max<u32>(i32x4.extract_lane(m, 2), i32x4.extract_lane(m, 3)));
    for (; x < end; x += 4) top = max<u32>(top, load<u32>(x) & 0x7fffffff);
    return top < 0x7f800000 && <f64>reinterpret<f32>(top) * abs(weight) < limit;
  }
  const w = f64x2.splat(abs(weight)), bound = f64x2.splat(limit);
  let fine = i64x2.splat(-1);
  for (; x + 16 <= end; x += 16) fine = v128.and(fine, f64x2.lt(f64x2.mul(f64x2.abs(v128.load(x)), w), bound));
  return i64x2.all_true(fine) && (x == end || abs(<f64>load<T>(x)) * abs(weight) < limit);
}

/** Adds x·weight where |x·weight| < 2³¹ (everywhere when `all`). */
@inline
function add<T>(n: i32, weight: f64, x: usize, limbs: usize, all: bool): void {
  const w = f64x2.splat(weight), big = f64x2.splat(magic), bigBits = i64x2.splat(magicBits), scale = f64x2.splat(up), fine = f64x2.splat(ratio);
  const bytes = (<usize>n) * 8;
  let low = limbs + bytes;
  for (const end = limbs + (bytes & ~15); limbs < end; limbs += 16, low += 16, x += 2 * sizeof<T>()) {
    let v = f64x2.mul(sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(x)) : v128.load(x), w);
    if (!all) v = v128.and(v, f64x2.lt(f64x2.abs(v), f64x2.splat(limit)));
    v = f64x2.mul(v, scale);
    const h = f64x2.add(v, big);
    const l = f64x2.add(f64x2.mul(f64x2.sub(v, f64x2.sub(h, big)), fine), big);
    v128.store(limbs, i64x2.add(v128.load(limbs), i64x2.sub(h, bigBits)));
    v128.store(low, i64x2.add(v128.load(low), i64x2.sub(l, bigBits)));
  }
  if (n & 1) {
    let v = <f64>load<T>(x) * weight;
    if (!(abs(v) < limit)) v = 0;
    v *= up;
    const h = v + magic, l = (v - (h - magic)) * ratio + magic;
    store<i64>(limbs, load<i64>(limbs) + reinterpret<i64>(h) - magicBits);
    store<i64>(low, load<i64>(low) + reinterpret<i64>(l) - magicBits);
  }
}

/** 0: all of x·weight is added. k > 0: all but k elements with |x·weight| ≥ 2³¹. −k < 0: k elements are not finite, nothing is added. */
@inline
function foldAdd<T>(n: i32, weight: f64, x: usize, limbs: usize): i32 {
  if (allFit<T>(n, weight, x)) {
    add<T>(n, weight, x, limbs, true);
    return 0;
  }
  let large = 0, broken = 0;
  for (let i = 0; i < n; i++) {
    const v = abs(<f64>load<T>(x + (<usize>i) * sizeof<T>()) * weight);
    if (!(v < Infinity)) broken++;
    else if (v >= limit) large++;
  }
  if (broken > 0) return -broken;
  add<T>(n, weight, x, limbs, false);
  return large;
}

export function foldAdd_f32(n: i32, weight: f64, x: usize, limbs: usize): i32 {
  return foldAdd<f32>(n, weight, x, limbs);
}
export function foldAdd_f64(n: i32, weight: f64, x: usize, limbs: usize): i32 {
  return foldAdd<f64>(n, weight, x, limbs);
}

/** into += from, limb by limb. */
export function foldMerge(n: i32, from: usize, into: usize): void {
  for (const end = into + ((<usize>n) << 4); into < end; from += 16, into += 16) v128.store(into, i64x2.add(v128.load(into), v128.load(from)));
}

/** Makes 0 ≤ lo < 2⁴⁴ by carrying into hi: the one form of each total. Returns how many |hi| have reached 2⁶⁰, for the host to take out. */
export function foldCarry(n: i32, limbs: usize): i32 {
  let large = 0;
  for (let low = limbs + ((<usize>n) << 3), end = low; limbs < end; limbs += 8, low += 8) {
    const l = load<i64>(low), h = load<i64>(limbs) + (l >> 44);
    store<i64>(low, l & 0xfffffffffff);
    store<i64>(limbs, h);
    large += <i32>(<u64>(h + 0x1000000000000000) >= 0x2000000000000000);
  }
  return large;
}

/** out[i] = the total, correctly rounded to float64. Call `foldCarry` first. */
export function foldRead(n: i32, limbs: usize, out: usize): void {
  for (let low = limbs + ((<usize>n) << 3), end = low; limbs < end; limbs += 8, low += 8, out += 8) {
    const h = load<i64>(limbs), l = load<i64>(low);
    if (<u64>(h + 0x20000000000000) < 0x40000000000000) {
      store<f64>(out, <f64>h * 9.5367431640625e-7 + <f64>l * 5.421010862427522e-20); // both terms exact: 2⁻²⁰, 2⁻⁶⁴
    } else {
      // |hi| ≥ 2⁵³: the lower part in 52 bits, its last one standing for everything below, so that the one rounding is the right one
      const tail = ((h & 0xffffffff) << 20) | (l >> 24) | i64((l & 0xffffff) != 0);
      store<f64>(out, <f64>(h >> 32) * 4096.0 + <f64>tail * 9.094947017729282e-13); // 2¹², 2⁻⁴⁰
    }
  }
}
