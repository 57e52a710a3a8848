/**
 * Objectives that are held to a bound instead of being minimized, by multipliers that live in the coordinator's state.
 *
 *     cⱼ = sign·(Lⱼ − boundⱼ) ≤ 0        sign −1 for "at least"; an equality may be of either sign
 *
 *     lagrangian   d + Σ λⱼ·∇cⱼ                          λ ← max(0, λ + rate·c)
 *     augmented    d + Σ μⱼ·∇cⱼ,  μ = max(0, λ + rate·c)   λ ← μ: the quadratic penalty damps what a multiplier alone would swing
 *     projection   the nearest vector to d with ⟨∇cⱼ, ·⟩ ≥ rate·cⱼ: what is violated shrinks by rate·η a step, what is not may
 *                  come no nearer to its bound than by that share. The multipliers are those of the projection, and nothing is kept
 *
 * A multiplier moves every `every` rounds: more than one for an inner problem that is to be solved in between. Where a bound is on a
 * rate with no slope, a differentiable stand-in gives the gradient, and the rate itself moves the multiplier (`measuredBy`).
 *
 * Facts   min x² + y², x + y ≥ 1: (½, ½), λ = 1; augmented with rate 1 and the inner problem solved: λ = ½, ¾, ⅞, …
 * Source  Bertsekas (1982) for multipliers; Cotter et al. (2019) for the stand-ins; Rosen (1960) for projections, with the offsets
 *         of a control barrier — Ames et al. (2017)
 */
import { addScaled } from "../tensor/vector.ts";
import { gramian } from "./gramian.ts";
import { liftIntoCone } from "./solvers/dual-cone.ts";
import { dot } from "../tensor/vector.ts";

export interface Constraint {
  readonly objective: string;
  readonly kind: "atMost" | "atLeast" | "equals";
  readonly bound: number;
  /** A violation up to this counts as none. */
  readonly tolerance: number;
  /** The objective whose value is held against the bound; usually its own. */
  readonly measuredBy: string;
}

export interface ConstraintOptions {
  readonly method: "lagrangian" | "augmented" | "projection";
  /** ρ, of the multipliers or of the projection. */
  readonly rate: number;
  /** Rounds. */
  readonly every: number;
  /** Rounds without less violation after which a bound is suspected to be out of reach. */
  readonly patience: number;
}

export interface ConstraintState {
  /** λ, by objective. */
  readonly multipliers: Readonly<Record<string, number>>;
  /** Rounds since they moved. */
  readonly waited: number;
  /** The least violation so far, and how many rounds ago it was. */
  readonly least: Readonly<Record<string, { readonly violation: number; readonly rounds: number }>>;
}

/** What is said of a constraint in a round. */
export interface ConstraintReport {
  /** Of the measuring objective; null where it has no rows. */
  readonly value: number | null;
  readonly bound: number;
  /** How far beyond the bound; 0 where it holds. */
  readonly violation: number;
  /** What its gradient counts with. */
  readonly multiplier: number;
}

export const startConstraints = (constraints: readonly Constraint[]): ConstraintState => ({
  multipliers: Object.fromEntries(constraints.map(({ objective }) => [objective, 0])),
  waited: 0,
  least: {},
});

/** A violation below this share of the bound is none to be alarmed by. */
const rounding = 1e-6;

interface Standing {
  readonly constraint: Constraint;
  /** c; undefined where nothing was measured. */
  readonly excess: number | undefined;
}

const standingOf = (constraint: Constraint, values: Readonly<Record<string, number | null>>): Standing => {
  const value = values[constraint.measuredBy] ?? undefined;
  const sign = signOf(constraint);
  return { constraint, excess: value === undefined ? undefined : sign * (value - constraint.bound) };
};

const signOf = ({ kind }: Constraint): number => (kind === "atLeast" ? -1 : 1);

const violationOf = ({ constraint, excess = 0 }: Standing): number =>
  Math.max(0, (constraint.kind === "equals" ? Math.abs(excess) : excess) - constraint.tolerance);

export interface Held {
  /** Objective → what its own gradient counts with: sign·μ. */
  readonly weights: Readonly<Record<string, number>>;
  readonly state: ConstraintState;
  readonly reports: Readonly<Record<string, ConstraintReport>>;
  /** Bounds whose violation has not shrunk for long while their multiplier grew. */
  readonly infeasible: readonly string[];
}

