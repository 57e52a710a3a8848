/**
 * Rows of a against the panels of b (product.ts) for one block of k: which tile (tiles.ts) serves which rows and columns. All distances in bytes.
 */

import { packStrip } from "./packing";
import { flat, tall } from "./tiles";

/** From this many panels on, packing four rows of a pays: side by side they meet each other and the stores to c less often in the cache. */
@inline const PANELS_TO_PACK: i32 = 8;

/** Bytes `strips` needs beside: four packed rows of a, and one tile. */
@inline export function besideStrips<T>(k: i32): usize { return <usize>k * 4 * sizeof<T>() + 256; }

/**
 * All m rows against all panels of one block of k. Element (i, j) of c lies at i·rowC + j·columnC; `whole` panels of b lie panelB
 * apart, their rows stepB; the ragged panel of `ragged` columns (0: none) is packed at raggedB. `beside`: see besideStrips.
 */
export function strips<T>(
  m: i32, k: i32, a: usize, rowA: usize, stepA: usize,
  whole: i32, b: usize, panelB: usize, stepB: usize, ragged: i32, raggedB: usize,
  c: usize, rowC: usize, columnC: usize, add: bool, beside: usize,
): void {
  const lanes: i32 = 16 / sizeof<T>(), width: usize = 4 * sizeof<T>(), tile = beside + <usize>k * width;
  const pack = whole >= PANELS_TO_PACK;
  for (let left = m; left > 0; left -= 4, a += 4 * rowA, c += 4 * rowC) {
    const count = min(left, 4), packed = pack && count > 2;
    if (packed) packStrip<T>(k, count, a, rowA, stepA, beside);
    const from = packed ? beside : a;
    if (columnC == sizeof<T>()) {
      strip<T>(count, packed, k, from, rowA, stepA, whole, b, panelB, stepB, c, rowC, add);
      if (ragged) edge<T>(count, ragged, k, from, packed ? sizeof<T>() : rowA, packed ? width : stepA, raggedB, c + <usize>whole * 32, rowC, add);
      continue;
    }
    // cᵀ: each tile is computed beside and then carried over.
    for (let q = 0; q < whole; q++) {
      strip<T>(count, packed, k, from, rowA, stepA, 1, b + <usize>q * panelB, panelB, stepB, tile, 32, false);
      carry<T>(count, 2 * lanes, tile, 32, c + <usize>(q * 2 * lanes) * columnC, rowC, columnC, add);
    }
    if (ragged) {
      edge<T>(count, ragged, k, from, packed ? sizeof<T>() : rowA, packed ? width : stepA, raggedB, tile, 48, false);
      carry<T>(count, ragged, tile, 48, c + <usize>(whole * 2 * lanes) * columnC, rowC, columnC, add);
    }
  }
}

/** One to four rows against whole panels. */
@inline function strip<T>(
  count: i32, packed: bool, k: i32, a: usize, rowA: usize, stepA: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool,
): void {
  if (packed) {
    if (count == 4) packedStrip4<T>(k, a, whole, b, panelB, stepB, c, rowC, add);
    else packedStrip3<T>(k, a, whole, b, panelB, stepB, c, rowC, add);
  } else if (count == 4) strip4<T>(k, a, rowA, stepA, whole, b, panelB, stepB, c, rowC, add);
  else if (count == 3) strip3<T>(k, a, rowA, stepA, whole, b, panelB, stepB, c, rowC, add);
  else if (count == 2) strip2<T>(k, a, rowA, stepA, whole, b, panelB, stepB, c, rowC, add);
  else strip1<T>(k, a, rowA, stepA, whole, b, panelB, stepB, c, rowC, add);
}

