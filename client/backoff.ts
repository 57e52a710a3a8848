/** How long to wait before the next try: 250 ms, doubled each time up to 5 s, each drawn from its upper half, so that not all come at once. */
export function backoffMs(attempt: number, random: () => number): number {
  const longest = Math.min(5000, 250 * (1 << Math.min(attempt, 5)));
  return longest / 2 + (longest / 2) * random();
}
