/**
 * The order of numbers.
 *
 *   argSort (rows, n, descending: 0 | 1, x [rows, n], y [rows, n] i32, scratch: n i32)
 *
 * y[r,·] lists the positions of x[r,·] in ascending (descending) order. Stable: equal numbers, among them −0 and 0, keep their
 * order in both directions. NaN comes last in both directions, in order of position. Cost O(n log n): runs of 8 by insertion, then merges.
 */

@inline const RUN: i32 = 8;

@inline function position(order: usize, i: i32): i32 { return load<i32>(order + (<usize>i << 2)); }
@inline function place(order: usize, i: i32, at: i32): void { store<i32>(order + (<usize>i << 2), at); }

/** Whether b must stand before a although a came first. */
@inline function overtakes<T>(b: T, a: T, descending: bool): bool {
  if (a != a) return b == b;
  return descending ? b > a : b < a;
}

@inline function sortRun<T>(from: i32, to: i32, descending: bool, x: usize, order: usize): void {
  for (let i = from; i < to; i++) {
    const value = load<T>(x + <usize>i * sizeof<T>());
    let j = i;
    for (; j > from; j--) {
      const before = position(order, j - 1);
      if (!overtakes<T>(value, load<T>(x + <usize>before * sizeof<T>()), descending)) break;
      place(order, j, before);
    }
    place(order, j, i);
  }
}

/** Merges the sorted runs [from, middle) and [middle, to) of `order` into the same places of `merged`. */
@inline function merge<T>(from: i32, middle: i32, to: i32, descending: bool, x: usize, order: usize, merged: usize): void {
  let left = from, right = middle;
  for (let i = from; i < to; i++) {
    let takeRight = left >= middle;
    if (!takeRight && right < to) {
      const a = load<T>(x + <usize>position(order, left) * sizeof<T>()), b = load<T>(x + <usize>position(order, right) * sizeof<T>());
      takeRight = overtakes<T>(b, a, descending);
    }
    place(merged, i, position(order, takeRight ? right++ : left++));
  }
}

@inline function argSort<T>(rows: i32, n: i32, descending: i32, x: usize, y: usize, scratch: usize): void {
  for (let r = 0; r < rows; r++, x += <usize>n * sizeof<T>(), y += <usize>n << 2) {
    for (let from = 0; from < n; from += RUN) sortRun<T>(from, min(from + RUN, n), descending != 0, x, y);
    let order = y, other = scratch;
    for (let width = RUN; width < n; width *= 2) {
      for (let from = 0; from < n; from += 2 * width) merge<T>(from, min(from + width, n), min(from + 2 * width, n), descending != 0, x, order, other);
      const merged = other;
      other = order;
      order = merged;
    }
    if (order != y) memory.copy(y, order, <usize>n << 2);
  }
}

export function argSort_f32(rows: i32, n: i32, descending: i32, x: usize, y: usize, scratch: usize): void { argSort<f32>(rows, n, descending, x, y, scratch); }
export function argSort_f64(rows: i32, n: i32, descending: i32, x: usize, y: usize, scratch: usize): void { argSort<f64>(rows, n, descending, x, y, scratch); }
