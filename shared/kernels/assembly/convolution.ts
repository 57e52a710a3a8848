/**
 * Two-dimensional convolution (cross-correlation), channels last, and its two derivatives.
 *
 * `params` is a block of 14 i32:  n, h, w, c, oh, ow, o, kh, kw, strideH, strideW, padTop, padLeft, groups
 * (padding below and to the right follows from oh and ow). With cg = c/groups, og = o/groups:
 * x [n,h,w,c], kernel [kh,kw,cg,o], y and g [n,oh,ow,o]; output channels q·og … q·og + og − 1 see input channels q·cg … q·cg + cg − 1.
 *
 *   conv2d       (params, x, kernel, y, scratch)      y[b,p,q,·] = Σ x[b, p·strideH − padTop + i, q·strideW − padLeft + j, ·]·kernel[i,j,·,·]
 *   conv2dInput  (params, g, kernel, x, scratch)      its transpose in x: a cotangent of x, overwritten
 *   conv2dKernel (params, x, g, kernel, scratch)      its transpose in kernel, overwritten
 *   conv2dScratch, conv2dInputScratch, conv2dKernelScratch (params) → bytes of scratch, aligned to 16
 *
 * Inputs outside the plane count as 0. 2·n·oh·ow·kh·kw·cg·o flops each. The output overlaps no input.
 *
 * Each is a matrix product over patches, some hundred output pixels at a time (patch = the kh·kw·cg inputs that a pixel sees):
 *
 *     y = patches·kernel          patches = g·kernelᵀ, then added up in x          kernel = patchesᵀ·g
 *
 * Orders of addition: y as matmul over (i, j, channel); x one pixel after the other, each a sum over o as in matmul; kernel as matmul
 * over the pixels (b, p, q). An image's y and x have the same bits wherever it stands in a batch.
 */

import { word } from "./parameters";
import { addPatches, readPatches } from "./patches";
import { AFRESH, ONTO, PACKED, product, productScratch, staysPacked } from "./product";

@inline function pixels(params: usize): i32 { return word(params, 0) * word(params, 4) * word(params, 5); }
@inline function outputs(params: usize): i32 { return word(params, 6); }
@inline function groups(params: usize): i32 { return word(params, 13); }
@inline function groupInputs(params: usize): i32 { return word(params, 3) / groups(params); }
@inline function groupOutputs(params: usize): i32 { return outputs(params) / groups(params); }
@inline function kernelRows(params: usize): i32 { return word(params, 7); }
/** Inputs in one row of a patch. */
@inline function rowSize(params: usize): i32 { return word(params, 8) * groupInputs(params); }
@inline function patchSize(params: usize): i32 { return kernelRows(params) * rowSize(params); }

/** Numbers in the patches held at a time: 256 KiB in float32, so that they stay in a level-2 cache. */
@inline const HELD: i32 = 65536;
/** Pixels that are summed together for the kernel: a block of k, as in matmul. */
@inline const SUMMED: i32 = 256;

/** Pixels whose patches are held at a time. */
@inline function heldPixels(params: usize): i32 { return min(pixels(params), max(32, HELD / max(1, patchSize(params)))); }
/** Rows of the patches held at a time by conv2dKernel. */
@inline function heldRows(params: usize): i32 { return min(kernelRows(params), max(1, HELD / max(1, SUMMED * rowSize(params)))); }
@inline function aligned(bytes: i32): i32 { return (bytes + 63) & ~63; }

@inline function conv2d<T>(params: usize, x: usize, kernel: usize, y: usize, scratch: usize): void {
  const held = heldPixels(params), all = pixels(params), size = patchSize(params), o = outputs(params), og = groupOutputs(params);
  const inner = scratch + <usize>aligned(held * size * sizeof<T>()), reuse = staysPacked<T>(og, size);
  for (let group = 0; group < groups(params); group++) {
    const offset = <usize>(group * og) * sizeof<T>();
    for (let first = 0; first < all; first += held) {
      const count = min(held, all - first);
      readPatches<T>(params, x, group, first, count, 0, kernelRows(params), scratch);
      const to = y + offset + <usize>first * <usize>o * sizeof<T>();
      product<T>(count, og, size, scratch, size, 1, kernel + offset, o, 1, to, o, inner, first && reuse ? PACKED : AFRESH);
    }
  }
}

