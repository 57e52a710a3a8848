/**
 * c = a·b over any two strided matrices, from tiles (tiles.ts): the body of matmul and of the convolutions.
 *
 * Columns are taken in panels two vectors wide (8 float32, 4 float64) and, where a remainder of at most one vector is left, a last panel
 * of three vectors; rows by four, and the two or one that remain against two panels at once. b is copied into packed panels, padded with
 * zeros, when its rows are not dense or when enough rows of a share it. A transposed b against few rows of a is computed as cᵀ = bᵀ·aᵀ:
 * then a, the small one, is packed. None of this shows in the bits (gemm.ts: one order of additions).
 */

import { packPanel, packRows } from "./packing";
import { besideStrips, strips } from "./strips";
import { column } from "./tiles";

/** Length of a block of k. Part of the definition of the result; the other sizes only set the speed. */
@inline export const BLOCK: i32 = 256;
/** Columns of b packed at a time: 256·512 float32 stay in a level-2 cache. */
@inline const COLUMNS: i32 = 512;
/** A packed b of at most this many bytes is packed once and stays; then ROWS rows of a pass through all of k together. */
@inline const RESIDENT: u64 = 1 << 20;
@inline const ROWS: i32 = 64;
/** From this many rows of a on, packing a dense b pays (measured: 10 rows no, 64 rows yes). */
@inline const ROWS_TO_PACK: i32 = 24;
/** Rows of b this many bytes apart fall onto too few lines of the cache to be left where they are. */
@inline const FAR: usize = 2048;
/** Up to this many rows of a, a transposed b is left where it is and a is packed instead. */
@inline const ROWS_TO_SWAP: i32 = 48;
/** So few columns of b leave most of a vector empty: they are taken one by one, or as rows of cᵀ. */
@inline const PAIR: i32 = 2;
/** Between packed panels, so that they do not start at equal places of the cache. */
@inline const PAD: usize = 64;

/** Bytes of scratch for `product`, whatever the strides. */
export function productScratch<T>(m: i32, n: i32, k: i32): i32 {
  return <i32>(besideStrips<T>(BLOCK) + max(packedBytes<T>(n, k), packedBytes<T>(m, k)));
}

/** Whether `product` keeps b packed in scratch, so that a next call with the same b may say `PACKED`. */
export function staysPacked<T>(n: i32, k: i32): bool {
  return n <= COLUMNS && resident<T>(n, k);
}

@inline function resident<T>(n: i32, k: i32): bool { return <u64>n * <u64>k * sizeof<T>() <= RESIDENT; }

@inline function packedBytes<T>(n: i32, k: i32): usize {
  const blocks = resident<T>(n, k) ? (k + BLOCK - 1) / BLOCK : 1;
  return <usize>blocks * slabBytes<T>(min(n, COLUMNS), min(k, BLOCK));
}

/** Bytes that one packed block of k may take. */
@inline function slabBytes<T>(columns: i32, depth: i32): usize {
  return <usize>(columns * sizeof<T>() / 32 + 2) * (<usize>depth * 32 + PAD);
}

/** What `product` finds: nothing, sums in c to add to, b packed in scratch by the call before (see staysPacked). */
@inline export const AFRESH: i32 = 0;
@inline export const ONTO: i32 = 1;
@inline export const PACKED: i32 = 2;

/**
 * c[i·ldc + j] = Σₚ a[i·rowA + p·columnA]·b[p·rowB + j·columnB] for i < m, j < n, p < k; strides in elements, one of b's being 1.
 * `state` is AFRESH, or ONTO | PACKED as they apply. c overlaps neither a nor b.
 */
