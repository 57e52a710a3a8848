/**
 * The objective axis: how much each objective counts in one step.
 *
 *     direction = Σᵢ weightᵢ · gᵢ,      gᵢ = ∇Lᵢ, the mean gradient of objective i over all clients
 *
 * A weighting is a pair of pure functions: what it must remember (multipliers, moving averages) goes in and comes out as a value,
 * plain JSON but for vectors (`Float64Array`), and into every checkpoint. What a method looks at is part of its type:
 *
 *     losses     Lᵢ alone: the gradient of one number, a scalarization. Works wherever losses are known
 *     gramian    also G[i][j] = ⟨gᵢ, gⱼ⟩: m×m numbers, from exact gradients, pseudo-gradients or sketches
 *     rows       also the gradients themselves, coordinate by coordinate
 *
 * An objective without a row in this round is not among `names`, and gets no weight. Chance comes from the fork that is given.
 *
 *     const { weights, state } = weighting.step(before, { names: ["disease", "severity"], losses, gramian, random });
 *
 * Read next: `combine.ts`, what is made of the weights; `catalogue.ts`, every method; `define-weighting.ts`, one of your own.
 */
import type { Random } from "../random.ts";
import type { Gramian } from "./gramian.ts";

export interface SeenLosses {
  /** The objectives that have rows in this round, in the experiment's order. */
  readonly names: readonly string[];
  readonly losses: Float64Array;
  /** The method's own stream of this round. */
  readonly random: Random;
}

export interface SeenGramian extends SeenLosses {
  readonly gramian: Gramian;
}

export interface SeenRows extends SeenGramian {
  readonly rows: readonly Float64Array[];
}

export interface Weighed<State> {
  readonly weights: Float64Array;
  readonly state: State;
  /** The value that the weights are the slopes of, where there is one. */
  readonly value?: number;
  /** There where the method is not defined: no direction improves every objective. The weights are then 0. */
  readonly status?: "stationary";
}

export interface Directed<State> {
  readonly direction: Float64Array;
  /** Where the direction is a combination of the rows. */
  readonly weights?: Float64Array;
  readonly state: State;
  readonly status?: "stationary";
}

interface Named<State> {
  readonly name: string;
  init(): State;
}

/** From losses alone. */
export interface Scalarizing<State = unknown> extends Named<State> {
  readonly needs: "losses";
  step(state: State, seen: SeenLosses): Weighed<State>;
}

/** From lengths and angles. */
export interface FromGramian<State = unknown> extends Named<State> {
  readonly needs: "gramian";
  step(state: State, seen: SeenGramian): Weighed<State>;
}

/** From the gradients themselves. */
export interface RowWise<State = unknown> extends Named<State> {
  readonly needs: "rows";
  step(state: State, seen: SeenRows): Directed<State>;
}

export type Weighting<State = unknown> = Scalarizing<State> | FromGramian<State> | RowWise<State>;
export type Needs = Weighting["needs"];
