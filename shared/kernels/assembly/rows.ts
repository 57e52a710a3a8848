/**
 * A batch from a column of the data set: rows by number, converted to the program's element.
 *
 *   gatherRows (source, count, rowSize, column [·, rowSize], rows [count] i32, scale: f64, shift: f64, y [count, rowSize])
 *
 *     y[i,·] = T(column[rows[i],·])·scale + shift            rows[i] < 0 (padding) gives zeros, neither scaled nor shifted
 *
 * `source` is the column's element: 0 float32, 1 float64, 2 uint8, 3 int32. `column` must be aligned to it; its bytes stay as read.
 * The arithmetic is that of the target (a float64 source is scaled in float64 and rounded once); scale 1 and shift 0 leave the number
 * as it is. The int32 target takes int32 and uint8 as they are, truncates floats toward zero
 * (saturating; NaN, which is no index, becomes −1), and knows no scale or shift.
 */

@inline const FLOAT32: i32 = 0;
@inline const FLOAT64: i32 = 1;
@inline const UINT8: i32 = 2;

@inline function toIndex<S>(x: S): i32 { return x == x ? <i32>x : -1; }

/** One row, number by number. `A` is the type the arithmetic runs in. */
@inline function convert<S, A, T>(n: i32, x: usize, scale: A, shift: A, y: usize): void {
  for (let i = 0; i < n; i++, x += sizeof<S>(), y += sizeof<T>()) store<T>(y, <T>(<A>load<S>(x) * scale + shift));
}

/** Sixteen bytes a turn: u8 → u16 → u32 → f32. */
@inline function convertBytes(n: i32, x: usize, scale: f32, shift: f32, y: usize): void {
  const scales = f32x4.splat(scale), shifts = f32x4.splat(shift), wide = n & ~15;
  for (let i = 0; i < wide; i += 16, x += 16, y += 64) {
    const bytes = v128.load(x), low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
    v128.store(y, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), scales), shifts), 0);
    v128.store(y, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), scales), shifts), 16);
    v128.store(y, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), scales), shifts), 32);
    v128.store(y, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), scales), shifts), 48);
  }
  convert<u8, f32, f32>(n - wide, x, scale, shift, y);
}

/** One row with the scale and shift of T's own arithmetic: four float32 (or two float64) a turn. */
@inline function affine<T>(n: i32, x: usize, scale: T, shift: T, y: usize): void {
  const lanes: i32 = 16 / sizeof<T>();
  const scales = v128.splat<T>(scale), shifts = v128.splat<T>(shift), wide = n & ~(lanes - 1);
  for (let i = 0; i < wide; i += lanes, x += 16, y += 16) v128.store(y, v128.add<T>(v128.mul<T>(v128.load(x), scales), shifts));
  convert<T, T, T>(n - wide, x, scale, shift, y);
}

@inline function gatherRows<T>(source: i32, count: i32, rowSize: i32, column: usize, rows: usize, scale: f64, shift: f64, y: usize): void {
  const bytes = <usize>rowSize * (source == FLOAT64 ? 8 : source == UINT8 ? 1 : 4), rowBytes = <usize>rowSize * sizeof<T>();
  const asItIs = scale == 1 && shift == 0 && (source == FLOAT32 && sizeof<T>() == 4 || source == FLOAT64 && sizeof<T>() == 8);
  for (let i = 0; i < count; i++, y += rowBytes) {
    const row = load<i32>(rows + (<usize>i << 2)), x = column + <usize>row * bytes;
    if (row < 0) memory.fill(y, 0, rowBytes);
    else if (asItIs) memory.copy(y, x, rowBytes);
    else if (source == FLOAT32) { if (sizeof<T>() == 4) affine<f32>(rowSize, x, <f32>scale, <f32>shift, y); else convert<f32, f64, T>(rowSize, x, scale, shift, y); }
    else if (source == FLOAT64) { if (sizeof<T>() == 8) affine<f64>(rowSize, x, scale, shift, y); else convert<f64, f64, T>(rowSize, x, scale, shift, y); }
    else if (source == UINT8) { if (sizeof<T>() == 4) convertBytes(rowSize, x, <f32>scale, <f32>shift, y); else convert<u8, T, T>(rowSize, x, <T>scale, <T>shift, y); }
    else convert<i32, T, T>(rowSize, x, <T>scale, <T>shift, y);
  }
}

export function gatherRows_f32(source: i32, count: i32, rowSize: i32, column: usize, rows: usize, scale: f64, shift: f64, y: usize): void {
  gatherRows<f32>(source, count, rowSize, column, rows, scale, shift, y);
}
export function gatherRows_f64(source: i32, count: i32, rowSize: i32, column: usize, rows: usize, scale: f64, shift: f64, y: usize): void {
  gatherRows<f64>(source, count, rowSize, column, rows, scale, shift, y);
}
export function gatherRows_i32(source: i32, count: i32, rowSize: i32, column: usize, rows: usize, _scale: f64, _shift: f64, y: usize): void {
  const bytes = <usize>rowSize * (source == FLOAT64 ? 8 : source == UINT8 ? 1 : 4), rowBytes = <usize>rowSize << 2;
  for (let i = 0; i < count; i++, y += rowBytes) {
    const row = load<i32>(rows + (<usize>i << 2)), x = column + <usize>row * bytes;
    if (row < 0) memory.fill(y, 0, rowBytes);
    else if (source == FLOAT32) for (let j: usize = 0; j < rowBytes; j += 4) store<i32>(y + j, toIndex<f32>(load<f32>(x + j)));
    else if (source == FLOAT64) for (let j: usize = 0; j < rowBytes; j += 4) store<i32>(y + j, toIndex<f64>(load<f64>(x + (j << 1))));
    else if (source == UINT8) for (let j: usize = 0; j < rowBytes; j += 4) store<i32>(y + j, <i32>load<u8>(x + (j >> 2)));
    else memory.copy(y, x, rowBytes);
  }
}
