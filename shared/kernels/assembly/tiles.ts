/**
 * The innermost loops of the matrix product: a few rows times a few vectors of columns, summed over one block of k in registers.
 *
 * A tile's operands, all distances in bytes: row r of a starts at a + r·rowA and moves by stepA as k advances; vector v of b starts at
 * b + 16·v and moves by stepB; row r of c starts at c + r·rowC. `add` puts the sums on top of what c holds. The last vector of a row
 * writes `last` numbers only (1 … the lanes of a vector).
 *
 * Two shapes keep eight sums each: 4 rows × 2 vectors, and 2 rows × 4 vectors. V8 moves the loads of a loop's body to its front, so
 * sums + loads + one product must fit into 15 registers: 8 + 6 + 1. A larger tile spills and halves the speed.
 */

@inline function put<T>(c: usize, sum: v128, add: bool): void {
  v128.store(c, add ? v128.add<T>(v128.load(c), sum) : sum);
}

@inline function putLane<T>(c: usize, sum: T, add: bool): void {
  store<T>(c, add ? load<T>(c) + sum : sum);
}

/** The first `last` numbers of `sum`; a whole vector as one. */
@inline function putLast<T>(c: usize, sum: v128, add: bool, last: i32): void {
  if (last == 16 / sizeof<T>()) return put<T>(c, sum, add);
  putLane<T>(c, v128.extract_lane<T>(sum, 0), add);
  if (sizeof<T>() == 4) {
    if (last > 1) putLane<T>(c + 4, v128.extract_lane<T>(sum, 1), add);
    if (last > 2) putLane<T>(c + 8, v128.extract_lane<T>(sum, 2), add);
  }
}

@inline function putRow<T>(vectors: i32, c: usize, s0: v128, s1: v128, s2: v128, s3: v128, add: bool, last: i32): void {
  if (vectors == 1) return putLast<T>(c, s0, add, last);
  put<T>(c, s0, add);
  if (vectors == 2) return putLast<T>(c + 16, s1, add, last);
  put<T>(c + 16, s1, add);
  if (vectors == 3) return putLast<T>(c + 32, s2, add, last);
  put<T>(c + 32, s2, add);
  putLast<T>(c + 48, s3, add, last);
}

/** sum + x·y, rounded twice: never fused. */
@inline function plus<T>(sum: v128, x: v128, y: v128): v128 { return v128.add<T>(sum, v128.mul<T>(x, y)); }

/**
 * 3 or 4 rows × 1 or 2 vectors. `packed`: the numbers of four rows lie side by side (packing.ts), whatever rowA and stepA. Four k a
 * turn, spelled out: the breaks keep V8 from moving all loads to the front, and one turn's bookkeeping for four saves a tenth of the time.
 */
