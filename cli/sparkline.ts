const blocks = "▁▂▃▄▅▆▇█";

/**
 * A curve as a line of blocks, lowest value ▁ and highest █; more points than `width` are averaged into `width` groups.
 * A point that is not a finite number is a space; a curve that does not vary lies on the ground.
 */
export function sparkline(values: readonly number[], width = 40): string {
  const points = values.length <= width ? values : grouped(values, width);
  const finite = points.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  return points
    .map((value) => {
      if (!Number.isFinite(value)) return " ";
      const level = span > 0 ? Math.round(((value - low) / span) * (blocks.length - 1)) : 0;
      return blocks[level]!;
    })
    .join("");
}

/** The mean of each of `count` neighbouring groups, whose sizes differ by at most one. */
function grouped(values: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const group = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count));
    return group.reduce((sum, value) => sum + value, 0) / group.length;
  });
}
