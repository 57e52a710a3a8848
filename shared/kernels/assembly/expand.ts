import { splat } from "./lanes";

/** y = value, n times. */
@inline
export function fill<T>(n: i32, value: T, y: usize): void {
  const v = splat<T>(value);
  const end = y + (<usize>n) * sizeof<T>();
  for (; y + 16 <= end; y += 16) v128.store(y, v);
  for (; y < end; y += sizeof<T>()) store<T>(y, value);
}

@inline
function copy<T>(count: i32, x: usize, y: usize): void {
  if (count >= 64) {
    memory.copy(y, x, (<usize>count) * sizeof<T>());
    return;
  }
  const end = x + (<usize>count) * sizeof<T>();
  for (; x + 16 <= end; x += 16, y += 16) v128.store(y, v128.load(x));
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(x));
}

/** x [outer, 1, inner] → y [outer, times, inner]: every inner block, `times` times. */
@inline
function expand<T>(outer: i32, times: i32, inner: i32, x: usize, y: usize): void {
  const block = (<usize>inner) * sizeof<T>();
  for (let i = 0; i < outer; i++, x += block) {
    if (inner == 1) {
      fill<T>(times, load<T>(x), y);
      y += (<usize>times) * sizeof<T>();
    } else {
      for (let j = 0; j < times; j++, y += block) copy<T>(inner, x, y);
    }
  }
}

/** Elements start … start + count of what `expand` would give: the chunk a fused loop needs. */
@inline
function expandRange<T>(start: i32, count: i32, times: i32, inner: i32, x: usize, y: usize): void {
  let block = start / inner, from = start - block * inner; // which inner block of the output, and where in it
  let i = block / times, j = block - i * times; // its outer index, and which of its repetitions
  while (count > 0) {
    const source = x + (<usize>i * inner + from) * sizeof<T>();
    const run = inner == 1 ? min(count, times - j) : min(count, inner - from);
    if (inner == 1) fill<T>(run, load<T>(source), y);
    else copy<T>(run, source, y);
    y += (<usize>run) * sizeof<T>();
    count -= run;
    from = 0;
    j += inner == 1 ? run : 1;
    if (j == times) {
      j = 0;
      i++;
    }
  }
}

export function fill_f32(n: i32, value: f32, y: usize): void {
  fill<f32>(n, value, y);
}
export function fill_f64(n: i32, value: f64, y: usize): void {
  fill<f64>(n, value, y);
}
export function expand_f32(outer: i32, times: i32, inner: i32, x: usize, y: usize): void {
  expand<f32>(outer, times, inner, x, y);
}
export function expand_f64(outer: i32, times: i32, inner: i32, x: usize, y: usize): void {
  expand<f64>(outer, times, inner, x, y);
}
export function expandRange_f32(start: i32, count: i32, times: i32, inner: i32, x: usize, y: usize): void {
  expandRange<f32>(start, count, times, inner, x, y);
}
export function expandRange_f64(start: i32, count: i32, times: i32, inner: i32, x: usize, y: usize): void {
  expandRange<f64>(start, count, times, inner, x, y);
}
