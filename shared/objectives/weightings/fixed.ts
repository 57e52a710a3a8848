import type { Weighting } from "../weighting.ts";

/** Each objective counts as declared, in every round: the weighted sum of the objectives is what is minimized. Keeps no state. */
export const fixed = (weights: Readonly<Record<string, number>>): Weighting<null> => ({
  name: "fixed",
  init: () => null,
  step: (state, { names }) => [Float64Array.from(names, (name) => weights[name] ?? 0), state],
});
