/** Central differences: what a gradient is compared with. */
import type { Engine } from "../../shared/kernels/engine-interface.ts";

/** ∂output/∂input by central differences of step 1e-6·(1 + |x|); the output is a scalar. */
export function differences(engine: Engine, output: string, input: string): number[] {
  const view = engine.input(input);
  const at = (i: number, x: number): number => {
    view[i] = x;
    engine.run();
    return engine.output(output)[0]!;
  };
  return Array.from(view, (x, i) => {
    const step = 1e-6 * (1 + Math.abs(x));
    const slope = (at(i, x + step) - at(i, x - step)) / (2 * step);
    view[i] = x;
    return slope;
  });
}

/** The largest |a − b| relative to 1 + the largest |b|; NaN anywhere is NaN. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return NaN;
  const values = Array.from(b);
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  return values.reduce((worst, value, i) => Math.max(worst, Math.abs(a[i]! - value) / scale), 0);
}