@inline export function tall<T>(
  rows: i32, vectors: i32, packed: bool, k: i32, a: usize, rowA: usize, stepA: usize, b: usize, stepB: usize, c: usize, rowC: usize, add: bool, last: i32,
): void {
  const zero = v128.splat<T>(0), row2 = rowA + rowA, row3 = row2 + rowA;
  let s00 = zero, s01 = zero, s10 = zero, s11 = zero, s20 = zero, s21 = zero, s30 = zero, s31 = zero, b0 = zero, b1 = zero, x = zero;
  for (; k > 0; k -= 4) {
    b0 = v128.load(b); if (vectors > 1) b1 = v128.load(b, 16);
    b += stepB;
    x = packed ? v128.load_splat<T>(a) : v128.load_splat<T>(a);
    s00 = plus<T>(s00, x, b0); if (vectors > 1) s01 = plus<T>(s01, x, b1);
    x = packed ? v128.load_splat<T>(a, sizeof<T>()) : v128.load_splat<T>(a + rowA);
    s10 = plus<T>(s10, x, b0); if (vectors > 1) s11 = plus<T>(s11, x, b1);
    x = packed ? v128.load_splat<T>(a, 2 * sizeof<T>()) : v128.load_splat<T>(a + row2);
    s20 = plus<T>(s20, x, b0); if (vectors > 1) s21 = plus<T>(s21, x, b1);
    if (rows > 3) {
      x = packed ? v128.load_splat<T>(a, 3 * sizeof<T>()) : v128.load_splat<T>(a + row3);
      s30 = plus<T>(s30, x, b0); if (vectors > 1) s31 = plus<T>(s31, x, b1);
    }
    if (!packed) a += stepA;
    if (k == 1) break;
    b0 = v128.load(b); if (vectors > 1) b1 = v128.load(b, 16);
    b += stepB;
    x = packed ? v128.load_splat<T>(a, 4 * sizeof<T>()) : v128.load_splat<T>(a);
    s00 = plus<T>(s00, x, b0); if (vectors > 1) s01 = plus<T>(s01, x, b1);
    x = packed ? v128.load_splat<T>(a, 5 * sizeof<T>()) : v128.load_splat<T>(a + rowA);
    s10 = plus<T>(s10, x, b0); if (vectors > 1) s11 = plus<T>(s11, x, b1);
    x = packed ? v128.load_splat<T>(a, 6 * sizeof<T>()) : v128.load_splat<T>(a + row2);
    s20 = plus<T>(s20, x, b0); if (vectors > 1) s21 = plus<T>(s21, x, b1);
    if (rows > 3) {
      x = packed ? v128.load_splat<T>(a, 7 * sizeof<T>()) : v128.load_splat<T>(a + row3);
      s30 = plus<T>(s30, x, b0); if (vectors > 1) s31 = plus<T>(s31, x, b1);
    }
    if (!packed) a += stepA;
    if (k == 2) break;
    b0 = v128.load(b); if (vectors > 1) b1 = v128.load(b, 16);
    b += stepB;
    x = packed ? v128.load_splat<T>(a, 8 * sizeof<T>()) : v128.load_splat<T>(a);
    s00 = plus<T>(s00, x, b0); if (vectors > 1) s01 = plus<T>(s01, x, b1);
    x = packed ? v128.load_splat<T>(a, 9 * sizeof<T>()) : v128.load_splat<T>(a + rowA);
    s10 = plus<T>(s10, x, b0); if (vectors > 1) s11 = plus<T>(s11, x, b1);
    x = packed ? v128.load_splat<T>(a, 10 * sizeof<T>()) : v128.load_splat<T>(a + row2);
    s20 = plus<T>(s20, x, b0); if (vectors > 1) s21 = plus<T>(s21, x, b1);
    if (rows > 3) {
      x = packed ? v128.load_splat<T>(a, 11 * sizeof<T>()) : v128.load_splat<T>(a + row3);
      s30 = plus<T>(s30, x, b0); if (vectors > 1) s31 = plus<T>(s31, x, b1);
    }
    if (!packed) a += stepA;
    if (k == 3) break;
    b0 = v128.load(b); if (vectors > 1) b1 = v128.load(b, 16);
    b += stepB;
    x = packed ? v128.load_splat<T>(a, 12 * sizeof<T>()) : v128.load_splat<T>(a);
    s00 = plus<T>(s00, x, b0); if (vectors > 1) s01 = plus<T>(s01, x, b1);
    x = packed ? v128.load_splat<T>(a, 13 * sizeof<T>()) : v128.load_splat<T>(a + rowA);
    s10 = plus<T>(s10, x, b0); if (vectors > 1) s11 = plus<T>(s11, x, b1);
    x = packed ? v128.load_splat<T>(a, 14 * sizeof<T>()) : v128.load_splat<T>(a + row2);
    s20 = plus<T>(s20, x, b0); if (vectors > 1) s21 = plus<T>(s21, x, b1);
    if (rows > 3) {
      x = packed ? v128.load_splat<T>(a, 15 * sizeof<T>()) : v128.load_splat<T>(a + row3);
      s30 = plus<T>(s30, x, b0); if (vectors > 1) s31 = plus<T>(s31, x, b1);
    }
    if (!packed) a += stepA;
    if (packed) a += 16 * sizeof<T>();
  }
  putRow<T>(vectors, c, s00, s01, zero, zero, add, last);
  putRow<T>(vectors, c + rowC, s10, s11, zero, zero, add, last);
  putRow<T>(vectors, c + 2 * rowC, s20, s21, zero, zero, add, last);
  if (rows > 3) putRow<T>(vectors, c + 3 * rowC, s30, s31, zero, zero, add, last);
}