@inline function conv2dInput<T>(params: usize, g: usize, kernel: usize, x: usize, scratch: usize): void {
  const held = heldPixels(params), all = pixels(params), size = patchSize(params), o = outputs(params), og = groupOutputs(params);
  const inner = scratch + <usize>aligned(held * size * sizeof<T>()), reuse = staysPacked<T>(size, og) && held > 48;
  memory.fill(x, 0, <usize>(word(params, 0) * word(params, 1) * word(params, 2) * word(params, 3)) * sizeof<T>());
  for (let group = 0; group < groups(params); group++) {
    const offset = <usize>(group * og) * sizeof<T>();
    for (let first = 0; first < all; first += held) {
      const count = min(held, all - first);
      const from = g + offset + <usize>first * <usize>o * sizeof<T>();
      product<T>(count, size, og, from, o, 1, kernel + offset, 1, o, scratch, size, inner, first && reuse ? PACKED : AFRESH);
      addPatches<T>(params, scratch, group, first, count, x);
    }
  }
}

@inline function conv2dKernel<T>(params: usize, x: usize, g: usize, kernel: usize, scratch: usize): void {
  const all = pixels(params), held = heldRows(params), row = rowSize(params), o = outputs(params), og = groupOutputs(params);
  const inner = scratch + <usize>aligned(SUMMED * held * row * sizeof<T>());
  if (all == 0) memory.fill(kernel, 0, <usize>(patchSize(params) * o) * sizeof<T>());
  for (let group = 0; group < groups(params); group++) {
    const offset = <usize>(group * og) * sizeof<T>();
    for (let i = 0; i < kernelRows(params); i += held) {
      const size = min(held, kernelRows(params) - i) * row, to = kernel + offset + <usize>(i * row * o) * sizeof<T>();
      for (let first = 0; first < all; first += SUMMED) {
        const count = min(SUMMED, all - first);
        readPatches<T>(params, x, group, first, count, i, min(held, kernelRows(params) - i), scratch);
        const from = g + offset + <usize>first * <usize>o * sizeof<T>();
        product<T>(size, og, count, scratch, 1, size, from, o, 1, to, o, inner, first ? ONTO : AFRESH);
      }
    }
  }
}

@inline function patchedScratch<T>(params: usize): i32 {
  const held = heldPixels(params), size = patchSize(params), og = groupOutputs(params);
  return aligned(held * size * sizeof<T>()) + max(productScratch<T>(held, og, size), productScratch<T>(held, size, og));
}
@inline function kernelScratch<T>(params: usize): i32 {
  const size = heldRows(params) * rowSize(params);
  return aligned(SUMMED * size * sizeof<T>()) + productScratch<T>(size, groupOutputs(params), SUMMED);
}

export function conv2d_f32(params: usize, x: usize, kernel: usize, y: usize, scratch: usize): void { conv2d<f32>(params, x, kernel, y, scratch); }
export function conv2d_f64(params: usize, x: usize, kernel: usize, y: usize, scratch: usize): void { conv2d<f64>(params, x, kernel, y, scratch); }
export function conv2dInput_f32(params: usize, g: usize, kernel: usize, x: usize, scratch: usize): void { conv2dInput<f32>(params, g, kernel, x, scratch); }
export function conv2dInput_f64(params: usize, g: usize, kernel: usize, x: usize, scratch: usize): void { conv2dInput<f64>(params, g, kernel, x, scratch); }
export function conv2dKernel_f32(params: usize, x: usize, g: usize, kernel: usize, scratch: usize): void { conv2dKernel<f32>(params, x, g, kernel, scratch); }
export function conv2dKernel_f64(params: usize, x: usize, g: usize, kernel: usize, scratch: usize): void { conv2dKernel<f64>(params, x, g, kernel, scratch); }
export function conv2dScratch_f32(params: usize): i32 { return patchedScratch<f32>(params); }
export function conv2dScratch_f64(params: usize): i32 { return patchedScratch<f64>(params); }
export function conv2dInputScratch_f32(params: usize): i32 { return patchedScratch<f32>(params); }
export function conv2dInputScratch_f64(params: usize): i32 { return patchedScratch<f64>(params); }
export function conv2dKernelScratch_f32(params: usize): i32 { return kernelScratch<f32>(params); }
export function conv2dKernelScratch_f64(params: usize): i32 { return kernelScratch<f64>(params); }
