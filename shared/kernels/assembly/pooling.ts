/**
 * Pooling over windows of a plane, channels last.
 *
 * `params` is a block of 12 i32:  n, h, w, c, oh, ow, windowH, windowW, strideH, strideW, padTop, padLeft
 * (padding below and to the right follows from oh and ow). Window (p, q) covers rows p·strideH − padTop + [0, windowH), columns likewise.
 *
 *   maxPool2dIndex  (params, x [n,h,w,c], index [n,oh,ow,c] i32)     h·w-position of the window's maximum: the first on ties, the first
 *                                                                    NaN if there is one, −1 when the window lies in the padding
 *   poolTake        (n, size, count, c, x [n,size,c], index [n,count,c], y [n,count,c])      y[b,p,k] = x[b, index[b,p,k], k]; NaN outside
 *   poolScatter     (n, size, count, c, g [n,count,c], index [n,count,c], y [n,size,c])      its transpose: zeroed first, adds in order of p
 *   averagePool2d   (params, x [n,h,w,c], y [n,oh,ow,c])             sum over the window in row order, divided by windowH·windowW; padding counts as 0
 *   averageUnpool2d (params, g [n,oh,ow,c], y [n,h,w,c])             its transpose
 *
 * Four float32 (two float64) channels at a time. No scratch; the output overlaps no input.
 */

import { word } from "./parameters";

/** The part of an axis, [from, to), that window `p` covers. */
@inline function firstOf(p: i32, stride: i32, pad: i32): i32 { return max(p * stride - pad, 0); }
@inline function endOf(p: i32, stride: i32, pad: i32, window: i32, length: i32): i32 { return min(p * stride - pad + window, length); }

@inline function maxPool2dIndex<T>(params: usize, x: usize, index: usize): void {
  const n = word(params, 0), h = word(params, 1), w = word(params, 2), c = word(params, 3), oh = word(params, 4), ow = word(params, 5);
  const windowH = word(params, 6), windowW = word(params, 7), strideH = word(params, 8), strideW = word(params, 9), top = word(params, 10), left = word(params, 11);
  const pixel = <usize>c * sizeof<T>(), wide = sizeof<T>() == 4 ? c & ~3 : 0;
  for (let b = 0; b < n; b++, x += <usize>(h * w) * pixel) {
    for (let p = 0; p < oh; p++) {
      const i0 = firstOf(p, strideH, top), i1 = endOf(p, strideH, top, windowH, h);
      for (let q = 0; q < ow; q++, index += <usize>c << 2) {
        const j0 = firstOf(q, strideW, left), j1 = endOf(q, strideW, left, windowW, w), empty = i0 >= i1 || j0 >= j1;
        let k = 0;
        for (; k < wide; k += 4) {
          let at = i32x4.splat(empty ? -1 : i0 * w + j0);
          let best = empty ? f32x4.splat(0) : v128.load(x + <usize>(i0 * w + j0) * pixel + (<usize>k << 2));
          for (let i = i0; i < i1; i++) {
            for (let j = j0; j < j1; j++) {
              const value = v128.load(x + <usize>(i * w + j) * pixel + (<usize>k << 2));
              // Greater, or the first NaN: best is a number and value is not.
              const wins = v128.or(f32x4.gt(value, best), v128.and(f32x4.ne(value, value), f32x4.eq(best, best)));
              best = v128.bitselect(value, best, wins);
              at = v128.bitselect(i32x4.splat(i * w + j), at, wins);
            }
          }
          v128.store(index + (<usize>k << 2), at);
        }
        for (; k < c; k++) {
          const channel = x + <usize>k * sizeof<T>();
          let at = empty ? -1 : i0 * w + j0;
          let best = empty ? <T>0 : load<T>(channel + <usize>at * pixel);
          for (let i = i0; i < i1; i++) {
            for (let j = j0; j < j1; j++) {
              const value = load<T>(channel + <usize>(i * w + j) * pixel);
              if (value > best || (value != value && best == best)) { best = value; at = i * w + j; }
            }
          }
          store<i32>(index + (<usize>k << 2), at);
        }
      }
    }
  }
}

@inline function poolTake<T>(n: i32, size: i32, count: i32, c: i32, x: usize, index: usize, y: usize): void {
  const pixel = <usize>c * sizeof<T>();
  for (let b = 0; b < n; b++, x += <usize>size * pixel) {
    for (let p = 0; p < count; p++) {
      for (let k = 0; k < c; k++, index += 4, y += sizeof<T>()) {
        const at = load<i32>(index);
        store<T>(y, <u32>at < <u32>size ? load<T>(x + <usize>at * pixel + <usize>k * sizeof<T>()) : <T>NaN);
      }
    }
  }
}

@inline function poolScatter<T>(n: i32, size: i32, count: i32, c: i32, g: usize, index: usize, y: usize): void {
  const pixel = <usize>c * sizeof<T>();
  memory.fill(y, 0, <usize>n * <usize>size * pixel);
  for (let b = 0; b < n; b++, y += <usize>size * pixel) {
    for (let p = 0; p < count; p++) {
      for (let k = 0; k < c; k++, index += 4, g += sizeof<T>()) {
        const at = load<i32>(index), to = y + <usize>at * pixel + <usize>k * sizeof<T>();
        if (<u32>at < <u32>size) store<T>(to, load<T>(to) + load<T>(g));
      }
    }
  }
}

