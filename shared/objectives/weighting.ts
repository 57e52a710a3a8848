/**
 * The objective axis: how much each objective counts in one step.
 *
 *     direction = Σᵢ weightᵢ · gᵢ,      gᵢ = ∇Lᵢ, the mean gradient of objective i over all clients
 *
 * A weighting is a pair of pure functions, over numbers only: what it must remember (multipliers, moving averages) goes in and
 * comes out as a value, plain JSON, and into every checkpoint. Most methods need no more than the Gramian of the gradients and
 * the losses. An objective without a row in this round is not among `names`, and gets no weight.
 *
 *     const [weights, state] = weighting.step(before, { names: ["disease", "severity"], gramian, losses });
 */
import { addScaled } from "../tensor/vector.ts";
import { gramian, type Gramian } from "./gramian.ts";

export interface Seen {
  /** The objectives that have rows in this round, in the experiment's order. */
  readonly names: readonly string[];
  readonly gramian: Gramian;
  readonly losses: Float64Array;
}

export interface Weighting<State = unknown> {
  readonly name: string;
  init(objectives: readonly string[]): State;
  step(state: State, seen: Seen): readonly [weights: Float64Array, state: State];
}

/** One objective over all clients of a round: Lᵢ = num/den and ∇Lᵢ, uphill. */
export interface ObjectiveRow {
  readonly objective: string;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** The rows as one direction, and the weighting's next state. */
export function combine<State>(
  rows: readonly ObjectiveRow[],
  weighting: Weighting<State>,
  state: State,
): readonly [direction: Float64Array, state: State] {
  const [weights, next] = weighting.step(state, {
    names: rows.map((row) => row.objective),
    gramian: gramian(rows.map((row) => row.gradient)),
    losses: Float64Array.from(rows, (row) => row.value),
  });
  const direction = new Float64Array(rows[0]?.gradient.length ?? 0);
  rows.forEach((row, i) => {
    addScaled(direction, weights[i]!, row.gradient);
  });
  return [direction, next];
}
