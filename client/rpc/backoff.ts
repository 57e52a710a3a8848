import { randomInt } from "node:crypto";

/** How long to wait before the next try: 250 ms, doubled each time up to 5 s, each drawn from its upper half, so that not all come at once. */
export function backoffMs(attempt: number, random: () => number): number {
  const longest = Math.min(5000, 250 * (1 << Math.min(attempt, 5)));
  return longest / 2 + (longest / 2) * random();
}

/** In [0, 1). When to come again is no part of any result. */
export const jitter = (): number => randomInt(1 << 30) / (1 << 30);
