/**
 * Rows and elements by number. An index outside its range reads NaN and writes nothing.
 *
 *   gather      (count, rowSize, limit, x [limit, rowSize], index [count], y [count, rowSize])       y[i,·] = x[index[i],·]
 *   scatterAdd  (count, rowSize, size,  v [count, rowSize], index [count], y [size, rowSize])        y[index[i],·] += v[i,·], y zeroed first
 *   takeLast    (rows, n, k, x [rows, n], index [rows, k], y [rows, k])                              y[r,j] = x[r, index[r,j]]
 *   scatterLast (rows, k, n, v [rows, k], index [rows, k], y [rows, n])                              y[r, index[r,j]] += v[r,j], y zeroed first
 *   oneHot      (count, size, index [count], y [count, size])                                        y[i,c] = index[i] = c ? 1 : 0
 *
 * Sums run in ascending i (or j). The output overlaps no input. Cost: one read and one write per element.
 */

@inline function notANumber<T>(): T { return <T>NaN; }

@inline function zero<T>(count: i32, y: usize): void { memory.fill(y, 0, <usize>count * sizeof<T>()); }

/** Adds a row of `n` numbers at `x` to the one at `y`. */
@inline function addRow<T>(n: i32, x: usize, y: usize): void {
  const lanes: i32 = 16 / sizeof<T>();
  const wide = n & ~(lanes - 1);
  let i = 0;
  for (; i < wide; i += lanes, x += 16, y += 16) v128.store(y, v128.add<T>(v128.load(y), v128.load(x)));
  for (; i < n; i++, x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(y) + load<T>(x));
}

@inline function gather<T>(count: i32, rowSize: i32, limit: i32, x: usize, index: usize, y: usize): void {
  const rowBytes = <usize>rowSize * sizeof<T>();
  for (let i = 0; i < count; i++, y += rowBytes) {
    const row = load<i32>(index + (<usize>i << 2));
    if (<u32>row < <u32>limit) memory.copy(y, x + <usize>row * rowBytes, rowBytes);
    else for (let at: usize = 0; at < rowBytes; at += sizeof<T>()) store<T>(y + at, notANumber<T>());
  }
}

@inline function scatterAdd<T>(count: i32, rowSize: i32, size: i32, v: usize, index: usize, y: usize): void {
  const rowBytes = <usize>rowSize * sizeof<T>();
  memory.fill(y, 0, <usize>size * rowBytes);
  for (let i = 0; i < count; i++, v += rowBytes) {
    const row = load<i32>(index + (<usize>i << 2));
    if (<u32>row < <u32>size) addRow<T>(rowSize, v, y + <usize>row * rowBytes);
  }
}

@inline function takeLast<T>(rows: i32, n: i32, k: i32, x: usize, index: usize, y: usize): void {
  for (let r = 0; r < rows; r++, x += <usize>n * sizeof<T>()) {
    for (let j = 0; j < k; j++, index += 4, y += sizeof<T>()) {
      const at = load<i32>(index);
      store<T>(y, <u32>at < <u32>n ? load<T>(x + <usize>at * sizeof<T>()) : notANumber<T>());
    }
  }
}

@inline function scatterLast<T>(rows: i32, k: i32, n: i32, v: usize, index: usize, y: usize): void {
  zero<T>(rows * n, y);
  for (let r = 0; r < rows; r++, y += <usize>n * sizeof<T>()) {
    for (let j = 0; j < k; j++, index += 4, v += sizeof<T>()) {
      const at = load<i32>(index);
      if (<u32>at >= <u32>n) continue;
      const to = y + <usize>at * sizeof<T>();
      store<T>(to, load<T>(to) + load<T>(v));
    }
  }
}

@inline function oneHot<T>(count: i32, size: i32, index: usize, y: usize): void {
  zero<T>(count * size, y);
  for (let i = 0; i < count; i++, index += 4, y += <usize>size * sizeof<T>()) {
    const at = load<i32>(index);
    if (<u32>at < <u32>size) store<T>(y + <usize>at * sizeof<T>(), <T>1);
  }
}

export function gather_f32(count: i32, rowSize: i32, limit: i32, x: usize, index: usize, y: usize): void { gather<f32>(count, rowSize, limit, x, index, y); }
export function gather_f64(count: i32, rowSize: i32, limit: i32, x: usize, index: usize, y: usize): void { gather<f64>(count, rowSize, limit, x, index, y); }
export function scatterAdd_f32(count: i32, rowSize: i32, size: i32, v: usize, index: usize, y: usize): void { scatterAdd<f32>(count, rowSize, size, v, index, y); }
export function scatterAdd_f64(count: i32, rowSize: i32, size: i32, v: usize, index: usize, y: usize): void { scatterAdd<f64>(count, rowSize, size, v, index, y); }
export function takeLast_f32(rows: i32, n: i32, k: i32, x: usize, index: usize, y: usize): void { takeLast<f32>(rows, n, k, x, index, y); }
export function takeLast_f64(rows: i32, n: i32, k: i32, x: usize, index: usize, y: usize): void { takeLast<f64>(rows, n, k, x, index, y); }
export function scatterLast_f32(rows: i32, k: i32, n: i32, v: usize, index: usize, y: usize): void { scatterLast<f32>(rows, k, n, v, index, y); }
export function scatterLast_f64(rows: i32, k: i32, n: i32, v: usize, index: usize, y: usize): void { scatterLast<f64>(rows, k, n, v, index, y); }
export function oneHot_f32(count: i32, size: i32, index: usize, y: usize): void { oneHot<f32>(count, size, index, y); }
export function oneHot_f64(count: i32, size: i32, index: usize, y: usize): void { oneHot<f64>(count, size, index, y); }
