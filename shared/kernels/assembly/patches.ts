/**
 * The patches of a convolution: for every output pixel the kh·kw·cg inputs it sees, one after the other (im2col), and their way back.
 * `params` as in convolution.ts; pixels are numbered (b·oh + p)·ow + q.
 */

import { word } from "./parameters";

/** Copies n numbers, most often few: a loop beats a call, and a last vector that overlaps the one before beats single numbers. */
@inline function copy<T>(n: i32, x: usize, y: usize): void {
  const lanes: i32 = 16 / sizeof<T>();
  if (n >= lanes) {
    const back = <usize>(n - lanes) * sizeof<T>();
    v128.store(y, v128.load(x));
    for (let at: usize = 16; at < back; at += 16) v128.store(y + at, v128.load(x + at));
    v128.store(y + back, v128.load(x + back));
  } else {
    for (; n > 0; n--, x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(x));
  }
}

@inline function clear<T>(n: i32, y: usize): void {
  for (; n > 0; n--, y += sizeof<T>()) store<T>(y, 0);
}

@inline function add<T>(n: i32, x: usize, y: usize): void {
  const lanes: i32 = 16 / sizeof<T>();
  for (; n >= lanes; n -= lanes, x += 16, y += 16) v128.store(y, v128.add<T>(v128.load(y), v128.load(x)));
  for (; n > 0; n--, x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(y) + load<T>(x));
}

/** Writes rows [firstRow, firstRow + rows) of the patches of pixels [first, first + count) to `to`: [count, rows, kw, cg]. */
export function readPatches<T>(params: usize, x: usize, group: i32, first: i32, count: i32, firstRow: i32, rows: i32, to: usize): void {
  const h = word(params, 1), w = word(params, 2), c = word(params, 3), oh = word(params, 4), ow = word(params, 5), kw = word(params, 8);
  const strideH = word(params, 9), strideW = word(params, 10), top = word(params, 11), left = word(params, 12), cg = c / word(params, 13);
  const rowBytes = <usize>(kw * cg) * sizeof<T>();
  let q = first % ow, p = first / ow % oh, image = x + (<usize>(first / ow / oh * h * w * c) + <usize>(group * cg)) * sizeof<T>();
  for (; count > 0; count--) {
    const column = q * strideW - left, from = min(max(0, -column), kw), end = max(from, min(kw, w - column));
    for (let i = p * strideH - top + firstRow, last = i + rows; i < last; i++, to += rowBytes) {
      if (<u32>i >= <u32>h) { clear<T>(kw * cg, to); continue; }
      const source = image + <usize>((i * w + column + from) * c) * sizeof<T>(), target = to + <usize>(from * cg) * sizeof<T>();
      if (cg == c) copy<T>((end - from) * c, source, target);
      else for (let j = 0; j < end - from; j++) copy<T>(cg, source + <usize>(j * c) * sizeof<T>(), target + <usize>(j * cg) * sizeof<T>());
      if (end - from == kw) continue;
      clear<T>(from * cg, to);
      clear<T>((kw - end) * cg, to + <usize>(end * cg) * sizeof<T>());
    }
    if (++q < ow) continue;
    q = 0;
    if (++p < oh) continue;
    p = 0;
    image += <usize>(h * w * c) * sizeof<T>();
  }
}

/** Adds the patches [count, kh, kw, cg] of pixels [first, first + count) to the inputs they came from; what lies outside falls away. */
export function addPatches<T>(params: usize, patches: usize, group: i32, first: i32, count: i32, x: usize): void {
  const h = word(params, 1), w = word(params, 2), c = word(params, 3), oh = word(params, 4), ow = word(params, 5), kh = word(params, 7), kw = word(params, 8);
  const strideH = word(params, 9), strideW = word(params, 10), top = word(params, 11), left = word(params, 12), cg = c / word(params, 13);
  const rowBytes = <usize>(kw * cg) * sizeof<T>();
  let q = first % ow, p = first / ow % oh, image = x + (<usize>(first / ow / oh * h * w * c) + <usize>(group * cg)) * sizeof<T>();
  for (; count > 0; count--) {
    const column = q * strideW - left, from = min(max(0, -column), kw), end = max(from, min(kw, w - column));
    for (let i = p * strideH - top, last = i + kh; i < last; i++, patches += rowBytes) {
      if (<u32>i >= <u32>h) continue;
      const target = image + <usize>((i * w + column + from) * c) * sizeof<T>(), source = patches + <usize>(from * cg) * sizeof<T>();
      if (cg == c) add<T>((end - from) * c, source, target);
      else for (let j = 0; j < end - from; j++) add<T>(cg, source + <usize>(j * cg) * sizeof<T>(), target + <usize>(j * c) * sizeof<T>());
    }
    if (++q < ow) continue;
    q = 0;
    if (++p < oh) continue;
    p = 0;
    image += <usize>(h * w * c) * sizeof<T>();
  }
}