function packedStrip4<T>(k: i32, a: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool): void {
  for (; whole > 0; whole--, b += panelB, c += 32) tall<T>(4, 2, true, k, a, 0, 0, b, stepB, c, rowC, add, 16 / sizeof<T>());
}
function packedStrip3<T>(k: i32, a: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool): void {
  for (; whole > 0; whole--, b += panelB, c += 32) tall<T>(3, 2, true, k, a, 0, 0, b, stepB, c, rowC, add, 16 / sizeof<T>());
}
function strip4<T>(k: i32, a: usize, rowA: usize, stepA: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool): void {
  for (; whole > 0; whole--, b += panelB, c += 32) tall<T>(4, 2, false, k, a, rowA, stepA, b, stepB, c, rowC, add, 16 / sizeof<T>());
}
function strip3<T>(k: i32, a: usize, rowA: usize, stepA: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool): void {
  for (; whole > 0; whole--, b += panelB, c += 32) tall<T>(3, 2, false, k, a, rowA, stepA, b, stepB, c, rowC, add, 16 / sizeof<T>());
}
function strip2<T>(k: i32, a: usize, rowA: usize, stepA: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool): void {
  for (; whole > 1; whole -= 2, b += 2 * panelB, c += 64) flat<T>(2, 4, k, a, rowA, stepA, b, panelB, stepB, c, rowC, add, 16 / sizeof<T>());
  if (whole) flat<T>(2, 2, k, a, rowA, stepA, b, panelB, stepB, c, rowC, add, 16 / sizeof<T>());
}
function strip1<T>(k: i32, a: usize, rowA: usize, stepA: usize, whole: i32, b: usize, panelB: usize, stepB: usize, c: usize, rowC: usize, add: bool): void {
  for (; whole > 1; whole -= 2, b += 2 * panelB, c += 64) flat<T>(1, 4, k, a, rowA, stepA, b, panelB, stepB, c, rowC, add, 16 / sizeof<T>());
  if (whole) flat<T>(1, 2, k, a, rowA, stepA, b, panelB, stepB, c, rowC, add, 16 / sizeof<T>());
}

/** One to four rows against the ragged panel: three vectors by two rows, two or one vector by as many rows as there are. */
function edge<T>(count: i32, ragged: i32, k: i32, a: usize, rowA: usize, stepA: usize, b: usize, c: usize, rowC: usize, add: bool): void {
  const lanes: i32 = 16 / sizeof<T>(), vectors = (ragged + lanes - 1) / lanes, last = ragged - (vectors - 1) * lanes;
  if (vectors == 3) {
    for (; count > 1; count -= 2, a += 2 * rowA, c += 2 * rowC) flat<T>(2, 3, k, a, rowA, stepA, b, 32, 48, c, rowC, add, last);
    if (count) flat<T>(1, 3, k, a, rowA, stepA, b, 32, 48, c, rowC, add, last);
  } else if (vectors == 2) {
    if (count == 4) tall<T>(4, 2, false, k, a, rowA, stepA, b, 32, c, rowC, add, last);
    else if (count == 3) tall<T>(3, 2, false, k, a, rowA, stepA, b, 32, c, rowC, add, last);
    else if (count == 2) flat<T>(2, 2, k, a, rowA, stepA, b, 32, 32, c, rowC, add, last);
    else flat<T>(1, 2, k, a, rowA, stepA, b, 32, 32, c, rowC, add, last);
  } else if (count == 4) tall<T>(4, 1, false, k, a, rowA, stepA, b, 16, c, rowC, add, last);
  else if (count == 3) tall<T>(3, 1, false, k, a, rowA, stepA, b, 16, c, rowC, add, last);
  else if (count == 2) flat<T>(2, 1, k, a, rowA, stepA, b, 32, 16, c, rowC, add, last);
  else flat<T>(1, 1, k, a, rowA, stepA, b, 32, 16, c, rowC, add, last);
}

/** Adds or writes a tile [count, columns] of `from` to c at any strides. */
function carry<T>(count: i32, columns: i32, from: usize, rowFrom: usize, c: usize, rowC: usize, columnC: usize, add: bool): void {
  for (let i = 0; i < count; i++, from += rowFrom, c += rowC) {
    for (let j = 0, at = from, to = c; j < columns; j++, at += sizeof<T>(), to += columnC) {
      store<T>(to, add ? load<T>(to) + load<T>(at) : load<T>(at));
    }
  }
}
