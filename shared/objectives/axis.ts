/**
 * The objective axis of a run: weighting, priorities and bounds as one init/step pair, from the rows of a round to one direction.
 *
 *     goals          weighed by a method of the catalogue, or in order of priority
 *     constraints    objectives with a bound: added with their multipliers, or what the direction is projected for
 *
 * Rows are exact gradients (gradient mode), pseudo-gradients (one change of the model for each objective), or there is but one row, the
 * change for all of them together: then the losses decide how much each objective counts in the next round's local work, or sketches of
 * gradients how much in this one's. What a method promises holds for exact gradients; for pseudo-gradients as far as they are gradients, for
 * sketches up to their error (`sketch.ts`).
 */
import { addScaled } from "../tensor/vector.ts";
import type { Random } from "../random.ts";
import { combine, type ObjectiveRow, type Stretch } from "./combine.ts";
import {
  holdByMultipliers,
  holdByProjection,
  startConstraints,
  type Constraint,
  type ConstraintOptions,
  type ConstraintReport,
  type ConstraintState,
  type Held,
} from "./constraints.ts";
import { inOrderOfPriority, type Level, type PriorityOptions, type PriorityState } from "./priorities.ts";
import { scaleReport, type ScaleReport } from "./scale-report.ts";
import { gramian } from "./gramian.ts";
import type { Weighting } from "./weighting.ts";

export interface AxisParts {
  /** Objectives without a bound → their declared weights, in the experiment's order. Those of weight 0 are only measured. */
  readonly goals: Readonly<Record<string, number>>;
  readonly weighting: Weighting;
  /** Objective → its priority; empty where weights decide. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly priority: PriorityOptions;
  readonly constraints: readonly Constraint[];
  readonly constraint: ConstraintOptions;
  readonly stretches: readonly Stretch[];
}

export interface AxisState {
  readonly weighting: unknown;
  readonly priorities: PriorityState;
  readonly constraints: ConstraintState;
  /** Objective → how much it counts in the next round's local work, where losses decide. */
  readonly local: Readonly<Record<string, number>>;
}

export interface AxisReport {
  /** Objective → what its gradient counted with, declared weight and multiplier included; null where coordinates were mixed. */
  readonly weights: Readonly<Record<string, number>> | null;
  readonly stationary: boolean;
  readonly constraints: Readonly<Record<string, ConstraintReport>>;
  readonly infeasible: readonly string[];
  /** Of the rows, where there are several. */
  readonly scale?: ScaleReport;
}

export interface AxisStep {
  readonly direction: Float64Array;
  readonly state: AxisState;
  readonly report: AxisReport;
}

export interface ObjectiveAxis {
  init(): AxisState;
  /** One row for each objective that has examples; `losses` of all of them, null where there are none. */
  step(state: AxisState, rows: readonly ObjectiveRow[], seen: AxisSeen): AxisStep;
  /**
   * Before local work for all objectives together: what each is to count for in it, from the Gramian of these rows, which may be sketches of
   * gradients on the parameters that objectives share.
   */
  ahead(state: AxisState, rows: readonly ObjectiveRow[], random: Random): AxisState;
  /** The one row of local work for all objectives together, and what counts in the next. */
  follow(state: AxisState, row: Float64Array, seen: AxisSeen): AxisStep;
}

export interface AxisSeen {
  readonly losses: Readonly<Record<string, number | null>>;
  readonly random: Random;
}

