import { loadPart, splat, storePart } from "./lanes";

/** y[i] = mask[i] ≠ 0 ? a[i] : b[i]: chosen, never multiplied, so what is not chosen may be NaN. y may be any of the inputs. */
@inline
function select<T>(n: i32, mask: usize, a: usize, b: usize, y: usize): void {
  const zero = splat<T>(0);
  const end = a + (<usize>n) * sizeof<T>();
  for (; a + 32 <= end; mask += 32, a += 32, b += 32, y += 32) {
    const first = v128.bitselect(v128.load(a), v128.load(b), v128.ne<T>(v128.load(mask), zero));
    const second = v128.bitselect(v128.load(a, 16), v128.load(b, 16), v128.ne<T>(v128.load(mask, 16), zero));
    v128.store(y, first);
    v128.store(y, second, 16);
  }
  for (; a + 16 <= end; mask += 16, a += 16, b += 16, y += 16) {
    v128.store(y, v128.bitselect(v128.load(a), v128.load(b), v128.ne<T>(v128.load(mask), zero)));
  }
  const rest = <i32>((end - a) / sizeof<T>());
  if (rest > 0) {
    const chosen = v128.ne<T>(loadPart<T>(mask, rest), zero);
    storePart<T>(y, v128.bitselect(loadPart<T>(a, rest), loadPart<T>(b, rest), chosen), rest);
  }
}

/** Rows of `size` numbers: y[r,·] = mask[r] ≠ 0 ? x[r,·] : 0. When y is x, a row that is kept costs nothing. */
@inline
function selectRows<T>(rows: i32, size: i32, mask: usize, x: usize, y: usize): void {
  const bytes = (<usize>size) * sizeof<T>(), end = mask + (<usize>rows) * sizeof<T>();
  for (; mask < end; mask += sizeof<T>(), x += bytes, y += bytes) {
    if (load<T>(mask) == 0) memory.fill(y, 0, bytes);
    else if (x != y) memory.copy(y, x, bytes);
  }
}

export function select_f32(n: i32, mask: usize, a: usize, b: usize, y: usize): void {
  select<f32>(n, mask, a, b, y);
}
export function select_f64(n: i32, mask: usize, a: usize, b: usize, y: usize): void {
  select<f64>(n, mask, a, b, y);
}
export function selectRows_f32(rows: i32, size: i32, mask: usize, x: usize, y: usize): void {
  selectRows<f32>(rows, size, mask, x, y);
}
export function selectRows_f64(rows: i32, size: i32, mask: usize, x: usize, y: usize): void {
  selectRows<f64>(rows, size, mask, x, y);
}
