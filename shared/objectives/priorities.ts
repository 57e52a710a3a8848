/**
 * Objectives in order of importance: a lower one may have what a higher one can spare, and nothing else.
 *
 *     slackⱼ = bestⱼ + max(absolute, relative·|bestⱼ|) − Lⱼ        what level j can still spare
 *     d = Σₖ Πₖ(gₖ)        Πₖ: the nearest vector that harms no higher level that binds
 *
 * A level is followed, and binds those below it, until in `patience` rounds it has improved by less than a tenth of what it can spare;
 * from then on it does so only while it has no slack: then its tolerance is what lower levels may use up. With tolerance 0 a level always
 * binds. A level of several objectives is their weighted sum.
 *
 * Only slopes are looked at, as the projection is defined: where a level's best is a single point, there is none, and lower ones carry the
 * model some steps off it before the level takes it back. How far is in proportion to the step: a decaying rate ends at the point.
 *
 * Facts   f₁ = (x − 1)², then f₂ = (y − 2)² + (x + 1)²: (1, 2), where equal weights give (0, 2) · the other way round, whose f₂ has a
 *         single best point: (−1, 2)
 * Source  Skalse et al. (2022) for the order and its tolerance; Lopez-Paz & Ranzato (2017) for the projection
 */
import { addScaled, dot, norm } from "../tensor/vector.ts";
import { gramian } from "./gramian.ts";
import { liftIntoCone } from "./solvers/dual-cone.ts";

export interface Tolerance {
  /** In the unit of the loss. */
  readonly absolute: number;
  /** τ, a share of |best|. */
  readonly relative: number;
}

export interface PriorityOptions {
  readonly tolerance: Tolerance;
  /** Rounds. */
  readonly patience: number;
}

export interface Level {
  readonly priority: number;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Of a level: its best value so far, when it last improved to tell of and to what, and the last gradient that had a direction. */
export interface LevelState {
  readonly best: number;
  readonly mark: number;
  /** Rounds since the mark. */
  readonly rounds: number;
  readonly normal: ArrayLike<number>;
}
export type PriorityState = Readonly<Record<string, LevelState>>;

/** max(absolute, relative·|best|): sign-safe. */
const spare = ({ absolute, relative }: Tolerance, best: number): number =>
  Math.max(absolute, relative * Math.abs(best));

/** `levels` by rising priority number, the most important first. */
export function inOrderOfPriority(
  levels: readonly Level[],
  { tolerance, patience }: PriorityOptions,
  before: PriorityState,
): { readonly direction: Float64Array; readonly state: PriorityState; readonly binding: readonly number[] } {
  const state: Record<string, LevelState> = { ...before };
  const direction = new Float64Array(levels[0]?.gradient.length ?? 0);
  const binding: Binding[] = [];
  for (const level of levels) {
    const noted = note(before[level.priority], level.value, tolerance);
    const { best, rounds } = noted;
    const flat = norm(level.gradient) <= flatness * Math.max(...levels.map(({ gradient }) => norm(gradient)));
    const normal = flat ? (before[level.priority]?.normal ?? level.gradient) : level.gradient;
    state[level.priority] = { ...noted, normal };
    const settled = rounds >= patience;
    if (settled && best + spare(tolerance, best) - level.value > 0 && level !== levels.at(-1)) continue;
    addScaled(direction, 1, harmless(level.gradient, binding));
    binding.push({ priority: level.priority, normal: Float64Array.from(normal), flat });
  }
  return { direction, state, binding: binding.slice(0, -1).map(({ priority }) => priority) };
}

/** Improvement is told from the last mark on, not from round to round: slow progress is progress. */
function note(before: LevelState | undefined, value: number, tolerance: Tolerance): Omit<LevelState, "normal"> {
  if (before === undefined) return { best: value, mark: value, rounds: 0 };
  const best = Math.min(value, before.best);
  const told = Math.max(spare(tolerance, before.mark) / 10, 1e-6 * Math.abs(before.mark));
  return value < before.mark - told
    ? { best, mark: value, rounds: 0 }
    : { best, mark: before.mark, rounds: before.rounds + 1 };
}

interface Binding {
  readonly priority: number;
  readonly normal: Float64Array;
  readonly flat: boolean;
}

/** A gradient so short beside the longest has no direction but rounding. */
const flatness = 1e-9;

/**
 * The nearest vector to `gradient` that has no negative product with the gradients of these levels. A level at its optimum has no
 * gradient: there the vector neither follows nor opposes the last one that it had, so that it is not kicked off again.
 */
function harmless(gradient: Float64Array, levels: readonly Binding[]): Float64Array {
  const rows = levels.flatMap(({ normal, flat }) => (flat ? [normal, normal.map((value) => -value)] : [normal]));
  const lifted = gradient.slice();
  liftIntoCone(
    gramian(rows),
    rows.map((row) => dot(row, gradient)),
  ).forEach((multiplier, i) => {
    addScaled(lifted, multiplier, rows[i]!);
  });
  return lifted;
}
