/**
 * A local epoch in one call: for every step, for every micro-batch of it, gather rows, run the program, add up; then update.
 *
 *     for s < steps                                    rate ← rates[s]     taken ← taken + 1     key ← firstStep + s
 *       for m < microBatches                           rows ← order[batch·(s·microBatches + m) …]
 *         feed, program, after
 *       update
 *
 * `block` holds the cells that the code lists point to, and where the lists lie, in bytes from its start:
 *
 *     0 rows (u32)   4 optimizer steps taken (i32)   8 learning rate (f64)   16 feed   24 program   32 after   40 update (each: from, to; u32)
 *
 * `key` is the address of the program's step number, or 0 when it has none.
 */
import { run } from "./run";

// prettier-ignore
@inline function list<T>(block: usize, at: usize): void { run<T>(<usize>load<u32>(block + at), <usize>load<u32>(block + at, 4)); }

// prettier-ignore
@inline function epoch<T>(steps: i32, microBatches: i32, batch: i32, order: usize, rates: usize, key: usize, firstStep: i32, block: usize): void {
  for (let s = 0; s < steps; s++) {
    store<f64>(block, load<f64>(rates + (<usize>s << 3)), 8);
    store<i32>(block, load<i32>(block, 4) + 1, 4);
    if (key) store<i32>(key, firstStep + s);
    for (let m = 0; m < microBatches; m++) {
      store<u32>(block, <u32>order);
      order += <usize>batch << 2;
      list<T>(block, 16);
      list<T>(block, 24);
      list<T>(block, 32);
    }
    list<T>(block, 40);
  }
}

export function epoch_f32(steps: i32, microBatches: i32, batch: i32, order: usize, rates: usize, key: usize, firstStep: i32, block: usize): void {
  epoch<f32>(steps, microBatches, batch, order, rates, key, firstStep, block);
}
export function epoch_f64(steps: i32, microBatches: i32, batch: i32, order: usize, rates: usize, key: usize, firstStep: i32, block: usize): void {
  epoch<f64>(steps, microBatches, batch, order, rates, key, firstStep, block);
}