/** y += x over one pixel's channels, from `x` (step 16 bytes) into `y`. */
@inline function addPixel<T>(c: i32, x: usize, y: usize): void {
  const lanes: i32 = 16 / sizeof<T>(), wide = c & ~(lanes - 1);
  let k = 0;
  for (; k < wide; k += lanes, x += 16, y += 16) v128.store(y, v128.add<T>(v128.load(y), v128.load(x)));
  for (; k < c; k++, x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(y) + load<T>(x));
}

@inline function averagePool2d<T>(params: usize, x: usize, y: usize): void {
  const n = word(params, 0), h = word(params, 1), w = word(params, 2), c = word(params, 3), oh = word(params, 4), ow = word(params, 5);
  const windowH = word(params, 6), windowW = word(params, 7), strideH = word(params, 8), strideW = word(params, 9), top = word(params, 10), left = word(params, 11);
  const pixel = <usize>c * sizeof<T>(), area = <T>(windowH * windowW);
  memory.fill(y, 0, <usize>(n * oh * ow) * pixel);
  for (let b = 0; b < n; b++, x += <usize>(h * w) * pixel) {
    for (let p = 0; p < oh; p++) {
      const i0 = firstOf(p, strideH, top), i1 = endOf(p, strideH, top, windowH, h);
      for (let q = 0; q < ow; q++, y += pixel) {
        const j0 = firstOf(q, strideW, left), j1 = endOf(q, strideW, left, windowW, w);
        for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) addPixel<T>(c, x + <usize>(i * w + j) * pixel, y);
        for (let at: usize = 0; at < pixel; at += sizeof<T>()) store<T>(y + at, load<T>(y + at) / area);
      }
    }
  }
}

/** y += g / area over one pixel's channels. */
@inline function addShare<T>(c: i32, area: T, g: usize, y: usize): void {
  const lanes: i32 = 16 / sizeof<T>(), wide = c & ~(lanes - 1), areas = v128.splat<T>(area);
  let k = 0;
  for (; k < wide; k += lanes, g += 16, y += 16) v128.store(y, v128.add<T>(v128.load(y), v128.div<T>(v128.load(g), areas)));
  for (; k < c; k++, g += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(y) + load<T>(g) / area);
}

@inline function averageUnpool2d<T>(params: usize, g: usize, y: usize): void {
  const n = word(params, 0), h = word(params, 1), w = word(params, 2), c = word(params, 3), oh = word(params, 4), ow = word(params, 5);
  const windowH = word(params, 6), windowW = word(params, 7), strideH = word(params, 8), strideW = word(params, 9), top = word(params, 10), left = word(params, 11);
  const pixel = <usize>c * sizeof<T>(), area = <T>(windowH * windowW);
  memory.fill(y, 0, <usize>(n * h * w) * pixel);
  for (let b = 0; b < n; b++, y += <usize>(h * w) * pixel) {
    for (let p = 0; p < oh; p++) {
      const i0 = firstOf(p, strideH, top), i1 = endOf(p, strideH, top, windowH, h);
      for (let q = 0; q < ow; q++, g += pixel) {
        const j0 = firstOf(q, strideW, left), j1 = endOf(q, strideW, left, windowW, w);
        for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) addShare<T>(c, area, g, y + <usize>(i * w + j) * pixel);
      }
    }
  }
}

export function maxPool2dIndex_f32(params: usize, x: usize, index: usize): void { maxPool2dIndex<f32>(params, x, index); }
export function maxPool2dIndex_f64(params: usize, x: usize, index: usize): void { maxPool2dIndex<f64>(params, x, index); }
export function poolTake_f32(n: i32, size: i32, count: i32, c: i32, x: usize, index: usize, y: usize): void { poolTake<f32>(n, size, count, c, x, index, y); }
export function poolTake_f64(n: i32, size: i32, count: i32, c: i32, x: usize, index: usize, y: usize): void { poolTake<f64>(n, size, count, c, x, index, y); }
export function poolScatter_f32(n: i32, size: i32, count: i32, c: i32, g: usize, index: usize, y: usize): void { poolScatter<f32>(n, size, count, c, g, index, y); }
export function poolScatter_f64(n: i32, size: i32, count: i32, c: i32, g: usize, index: usize, y: usize): void { poolScatter<f64>(n, size, count, c, g, index, y); }
export function averagePool2d_f32(params: usize, x: usize, y: usize): void { averagePool2d<f32>(params, x, y); }
export function averagePool2d_f64(params: usize, x: usize, y: usize): void { averagePool2d<f64>(params, x, y); }
export function averageUnpool2d_f32(params: usize, g: usize, y: usize): void { averageUnpool2d<f32>(params, g, y); }
export function averageUnpool2d_f64(params: usize, g: usize, y: usize): void { averageUnpool2d<f64>(params, g, y); }
