/**
 * Copying a matrix into the order in which the tiles (tiles.ts) read it: panels of a few vectors of columns, one row of a panel after
 * the other. Sizes in elements, `…Bytes`, rowB and panelB of packRows, and stepA in bytes.
 */

/** Copies whole panels of a dense b, row by row, so that b is read in the order in which it lies. */
export function packRows<T>(depth: i32, whole: i32, b: usize, rowB: usize, to: usize, panelB: usize): void {
  for (let p = 0; p < depth; p++, b += rowB, to += 32) {
    for (let q = 0, from = b, at = to; q < whole; q++, from += 32, at += panelB) {
      v128.store(at, v128.load(from));
      v128.store(at, v128.load(from, 16), 16);
    }
  }
}

/** The first `count` < lanes numbers at `from`, filled up with zeros. */
@inline function loadPart<T>(from: usize, count: i32): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(from);
  if (count == 1) return v128.load32_zero(from);
  const two = v128.load64_zero(from);
  return count == 2 ? two : v128.load32_lane(from, two, 2, 8);
}

/** Copies `columns` columns of b over one block of k to rows of `vectors` vectors, filled up with zeros. */
export function packPanel<T>(depth: i32, columns: i32, vectors: i32, b: usize, rowB: i32, columnB: i32, to: usize): void {
  const lanes: i32 = 16 / sizeof<T>(), size = sizeof<T>(), width = <usize>vectors * 16;
  const row = <usize>rowB * size, column = <usize>columnB * size, part = columns % lanes;
  let done = 0;
  if (columnB == 1) {
    for (let p = 0; p < depth; p++, b += row, to += width) {
      let at: usize = 0;
      for (done = lanes; done <= columns; done += lanes, at += 16) v128.store(to + at, v128.load(b + at));
      if (part) v128.store(to + at, loadPart<T>(b + at, part));
    }
    return;
  }
  if (rowB == 1) {
    // Turned round in registers, a square of lanes × lanes at a time.
    const deep = depth & ~(lanes - 1);
    for (; done + lanes <= columns; done += lanes) {
      let from = b + <usize>done * column, at = to + <usize>done * size;
      for (let p = 0; p < deep; p += lanes, from += 16, at += <usize>lanes * width) {
        const r0 = v128.load(from), r1 = v128.load(from + column);
        if (sizeof<T>() == 4) {
          const r2 = v128.load(from + 2 * column), r3 = v128.load(from + 3 * column);
          const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
          const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
          v128.store(at, v128.shuffle<f64>(t0, t1, 0, 2));
          v128.store(at + width, v128.shuffle<f64>(t0, t1, 1, 3));
          v128.store(at + 2 * width, v128.shuffle<f64>(t2, t3, 0, 2));
          v128.store(at + 3 * width, v128.shuffle<f64>(t2, t3, 1, 3));
        } else {
          v128.store(at, v128.shuffle<f64>(r0, r1, 0, 2));
          v128.store(at + width, v128.shuffle<f64>(r0, r1, 1, 3));
        }
      }
      for (let p = deep; p < depth; p++, from += row, at += width) {
        for (let j = 0; j < lanes; j++) store<T>(at + <usize>j * size, load<T>(from + <usize>j * column));
      }
    }
  }
  if (done == vectors * lanes) return;
  for (let p = 0; p < depth; p++, b += row, to += width) {
    for (let j = done; j < columns; j++) store<T>(to + <usize>j * size, load<T>(b + <usize>j * column));
    for (let j = columns; j < vectors * lanes; j++) store<T>(to + <usize>j * size, 0);
  }
}

/**
 * `rows` rows of a, three or four, side by side: to[4·p + r] = a[r, p], with 0 for a fourth that is not there. Distances in bytes.
 */
export function packStrip<T>(k: i32, rows: i32, a: usize, rowA: usize, stepA: usize, to: usize): void {
  const size = sizeof<T>();
  if (rows < 4 || rowA != size) return packPanel<T>(k, rows, sizeof<T>() / 4, a, <i32>(stepA / size), <i32>(rowA / size), to);
  for (; k > 0; k--, a += stepA, to += 4 * size) {
    v128.store(to, v128.load(a));
    if (size == 8) v128.store(to, v128.load(a, 16), 16);
  }
}