export function objectiveAxis(parts: AxisParts): ObjectiveAxis {
  const { goals, weighting, priorities, constraints, constraint, stretches } = parts;
  const weighed = Object.keys(goals).filter((name) => goals[name]! > 0);
  const held = (
    state: AxisState,
    seen: AxisSeen,
    direction?: Float64Array,
    rows: readonly ObjectiveRow[] = [],
  ): Held => {
    if (constraint.method !== "projection" || direction === undefined)
      return holdByMultipliers(constraints, constraint, state.constraints, seen.losses);
    const gradients = new Map(rows.map(({ objective, gradient }) => [objective, gradient]));
    return holdByProjection(constraints, constraint, state.constraints, seen.losses, direction, gradients);
  };
  return {
    init: () => ({
      weighting: weighting.init(),
      priorities: {},
      constraints: startConstraints(constraints),
      local: { ...goals, ...Object.fromEntries(constraints.map(({ objective }) => [objective, 0])) },
    }),
    step(state, rows, seen) {
      const own = rows.filter(({ objective }) => weighed.includes(objective));
      const size = rows[0]?.gradient.length ?? 0;
      const ordered = Object.keys(priorities).length > 0;
      const { direction, weights, status, next } =
        own.length === 0
          ? { direction: new Float64Array(size), weights: {}, status: undefined, next: state }
          : ordered
            ? byPriority(parts, state, own)
            : byWeight(weighting, state, own, { scales: goals, stretches, random: seen.random });
      const bounds = held(state, seen, direction, rows);
      if (constraint.method !== "projection") {
        for (const { objective, gradient } of rows) addScaled(direction, bounds.weights[objective] ?? 0, gradient);
      }
      return {
        direction,
        state: { ...next, constraints: bounds.state },
        report: {
          weights: weights === null ? null : { ...weights, ...bounds.weights },
          stationary: status === "stationary",
          constraints: bounds.reports,
          infeasible: bounds.infeasible,
          ...(rows.length > 1 && { scale: scaleReport(rows) }),
        },
      };
    },
    ahead(state, rows, random) {
      const own = rows.filter(({ objective }) => weighed.includes(objective));
      if (weighting.needs !== "gramian" || own.length === 0) return state;
      const names = own.map(({ objective }) => objective);
      const scaled = own.map(({ objective, gradient }) => gradient.map((x) => goals[objective]! * x));
      const losses = Float64Array.from(own, ({ objective, value }) => goals[objective]! * value);
      const { weights, state: next } = weighting.step(state.weighting, {
        names,
        losses,
        random,
        gramian: gramian(scaled),
      });
      const counted = Object.fromEntries(names.map((name, i) => [name, goals[name]! * weights[i]!]));
      return { ...state, weighting: next, local: { ...state.local, ...counted } };
    },
    follow(state, row, seen) {
      const names = weighed.filter((name) => seen.losses[name] != null);
      const bounds = held(state, seen);
      const local: Record<string, number> = { ...state.local, ...bounds.weights };
      let next = state.weighting;
      if (weighting.needs === "losses" && names.length > 0) {
        const losses = Float64Array.from(names, (name) => goals[name]! * seen.losses[name]!);
        const outcome = weighting.step(state.weighting, { names, losses, random: seen.random });
        names.forEach((name, i) => (local[name] = goals[name]! * outcome.weights[i]!));
        next = outcome.state;
      }
      return {
        direction: row,
        state: { ...state, weighting: next, constraints: bounds.state, local },
        report: { weights: state.local, stationary: false, constraints: bounds.reports, infeasible: bounds.infeasible },
      };
    },
  };
}

interface GoalStep {
  readonly direction: Float64Array;
  readonly weights: Readonly<Record<string, number>> | null;
  readonly status: "stationary" | undefined;
  readonly next: AxisState;
}

function byWeight(
  weighting: Weighting,
  state: AxisState,
  rows: readonly ObjectiveRow[],
  options: Parameters<typeof combine>[3],
): GoalStep {
  const { direction, weights, status, state: after } = combine(rows, weighting, state.weighting, options);
  const scaled =
    weights &&
    Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, weight * options.scales[name]!]));
  return { direction, weights: scaled, status, next: { ...state, weighting: after } };
}

function byPriority(
  { goals, priorities, priority }: AxisParts,
  state: AxisState,
  rows: readonly ObjectiveRow[],
): GoalStep {
  const levels = new Map<number, Level & { readonly gradient: Float64Array }>();
  for (const { objective, value, gradient } of rows) {
    const own = priorities[objective]!;
    const before = levels.get(own) ?? { priority: own, value: 0, gradient: new Float64Array(gradient.length) };
    addScaled(before.gradient, goals[objective]!, gradient);
    levels.set(own, { ...before, value: before.value + goals[objective]! * value });
  }
  const sorted = [...levels.values()].sort((a, b) => a.priority - b.priority);
  const { direction, state: after } = inOrderOfPriority(sorted, priority, state.priorities);
  return { direction, weights: null, status: undefined, next: { ...state, priorities: after } };
}
