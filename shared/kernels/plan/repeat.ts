import type { Step } from "./step.ts";

/** y[o, t, i] = x[o, i] for t < times: how an expand reads its input. */
export interface Repeat {
  readonly outer: number;
  readonly times: number;
  readonly inner: number;
}

export function repeatOf(step: Step): Repeat {
  const { outer, times, inner } = step.attributes as unknown as Repeat; // put there by `rewritten` (rewrite.ts)
  return { outer, times, inner };
}
