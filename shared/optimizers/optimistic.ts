import type { Optimizer } from "./optimizer.ts";

/**
 * An optimizer that expects the next gradient to differ from this one as this one does from the last.
 *
 *     Δₜ = 2·δₜ − δₜ₋₁        δ: the steps of the optimizer inside, δ₀ = δ₁        plain descent: −η·(2gₜ − gₜ₋₁)
 *
 * Facts   on a constant gradient Δ = δ, so the metric is the inner one's · on the game f = xy it comes nearer, where plain
 *         descent of both players moves away
 * Source  Popov (1980); Daskalakis et al. (2018), there with Adam too
 */
export function optimistic(inner: Optimizer): Optimizer {
  return {
    name: `optimistic ${inner.name}`,
    init: (size) => inner.init(size),
    step(given, { vectors: { lastStep, ...vectors }, ...state }) {
      const [delta, next] = inner.step(given, { ...state, vectors });
      const before = lastStep ?? delta;
      const ahead = delta.map((change, i) => 2 * change - before[i]!);
      return [ahead, { ...next, vectors: { ...next.vectors, lastStep: delta } }];
    },
    metric: (state, size) => inner.metric(state, size),
  };
}
