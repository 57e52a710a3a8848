/**
 * Counter-based uniform numbers in [0, 1), multiples of 2⁻²⁴ and so the same in both precisions. Element j of row b is word j mod 4 of
 * Philox4x32-10 with counter (⌊j/4⌋, keys[b], step, 0) and key (salt, 0), shifted right by 8, times 2⁻²⁴: a function of who asks, never of
 * when, so an example draws the same numbers wherever it is computed. Source: Salmon, Moraes, Dror & Shaw (2011).
 */

@inline
function randomUniform<T>(rows: i32, size: i32, salt: i32, keys: usize, step: usize, y: usize): void {
  const stepWord = load<u32>(step);
  for (let row = 0; row < rows; row++, keys += 4) {
    const key = load<u32>(keys);
    for (let block = 0; block * 4 < size; block++) {
      let a = <u32>block, b = key, c = stepWord, d: u32 = 0;
      let low = <u32>salt, high: u32 = 0;
      for (let round = 0; round < 10; round++) {
        const first = <u64>0xd2511f53 * a, third = <u64>0xcd9e8d57 * c;
        a = <u32>(third >> 32) ^ b ^ low;
        c = <u32>(first >> 32) ^ d ^ high;
        b = <u32>third;
        d = <u32>first;
        low += 0x9e3779b9;
        high += 0xbb67ae85;
      }
      const count = min(4, size - block * 4);
      put<T>(y, a);
      if (count > 1) put<T>(y + sizeof<T>(), b);
      if (count > 2) put<T>(y + 2 * sizeof<T>(), c);
      if (count > 3) put<T>(y + 3 * sizeof<T>(), d);
      y += (<usize>count) * sizeof<T>();
    }
  }
}

@inline
function put<T>(y: usize, word: u32): void {
  store<T>(y, <T>(word >> 8) * <T>5.9604644775390625e-8); // 2⁻²⁴, exact
}

export function randomUniform_f32(rows: i32, size: i32, salt: i32, keys: usize, step: usize, y: usize): void {
  randomUniform<f32>(rows, size, salt, keys, step, y);
}
export function randomUniform_f64(rows: i32, size: i32, salt: i32, keys: usize, step: usize, y: usize): void {
  randomUniform<f64>(rows, size, salt, keys, step, y);
}
