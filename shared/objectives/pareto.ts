/**
 * What a front of trade-offs is measured and picked from by. A point has one loss for each objective, smaller being better.
 *
 *     front         points that no other dominates: is nowhere worse and somewhere better. Of equal points the first stays
 *     hypervolume   the volume between the front and a reference point; what is not strictly better than it counts 0
 *     knee          where giving up a little of one buys most of the others: farthest below the plane through the extremes
 *     asf           the point whose worst share of the range is least: the most even — Wierzbicki (1980)
 *
 * Facts   {(1,3), (2,2), (3,1)} with reference (4,4): 6 · the unit sphere's octant with reference (1,1,1): 1 − π/6
 */
export type Point = readonly number[];

const dominates = (a: Point, b: Point): boolean =>
  a.every((value, i) => value <= b[i]!) && a.some((value, i) => value < b[i]!);

/** Rank by rank, as positions: 0 the front, 1 the front of what is left, …; equal points share a rank. */
export function nonDominatedRanks(points: readonly Point[]): number[] {
  const ranks = new Array<number>(points.length).fill(-1);
  for (let rank = 0; ranks.includes(-1); rank++) {
    const left = points.flatMap((_, i) => (ranks[i] === -1 ? [i] : []));
    const best = left.filter((i) => !left.some((j) => dominates(points[j]!, points[i]!)));
    for (const i of best) ranks[i] = rank;
  }
  return ranks;
}

/** The positions of the front, the first of equal points alone, sorted by the first loss, then the next. */
export function frontOf(points: readonly Point[]): number[] {
  const ranks = nonDominatedRanks(points);
  const isFirst = (i: number): boolean =>
    points.findIndex((other) => other.every((value, k) => value === points[i]![k])) === i;
  const compare = (a: Point, b: Point): number => a.map((value, k) => value - b[k]!).find((gap) => gap !== 0) ?? 0;
  return ranks
    .flatMap((rank, i) => (rank === 0 && isFirst(i) ? [i] : []))
    .sort((i, j) => compare(points[i]!, points[j]!));
}

/** By slices along the last objective: exact, O(nᵐ) at worst, for fronts of tens of points. */
export function hypervolume(points: readonly Point[], reference: Point): number {
  const inside = points.filter((point) => point.every((value, i) => value < reference[i]!));
  return volume(inside, reference);
}

function volume(points: readonly Point[], reference: Point): number {
  if (points.length === 0) return 0;
  const last = reference.length - 1;
  if (last === 0) return reference[0]! - Math.min(...points.map(([value]) => value!));
  const sorted = [...points].sort((a, b) => a[last]! - b[last]!);
  let total = 0;
  sorted.forEach((point, i) => {
    const depth = (sorted[i + 1]?.[last] ?? reference[last]!) - point[last]!;
    if (depth > 0) total += depth * volume(frontPart(sorted.slice(0, i + 1), last), reference.slice(0, last));
  });
  return total;
}

const frontPart = (points: readonly Point[], size: number): Point[] => {
  const cut = points.map((point) => point.slice(0, size));
  return frontOf(cut).map((i) => cut[i]!);
};

export interface Range {
  readonly ideal: Point;
  readonly nadir: Point;
}

/** The best and the worst of each objective. */
export const rangeOf = (points: readonly Point[]): Range => ({
  ideal: points[0]!.map((_, k) => Math.min(...points.map((point) => point[k]!))),
  nadir: points[0]!.map((_, k) => Math.max(...points.map((point) => point[k]!))),
});

/** In shares of the range: 0 the best, 1 the worst. */
export const normalized = (point: Point, { ideal, nadir }: Range): number[] =>
  point.map((value, k) => (nadir[k]! > ideal[k]! ? (value - ideal[k]!) / (nadir[k]! - ideal[k]!) : 0));

/** The position with the least key, the first of those that tie. */
const leastBy = (points: readonly Point[], key: (point: Point) => number): number => {
  const keys = points.map(key);
  return keys.indexOf(Math.min(...keys));
};

/** Of a front: the point farthest below the plane through the extremes, in shares of the range. */
export const kneeOf = (front: readonly Point[]): number => {
  const range = rangeOf(front);
  return leastBy(front, (point) => normalized(point, range).reduce((sum, share) => sum + share, 0));
};

/** Of a front: the point whose worst share is least, for these preferences (1 each when left out). */
export const asfOf = (front: readonly Point[], preference: Point = front[0]!.map(() => 1)): number => {
  const range = rangeOf(front);
  return leastBy(front, (point) => Math.max(...normalized(point, range).map((share, k) => share * preference[k]!)));
};

/** `count` preferences with sum 1, evenly over the simplex: for two objectives a line, for more the points of the finest lattice that fits. */
export function preferencesOf(objectives: number, count: number): number[][] {
  const inner = 0.02; // no objective is left out: at weight 0 it would drift
  const spread = (shares: readonly number[]): number[] =>
    shares.map((share) => inner / objectives + (1 - inner) * share);
  if (objectives === 1) return [[1]];
  if (count === 1) return [new Array<number>(objectives).fill(1 / objectives)];
  let steps = 1;
  while (latticeSize(objectives, steps) < count) steps++;
  const points = [...lattice(objectives, steps)];
  // Evenly out of the lattice, first and last among them.
  return Array.from({ length: count }, (_, i) => points[Math.round((i * (points.length - 1)) / (count - 1))]!).map(
    (point) => spread(point.map((part) => part / steps)),
  );
}

function latticeSize(parts: number, steps: number): number {
  let size = 1;
  for (let i = 1; i < parts; i++) size = (size * (steps + i)) / i;
  return size;
}

function* lattice(parts: number, steps: number): Generator<number[]> {
  if (parts === 1) yield [steps];
  else
    for (let first = 0; first <= steps; first++)
      for (const rest of lattice(parts - 1, steps - first)) yield [first, ...rest];
}
