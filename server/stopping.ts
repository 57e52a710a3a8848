/**
 * When a run ends before its last round: the watched value is good enough, or has stopped improving; or a loss exceeds
 *
 *     divergence · max(1, training loss of the first round)        divergence: 10⁶ unless stop.divergence says otherwise
 *
 * since numbers that grow by powers of ten each round stay finite for a long while after they have lost all meaning. Pure, and its state is
 * plain JSON, so it goes into every checkpoint and a resumed run stops where the uninterrupted one would.
 *
 *     let watch = startWatching;
 *     watch = observe(watch, { round: 5, value: 0.41, smallerIsBetter: true }, stop);
 *     verdict(watch, stop)   →  undefined, or { reason: "patience", explanation: "disease/test/loss has not improved since round 3" }
 */
import { defaultDivergence, type StopConfig } from "../shared/experiment/monitoring.ts";

export interface Watch {
  readonly best: { readonly round: number; readonly value: number } | null;
  /** Evaluations since the best one. */
  readonly waited: number;
  /** Whether the target is reached. */
  readonly reached: boolean;
  /** Objective → its training loss in the first round that had one. */
  readonly first: Readonly<Record<string, number>>;
}

export const startWatching: Watch = { best: null, waited: 0, reached: false, first: {} };

export interface Observation {
  readonly round: number;
  /** `null` when the value does not exist (no rows): it counts as no improvement. */
  readonly value: number | null;
  /** A loss or an error: smaller is better. */
  readonly smallerIsBetter: boolean;
}

export function observe(watch: Watch, { round, value, smallerIsBetter }: Observation, stop: StopConfig): Watch {
  if (value === null) return { ...watch, waited: watch.waited + 1 };
  const gain = watch.best === null ? Infinity : smallerIsBetter ? watch.best.value - value : value - watch.best.value;
  const reached = stop.target !== undefined && (smallerIsBetter ? value <= stop.target : value >= stop.target);
  return gain > stop.minImprovement
    ? { ...watch, best: { round, value }, waited: 0, reached }
    : { ...watch, waited: watch.waited + 1, reached };
}

type Losses = Readonly<Record<string, number | null>>;

/** Takes note of each objective's first training loss. */
export const rememberFirst = (watch: Watch, losses: Losses): Watch => ({
  ...watch,
  first: { ...present(losses), ...watch.first },
});

/** The first loss above its bound, in words; undefined when all are within, or have no first loss to be compared with. */
export function excessOf(losses: Losses, { first }: Watch, divergence = defaultDivergence): string | undefined {
  for (const [objective, loss] of Object.entries(present(losses))) {
    const start = first[objective];
    if (start === undefined || loss <= divergence * Math.max(1, start)) continue;
    return `${objective} is ${loss.toPrecision(3)}, more than ${divergence} times what it began with (${start.toPrecision(3)})`;
  }
  return undefined;
}

const present = (losses: Losses): Record<string, number> =>
  Object.fromEntries(Object.entries(losses).filter((entry): entry is [string, number] => entry[1] !== null));

export interface Verdict {
  readonly reason: "target" | "patience";
  readonly explanation: string;
}

export function verdict(watch: Watch, stop: StopConfig): Verdict | undefined {
  const { watch: watched = "" } = stop; // there, whenever anything has been observed
  if (watch.reached) return { reason: "target", explanation: `${watched} has reached its target ${stop.target ?? ""}` };
  if (stop.patience === undefined || watch.waited < stop.patience) return undefined;
  const since = watch.best === null ? "and never had a value" : `since round ${watch.best.round}`;
  return { reason: "patience", explanation: `${watched} has not improved ${since}` };
}
