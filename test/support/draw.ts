/** Seeded draws for random tests. Every run draws the same, unless SEED=… says otherwise; a failing test says its seed. */
export const seed = Number(process.env["SEED"] ?? 20261124);

/** How large a random case is: "empty" has an axis of length 0, "one" only axes of length 1, "odd" a few odd ones. */
export type Size = "empty" | "one" | "odd" | "large";

export interface Draw {
  readonly size: Size;
  /** Uniform in [0, 1). */
  readonly unit: () => number;
  /** An integer in [low, high]. */
  readonly integer: (low: number, high: number) => number;
  readonly choice: <T>(values: readonly T[]) => T;
  /** The length of an axis that may be empty. */
  readonly length: () => number;
  /** The length of an axis that may not. */
  readonly some: () => number;
  readonly shuffle: <T>(values: readonly T[]) => T[];
  /** `count` magnitudes in [low, high], no two close to each other, each with a random sign unless `positive`. */
  readonly spread: (count: number, low: number, high: number, positive?: boolean) => number[];
}

export function drawOf(seed: number, size: Size): Draw {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0; // mulberry32
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
  const integer = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  const choice = <T>(values: readonly T[]): T => values[integer(0, values.length - 1)]!;
  const some = (): number =>
    ({ empty: choice([1, 2, 3]), one: 1, odd: choice([1, 3, 5]), large: integer(9, 33) })[size];
  let emptied = false;
  const length = (): number => {
    if (size !== "empty" || (emptied && unit() < 0.5)) return some();
    emptied = true;
    return 0;
  };
  const shuffle = <T>(values: readonly T[]): T[] => {
    const shuffled = [...values];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = integer(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  };
  const spread = (count: number, low: number, high: number, positive = false): number[] => {
    const cell = (high - low) / Math.max(1, count);
    const places = shuffle(Array.from({ length: count }, (_, i) => i));
    return places.map((i) => (low + cell * (i + 0.3 + 0.4 * unit())) * (positive || unit() < 0.5 ? 1 : -1));
  };
  return { size, unit, integer, choice, length, some, shuffle, spread };
}
