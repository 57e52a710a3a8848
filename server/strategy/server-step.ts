import { combine } from "../../shared/objectives/weighting.ts";
import { addScaled, distance } from "../../shared/tensor/vector.ts";
import type { Clipped } from "./clipping.ts";
import type { Model, Strategy } from "./strategy.ts";

export interface ServerStep<Memory> {
  readonly model: Model<Memory>;
  /** The L2 norm of the change. */
  readonly stepNorm: number;
  readonly learningRate: number;
  readonly clipped: Clipped;
}

export interface StepOptions {
  /** How many numbers of the model are trained; the rest are buffers. */
  readonly trained: number;
  /** To the wire's dtype. */
  readonly round: (vector: Float64Array) => Float64Array;
  /** Curvature → how far the clients' local steps carried a slope; 1 in gradient mode. */
  readonly reach: (curvature: number) => number;
}

/** A round that leaves the model as it was. */
export const noStep = <Sum, Memory>(strategy: Strategy<Sum, Memory>, model: Model<Memory>): ServerStep<Memory> => ({
  model: { ...model, version: model.version + 1 },
  stepNorm: 0,
  learningRate: strategy.learningRate * strategy.schedule(model.version),
  clipped: {},
});

/**
 * Aggregate → weigh → penalize → clip → step → proximal step: the server's side of a round, in the order it happens.
 *
 * The first `trained` numbers of the model take the optimizer's step. The rest are buffers (running statistics), which follow
 * the clients' mean as it is: their row is minus the mean change. Without a row that is ready (no example anywhere) there is no
 * step.
 */
export function serverStep<Sum, Memory>(
  strategy: Strategy<Sum, Memory>,
  model: Model<Memory>,
  sum: Sum,
  { trained, round, reach }: StepOptions,
): ServerStep<Memory> {
  const rows = strategy.aggregation.finish(sum).filter((row) => row.status === "ready");
  const learningRate = strategy.learningRate * strategy.schedule(model.version);
  if (rows.length === 0) return noStep(strategy, model);
  const clippedRows = strategy.clipping.rows(rows, trained);
  const [direction, weighting] = combine(rows, strategy.weighting, model.weighting);
  const parameters = model.parameters.subarray(0, trained);
  const gradient = direction.slice(0, trained);
  addScaled(gradient, 1, strategy.penalty(parameters));
  const clipped = { ...clippedRows, ...strategy.clipping.direction(gradient, parameters) };
  const [delta, optimizer] = strategy.optimizer.step({ gradient, parameters, learningRate }, model.optimizer);
  const next = Float64Array.from(model.parameters);
  const moved = next.subarray(0, trained);
  addScaled(moved, 1, delta);
  if (strategy.proximal !== undefined) {
    const metric = strategy.optimizer.metric(optimizer, trained);
    strategy.proximal(moved, { before: parameters, metric, learningRate, reach });
  }
  addScaled(next.subarray(trained), -1, direction.subarray(trained));
  return {
    model: { version: model.version + 1, parameters: round(next), optimizer, weighting },
    stepNorm: distance(moved, parameters),
    learningRate,
    clipped,
  };
}
