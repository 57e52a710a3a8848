/**
 * Moving numbers without changing them.
 *
 *   permute    (rank ≤ 8, dims, strides, x, y)     y dense with extents dims[0…rank), x read at Σ iₐ·strides[a]: two i32 arrays, strides in elements
 *   copyBlocks (outer, inStrideBytes, outStrideBytes, bytes, x, y)     `outer` blocks of `bytes`: slice, pad and concatenate are made of it
 *   reverse    (outer, length, inner, x, y)        y[o,i,j] = x[o, length − 1 − i, j]
 *
 * The suffix tells the element's width only: index tensors take `_i32`. The output overlaps no input.
 */

@inline function extent(dims: usize, axis: i32): i32 { return load<i32>(dims + (<usize>axis << 2)); }

/** y [rows, columns] dense, x[i,j] at i·rowStride + j·columnStride (bytes); 4×4 (2×2) blocks in registers when x's columns are dense. */
@inline function plane<T>(rows: i32, columns: i32, rowStride: usize, columnStride: usize, x: usize, y: usize): void {
  const width = <usize>columns * sizeof<T>();
  if (columnStride == sizeof<T>()) {
    for (let i = 0; i < rows; i++) memory.copy(y + <usize>i * width, x + <usize>i * rowStride, width);
    return;
  }
  const block: i32 = rowStride == sizeof<T>() ? 16 / sizeof<T>() : 0;
  const blockRows = block ? rows & ~(block - 1) : 0, blockColumns = block ? columns & ~(block - 1) : 0;
  for (let i = 0; i < blockRows; i += block) {
    for (let j = 0; j < blockColumns; j += block) {
      const from = x + <usize>i * rowStride + <usize>j * columnStride, to = y + <usize>i * width + <usize>j * sizeof<T>();
      if (sizeof<T>() == 4) {
        const a = v128.load(from), b = v128.load(from + columnStride), c = v128.load(from + 2 * columnStride), d = v128.load(from + 3 * columnStride);
        const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
        const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
        v128.store(to + width, v128.shuffle<i64>(ab, cd, 1, 3));
        v128.store(to + 2 * width, v128.shuffle<i64>(ef, gh, 0, 2));
        v128.store(to + 3 * width, v128.shuffle<i64>(ef, gh, 1, 3));
      } else {
        const a = v128.load(from), b = v128.load(from + columnStride);
        v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
        v128.store(to + width, v128.shuffle<i64>(a, b, 1, 3));
      }
    }
  }
  for (let i = 0; i < rows; i++) {
    for (let j = i < blockRows ? blockColumns : 0; j < columns; j++) {
      store<T>(y + <usize>i * width + <usize>j * sizeof<T>(), load<T>(x + <usize>i * rowStride + <usize>j * columnStride));
    }
  }
}

/** All but the last two axes are counted through; no odometer is kept: each plane's place is computed from its number. */
@inline function permute<T>(rank: i32, dims: usize, strides: usize, x: usize, y: usize): void {
  let planes = 1;
  for (let axis = 0; axis < rank - 2; axis++) planes *= extent(dims, axis);
  const rows = rank > 1 ? extent(dims, rank - 2) : 1, columns = rank > 0 ? extent(dims, rank - 1) : 1;
  const rowStride: usize = rank > 1 ? <usize>extent(strides, rank - 2) * sizeof<T>() : 0;
  const columnStride: usize = rank > 0 ? <usize>extent(strides, rank - 1) * sizeof<T>() : sizeof<T>();
  const planeBytes = <usize>rows * <usize>columns * sizeof<T>();
  if (planeBytes == 0) return;
  for (let p = 0; p < planes; p++, y += planeBytes) {
    let rest = p, from: usize = 0;
    for (let axis = rank - 3; axis >= 0; axis--) {
      const size = extent(dims, axis);
      from += <usize>(rest % size) * <usize>extent(strides, axis);
      rest /= size;
    }
    plane<T>(rows, columns, rowStride, columnStride, x + from * sizeof<T>(), y);
  }
}

@inline function reverse<T>(outer: i32, length: i32, inner: i32, x: usize, y: usize): void {
  const row = <usize>inner * sizeof<T>();
  for (let o = 0; o < outer; o++, x += <usize>length * row) {
    for (let i = length - 1; i >= 0; i--, y += row) {
      if (inner == 1) store<T>(y, load<T>(x + <usize>i * row));
      else memory.copy(y, x + <usize>i * row, row);
    }
  }
}

export function permute_f32(rank: i32, dims: usize, strides: usize, x: usize, y: usize): void { permute<i32>(rank, dims, strides, x, y); }
export function permute_f64(rank: i32, dims: usize, strides: usize, x: usize, y: usize): void { permute<i64>(rank, dims, strides, x, y); }
export function permute_i32(rank: i32, dims: usize, strides: usize, x: usize, y: usize): void { permute<i32>(rank, dims, strides, x, y); }
export function reverse_f32(outer: i32, length: i32, inner: i32, x: usize, y: usize): void { reverse<i32>(outer, length, inner, x, y); }
export function reverse_f64(outer: i32, length: i32, inner: i32, x: usize, y: usize): void { reverse<i64>(outer, length, inner, x, y); }
export function reverse_i32(outer: i32, length: i32, inner: i32, x: usize, y: usize): void { reverse<i32>(outer, length, inner, x, y); }

export function copyBlocks(outer: i32, inStrideBytes: i32, outStrideBytes: i32, bytes: i32, x: usize, y: usize): void {
  for (let o = 0; o < outer; o++, x += <usize>inStrideBytes, y += <usize>outStrideBytes) {
    if (bytes == 4) store<i32>(y, load<i32>(x));
    else if (bytes == 8) store<i64>(y, load<i64>(x));
    else memory.copy(y, x, <usize>bytes);
  }
}
