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
 * Facts   f₁ = (x − 1)², then f₂ = (y − 2)² + (x + 1)²: (1, 2), where equal weights give (0, 2)
 * Source  Skalse et al. (2022) for the order and its tolerance; Lopez-Paz & Ranzato (2017) for the projection
 */
import { addScaled, dot } from "../tensor/vector.ts";
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

/** Priority → the best value so far, and for how many rounds it has been the best. */
export type PriorityState = Readonly<Record<string, { readonly best: number; readonly rounds: number }>>;

/** max(absolute, relative·|best|): sign-safe. */
const spare = ({ absolute, relative }: Tolerance, best: number): number =>
  Math.max(absolute, relative * Math.abs(best));

/** `levels` by rising priority number, the most important first. */
export function inOrderOfPriority(
  levels: readonly Level[],
  { tolerance, patience }: PriorityOptions,
  before: PriorityState,
): { readonly direction: Float64Array; readonly state: PriorityState; readonly binding: readonly number[] } {
  const state: Record<string, { best: number; rounds: number }> = { ...before };
  const direction = new Float64Array(levels[0]?.gradient.length ?? 0);
  const binding: Level[] = [];
  for (const level of levels) {
    const { best, rounds } = noted(before[level.priority], level.value, tolerance);
    state[level.priority] = { best, rounds };
    const settled = rounds >= patience;
    if (settled && best + spare(tolerance, best) - level.value > 0 && level !== levels.at(-1)) continue;
    addScaled(direction, 1, harmless(level.gradient, binding));
    binding.push(level);
  }
  return { direction, state, binding: binding.slice(0, -1).map(({ priority }) => priority) };
}

/** Once a level has settled, its best is what it is held to. */
function noted(
  before: PriorityState[string] | undefined,
  value: number,
  tolerance: Tolerance,
): { best: number; rounds: number } {
  if (before === undefined) return { best: value, rounds: 0 };
  const improved = value < before.best - Math.max(spare(tolerance, before.best), 1e-6 * Math.abs(before.best));
  return { best: Math.min(value, before.best), rounds: improved ? 0 : before.rounds + 1 };
}

/** The nearest vector to `gradient` that has no negative product with the gradients of these levels. */
function harmless(gradient: Float64Array, levels: readonly Level[]): Float64Array {
  if (levels.length === 0) return gradient;
  const rows = levels.map((level) => level.gradient);
  const lifted = gradient.slice();
  liftIntoCone(
    gramian(rows),
    rows.map((row) => dot(row, gradient)),
  ).forEach((multiplier, i) => {
    addScaled(lifted, multiplier, rows[i]!);
  });
  return lifted;
}