/** 1 or 2 rows × 1 … 4 vectors; vectors 2 and 3 lie `panelB` after vectors 0 and 1 (32 when b is not packed, or packed this wide). */
@inline export function flat<T>(
  rows: i32, vectors: i32, k: i32, a: usize, rowA: usize, stepA: usize, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool, last: i32,
): void {
  const zero = v128.splat<T>(0), end = a + <usize>k * stepA;
  let s00 = zero, s01 = zero, s02 = zero, s03 = zero, s10 = zero, s11 = zero, s12 = zero, s13 = zero;
  for (; a != end; a += stepA, b += stepB) {
    const b0 = v128.load(b), b1 = vectors > 1 ? v128.load(b, 16) : zero;
    const b2 = vectors > 2 ? v128.load(b + panelB) : zero, b3 = vectors > 3 ? v128.load(b + panelB, 16) : zero;
    let x = v128.load_splat<T>(a);
    s00 = v128.add<T>(s00, v128.mul<T>(x, b0));
    if (vectors > 1) s01 = v128.add<T>(s01, v128.mul<T>(x, b1));
    if (vectors > 2) s02 = v128.add<T>(s02, v128.mul<T>(x, b2));
    if (vectors > 3) s03 = v128.add<T>(s03, v128.mul<T>(x, b3));
    if (rows > 1) {
      x = v128.load_splat<T>(a + rowA);
      s10 = v128.add<T>(s10, v128.mul<T>(x, b0));
      if (vectors > 1) s11 = v128.add<T>(s11, v128.mul<T>(x, b1));
      if (vectors > 2) s12 = v128.add<T>(s12, v128.mul<T>(x, b2));
      if (vectors > 3) s13 = v128.add<T>(s13, v128.mul<T>(x, b3));
    }
  }
  putRow<T>(vectors, c, s00, s01, s02, s03, add, last);
  if (rows > 1) putRow<T>(vectors, c + rowC, s10, s11, s12, s13, add, last);
}

/**
 * y[i·stepY] (+)= Σₚ a[i,p]·x[p] for `rows` rows of a, rowA apart, k dense: four float32 (two float64) rows and as many k a turn,
 * turned round in registers, so that each sum still runs in ascending k.
 */
@inline export function column<T>(rows: i32, k: i32, a: usize, rowA: usize, x: usize, stepX: usize, y: usize, stepY: usize, add: bool): void {
  const lanes: i32 = 16 / sizeof<T>(), wideRows = rows & ~(lanes - 1), wideK = k & ~(lanes - 1);
  let i = 0;
  for (; i < wideRows; i += lanes, a += <usize>lanes * rowA, y += <usize>lanes * stepY) {
    let sum = v128.splat<T>(0), at = a, by = x;
    for (let p = 0; p < wideK; p += lanes, at += 16, by += <usize>lanes * stepX) {
      const r0 = v128.load(at), r1 = v128.load(at + rowA);
      if (sizeof<T>() == 4) {
        const r2 = v128.load(at + 2 * rowA), r3 = v128.load(at + 3 * rowA);
        const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        sum = v128.add<T>(sum, v128.mul<T>(v128.shuffle<f64>(t0, t1, 0, 2), v128.load_splat<T>(by)));
        sum = v128.add<T>(sum, v128.mul<T>(v128.shuffle<f64>(t0, t1, 1, 3), v128.load_splat<T>(by + stepX)));
        sum = v128.add<T>(sum, v128.mul<T>(v128.shuffle<f64>(t2, t3, 0, 2), v128.load_splat<T>(by + 2 * stepX)));
        sum = v128.add<T>(sum, v128.mul<T>(v128.shuffle<f64>(t2, t3, 1, 3), v128.load_splat<T>(by + 3 * stepX)));
      } else {
        sum = v128.add<T>(sum, v128.mul<T>(v128.shuffle<f64>(r0, r1, 0, 2), v128.load_splat<T>(by)));
        sum = v128.add<T>(sum, v128.mul<T>(v128.shuffle<f64>(r0, r1, 1, 3), v128.load_splat<T>(by + stepX)));
      }
    }
    for (let p = wideK; p < k; p++, at += sizeof<T>(), by += stepX) {
      let here = v128.replace_lane<T>(v128.load_splat<T>(at), 1, load<T>(at + rowA));
      if (sizeof<T>() == 4) here = v128.replace_lane<T>(v128.replace_lane<T>(here, 2, load<T>(at + 2 * rowA)), 3, load<T>(at + 3 * rowA));
      sum = v128.add<T>(sum, v128.mul<T>(here, v128.load_splat<T>(by)));
    }
    putLane<T>(y, v128.extract_lane<T>(sum, 0), add);
    putLane<T>(y + stepY, v128.extract_lane<T>(sum, 1), add);
    if (sizeof<T>() == 4) {
      putLane<T>(y + 2 * stepY, v128.extract_lane<T>(sum, 2), add);
      putLane<T>(y + 3 * stepY, v128.extract_lane<T>(sum, 3), add);
    }
  }
  for (; i < rows; i++, a += rowA, y += stepY) {
    let sum: T = 0, at = a, by = x;
    for (let p = 0; p < k; p++, at += sizeof<T>(), by += stepX) sum += load<T>(at) * load<T>(by);
    putLane<T>(y, sum, add);
  }
}