export function product<T>(
  m: i32, n: i32, k: i32, a: usize, rowA: i32, columnA: i32, b: usize, rowB: i32, columnB: i32, c: usize, ldc: i32, scratch: usize, state: i32,
): void {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (let i = 0; i < m && !(state & ONTO); i++) memory.fill(c + <usize>(i * ldc) * sizeof<T>(), 0, <usize>n * sizeof<T>());
    return;
  }
  if (n == 1 && columnA == 1) return columnBlocks<T>(m, k, a, rowA, b, rowB, c, ldc, state);
  if (m == 1 && rowB == 1) return columnBlocks<T>(n, k, b, columnB, a, columnA, c, 1, state);
  if (n <= PAIR && columnA == 1) {
    for (let j = 0; j < n; j++) columnBlocks<T>(m, k, a, rowA, b + <usize>(j * columnB) * sizeof<T>(), rowB, c + <usize>j * sizeof<T>(), ldc, state);
    return;
  }
  if (!(state & PACKED)) {
    if (n <= PAIR && rowA == 1) return panels<T>(n, m, k, b, columnB, rowB, a, columnA, rowA, c, 1, ldc, scratch, state);
    if (n == 1 && ldc == 1) return panels<T>(1, m, k, b, 1, rowB, a, columnA, rowA, c, m, 1, scratch, state);
    const swap = rowB == 1 && columnB > 1 && columnA == 1 && m <= ROWS_TO_SWAP && n > m;
    if (swap) return panels<T>(n, m, k, b, columnB, 1, a, 1, rowA, c, 1, ldc, scratch, state);
  }
  panels<T>(m, n, k, a, rowA, columnA, b, rowB, columnB, c, ldc, 1, scratch, state);
}

/** y[i·strideY] = Σₚ a[i·rowA + p]·x[p·strideX]. */
function columnBlocks<T>(rows: i32, k: i32, a: usize, rowA: i32, x: usize, strideX: i32, y: usize, strideY: i32, state: i32): void {
  const size = sizeof<T>();
  for (let from = 0; from < k; from += BLOCK) {
    const add = from > 0 || (state & ONTO) != 0, part = x + <usize>(from * strideX) * size;
    column<T>(rows, min(BLOCK, k - from), a + <usize>from * size, <usize>rowA * size, part, <usize>strideX * size, y, <usize>strideY * size, add);
  }
}

function panels<T>(
  m: i32, n: i32, k: i32, a: usize, rowA: i32, columnA: i32, b: usize, rowB: i32, columnB: i32,
  c: usize, rowC: i32, columnC: i32, scratch: usize, state: i32,
): void {
  const lanes: i32 = 16 / sizeof<T>(), size = sizeof<T>(), packed = (state & PACKED) != 0, onto = (state & ONTO) != 0;
  const stays = resident<T>(n, k), together = stays ? ROWS : m;
  const pack = packed || columnB != 1 || m >= ROWS_TO_PACK || <usize>rowB * size >= FAR;
  const columnsB = <usize>(2 * lanes * columnB) * size; // from one panel's columns to the next in b
  for (let first = 0; first < n; first += COLUMNS) {
    const columns = min(COLUMNS, n - first), rest = columns % (2 * lanes);
    // The ragged last panel, always packed: three vectors if one more suffices, else as many as it needs.
    const ragged = rest == 0 ? 0 : rest <= lanes && columns > 2 * lanes ? rest + 2 * lanes : rest;
    const whole = (columns - ragged) / (2 * lanes), vectors = (ragged + lanes - 1) / lanes;
        for (let row = 0; row < m; row += together) {
      for (let from = 0; from < k; from += BLOCK) {
        const depth = min(BLOCK, k - from), panelB = <usize>depth * 32 + PAD;
        const slab = scratch + besideStrips<T>(BLOCK) + (stays ? <usize>(from / BLOCK) * slabBytes<T>(columns, BLOCK) : 0);
        const source = b + <usize>(from * rowB + first * columnB) * size, raggedB = pack ? slab + <usize>whole * panelB : slab;
        if (row == 0 && !packed) {
          if (pack && columnB == 1) packRows<T>(depth, whole, source, <usize>rowB * size, slab, panelB);
          else if (pack) for (let q = 0; q < whole; q++) packPanel<T>(depth, 2 * lanes, 2, source + <usize>q * columnsB, rowB, columnB, slab + <usize>q * panelB);
          if (ragged) packPanel<T>(depth, ragged, vectors, source + <usize>whole * columnsB, rowB, columnB, raggedB);
        }
        strips<T>(
          min(together, m - row), depth, a + <usize>(row * rowA + from * columnA) * size, <usize>rowA * size, <usize>columnA * size,
          whole, pack ? slab : source, pack ? panelB : 32, pack ? 32 : <usize>rowB * size, ragged, raggedB,
          c + <usize>(row * rowC + first * columnC) * size, <usize>rowC * size, <usize>columnC * size, from > 0 || onto, scratch,
        );
      }
    }
  }
}
