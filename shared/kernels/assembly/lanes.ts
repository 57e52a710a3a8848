/**
 * Loops over vectors of four float32 or two float64, written once for both. A function to be applied is an unmanaged class with an
 * inlined method, so the compiler sees one loop per function and precision. The last, partial vector runs through the very same
 * instructions as the others: an element's result cannot depend on its position.
 */

/** Elements of T in one vector: 4 or 2. */
@inline
export function width<T>(): i32 {
  return 16 / sizeof<T>();
}

/** The vector whose lanes are all `table[i]`. Constants are loaded, not spelled: V8 builds a spelled one anew each time. */
@inline
export function constant<T>(table: usize, i: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(table + i * 4) : v128.load64_splat(table + i * 8);
}

@inline
export function splat<T>(value: T): v128 {
  return v128.splat<T>(value);
}

/** c₀ + c₁·z + … + c_degree·z^degree by Horner's rule, coefficients in `c`: unrolled by hand, since the compiler does not. */
@inline
export function polynomial1<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, constant<T>(c, 1)));
}
@inline
export function polynomial2<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial1<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial3<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial2<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial4<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial3<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial5<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial4<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial6<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial5<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial7<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial6<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial8<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial7<T>(c + sizeof<T>(), z)));
}
@inline
export function polynomial9<T>(c: usize, z: v128): v128 {
  return v128.add<T>(constant<T>(c, 0), v128.mul<T>(z, polynomial8<T>(c + sizeof<T>(), z)));
}

/** The first `count` < width elements at x, zeros behind them; reads nothing beyond. */
@inline
export function loadPart<T>(x: usize, count: i32): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(x);
  if (count == 1) return v128.load32_zero(x);
  const two = v128.load64_zero(x);
  return count == 2 ? two : v128.load_lane<u32>(x, two, 2, 8, 4);
}

/** Stores the first `count` < width lanes; writes nothing beyond. */
@inline
export function storePart<T>(y: usize, v: v128, count: i32): void {
  if (sizeof<T>() == 8) {
    v128.store_lane<u64>(y, v, 0);
  } else if (count == 1) {
    v128.store_lane<u32>(y, v, 0);
  } else {
    v128.store_lane<u64>(y, v, 0);
    if (count == 3) v128.store_lane<u32>(y, v, 2, 8, 4);
  }
}

/** y[i] = f(x[i]) for i < n, two vectors at a time so that the chains of two polynomials overlap. In place when y = x. */
@inline
export function map<T, F>(n: i32, x: usize, y: usize): void {
  const f = changetype<F>(0);
  const end = x + (<usize>n) * sizeof<T>();
  for (; x + 32 <= end; x += 32, y += 32) {
    const a = f.of<T>(v128.load(x));
    const b = f.of<T>(v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
  }
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, f.of<T>(v128.load(x)));
  const rest = <i32>((end - x) / sizeof<T>());
  if (rest > 0) storePart<T>(y, f.of<T>(loadPart<T>(x, rest)), rest);
}

/** y[i] = f(a[i], b[i]) for i < n, two vectors at a time. In place when y is a or b. */
@inline
export function zip<T, F>(n: i32, a: usize, b: usize, y: usize): void {
  const f = changetype<F>(0);
  const end = a + (<usize>n) * sizeof<T>();
  for (; a + 32 <= end; a += 32, b += 32, y += 32) {
    const first = f.of<T>(v128.load(a), v128.load(b));
    const second = f.of<T>(v128.load(a, 16), v128.load(b, 16));
    v128.store(y, first);
    v128.store(y, second, 16);
  }
  for (; a + 16 <= end; a += 16, b += 16, y += 16) v128.store(y, f.of<T>(v128.load(a), v128.load(b)));
  const rest = <i32>((end - a) / sizeof<T>());
  if (rest > 0) storePart<T>(y, f.of<T>(loadPart<T>(a, rest), loadPart<T>(b, rest)), rest);
}

/** y[i] = f(x[i]) one by one, computed in float64 and rounded once: for functions that branch. */
@inline
export function mapSingle<T, F>(n: i32, x: usize, y: usize): void {
  const f = changetype<F>(0);
  for (let i: usize = 0, end = (<usize>n) * sizeof<T>(); i < end; i += sizeof<T>()) {
    store<T>(y + i, <T>f.of(<f64>load<T>(x + i)));
  }
}
