/**
 * Objectives in order of importance: a lower one may have what a higher one can spare, and nothing else.
 *
 *     slackⱼ = bestⱼ + max(absolute, relative·|bestⱼ|) − Lⱼ        what level j can still spare
 *     d = Σₖ Πₖ(gₖ)        Πₖ: the nearest vector that harms no higher level that binds
 *
 * A level is followed, and binds those below it, until it has not improved for `patience` rounds; from then on it does so only while
 * it has no slack: then its tolerance is what lower levels may use up. With tolerance 0 a level always binds. A level of several
 * objectives is their weighted sum.
 *
 * Only slopes are looked at: where a level's best is a single point, lower ones may carry the model a step or more off it, before the
 * level takes it back.
 *
 * Facts   f₁ = (x − 1)², then f₂ = (y − 2)² + (x + 1)²: (1, 2), where equal weights give (0, 2)
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

/** Of a level: its best value so far, for how many rounds it has been the best, and the last gradient that had a direction. */
export interface LevelState {
  readonly best: number;
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
    const { best, rounds } = noted(before[level.priority], level.value, tolerance);
    const flat = norm(level.gradient) <= flatness * Math.max(...levels.map(({ gradient }) => norm(gradient)));
    const normal = flat ? (before[level.priority]?.normal ?? level.gradient) : level.gradient;
    state[level.priority] = { best, rounds, normal };
    const settled = rounds >= patience;
    if (settled && best + spare(tolerance, best) - level.value > 0 && level !== levels.at(-1)) continue;
    addScaled(direction, 1, harmless(level.gradient, binding));
    binding.push({ priority: level.priority, normal: Float64Array.from(normal), flat });
  }
  return { direction, state, binding: binding.slice(0, -1).map(({ priority }) => priority) };
}

/** Once a level has settled, its best is what it is held to. */
function noted(before: LevelState | undefined, value: number, tolerance: Tolerance): { best: number; rounds: number } {
  if (before === undefined) return { best: value, rounds: 0 };
  const improved = value < before.best - Math.max(spare(tolerance, before.best), 1e-6 * Math.abs(before.best));
  return { best: Math.min(value, before.best), rounds: improved ? 0 : before.rounds + 1 };
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