/** The multipliers' part of a round: what constraints count with now, and what is remembered. */
export function holdByMultipliers(
  constraints: readonly Constraint[],
  { method, rate, every, patience }: ConstraintOptions,
  before: ConstraintState,
  values: Readonly<Record<string, number | null>>,
): Held {
  const moves = before.waited + 1 >= every;
  const multipliers = { ...before.multipliers };
  const effective: Record<string, number> = {};
  const standings = constraints.map((constraint) => standingOf(constraint, values));
  for (const { constraint, excess = 0 } of standings) {
    const own = before.multipliers[constraint.objective] ?? 0;
    const pushed = constraint.kind === "equals" ? own + rate * excess : Math.max(0, own + rate * excess);
    effective[constraint.objective] = method === "augmented" ? pushed : own;
    if (moves) multipliers[constraint.objective] = pushed;
  }
  const state = { multipliers, waited: moves ? 0 : before.waited + 1, least: watched(before, standings) };
  return described(standings, effective, state, patience);
}

/** The projection's part of a round: `direction` is lifted in place onto the constraints' cone. */
export function holdByProjection(
  constraints: readonly Constraint[],
  { rate, patience }: ConstraintOptions,
  before: ConstraintState,
  values: Readonly<Record<string, number | null>>,
  direction: Float64Array,
  gradients: ReadonlyMap<string, Float64Array>,
): Held {
  const standings = constraints.map((constraint) => standingOf(constraint, values));
  const sides = standings.flatMap(({ constraint, excess }) => {
    const gradient = gradients.get(constraint.objective);
    if (gradient === undefined || excess === undefined) return [];
    const sign = signOf(constraint);
    const one = { name: constraint.objective, row: gradient.map((value) => sign * value), sign, offset: rate * excess };
    const other = { name: one.name, row: one.row.map((value) => -value), sign: -sign, offset: -one.offset };
    return constraint.kind === "equals" ? [one, other] : [one];
  });
  const rows = sides.map(({ row }) => row);
  const along = rows.map((row) => dot(row, direction));
  const lifted = liftIntoCone(
    gramian(rows),
    along.map((value, i) => value - sides[i]!.offset),
    along.map((value, i) => Math.abs(value) + Math.abs(sides[i]!.offset)),
  );
  const effective: Record<string, number> = Object.fromEntries(constraints.map(({ objective }) => [objective, 0]));
  sides.forEach(({ name, row, sign }, i) => {
    addScaled(direction, lifted[i]!, row);
    effective[name] =
      effective[name]! + lifted[i]! * sign * signOf(constraints.find(({ objective }) => objective === name)!);
  });
  return described(
    standings,
    effective,
    { ...before, multipliers: effective, least: watched(before, standings) },
    patience,
  );
}

function described(
  standings: readonly Standing[],
  effective: Readonly<Record<string, number>>,
  state: ConstraintState,
  patience: number,
): Held {
  const reports = standings.map((standing) => {
    const { constraint, excess } = standing;
    const value = excess === undefined ? null : constraint.bound + signOf(constraint) * excess;
    const report = {
      value,
      bound: constraint.bound,
      violation: violationOf(standing),
      multiplier: effective[constraint.objective]!,
    };
    return [constraint.objective, report] as const;
  });
  const stuck = standings.filter(
    (standing) =>
      violationOf(standing) > rounding * Math.max(1, Math.abs(standing.constraint.bound)) &&
      (state.least[standing.constraint.objective]?.rounds ?? 0) >= patience,
  );
  return {
    weights: Object.fromEntries(
      standings.map(({ constraint: { objective, ...rest } }) => [
        objective,
        signOf({ objective, ...rest }) * effective[objective]!,
      ]),
    ),
    state,
    reports: Object.fromEntries(reports),
    infeasible: stuck.map(({ constraint }) => constraint.objective),
  };
}

/** A violation that is at least a hundredth smaller than the least so far begins the count anew. */
function watched({ least }: ConstraintState, standings: readonly Standing[]): ConstraintState["least"] {
  const next = { ...least };
  for (const standing of standings) {
    const { objective } = standing.constraint;
    const violation = violationOf(standing);
    const before = least[objective];
    if (before === undefined || violation === 0 || violation < 0.99 * before.violation)
      next[objective] = { violation, rounds: 0 };
    else next[objective] = { ...before, rounds: before.rounds + 1 };
  }
  return next;
}
