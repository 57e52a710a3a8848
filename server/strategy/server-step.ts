import type { AxisReport, AxisSeen, AxisStep } from "../../shared/objectives/axis.ts";
import { addScaled, distance } from "../../shared/tensor/vector.ts";
import type { FinishContext, Row } from "../aggregation/aggregator.ts";
import type { Clipped } from "./clipping.ts";
import type { Model, Strategy } from "./strategy.ts";

export interface ServerStep {
  readonly model: Model;
  /** The L2 norm of the change. */
  readonly stepNorm: number;
  readonly learningRate: number;
  readonly clipped: Clipped;
  /** How the objectives counted; undefined where there was no step. */
  readonly axis?: AxisReport;
  /** Clients whose updates the aggregation has left out. */
  readonly rejected: readonly string[];
}

export interface StepOptions extends AxisSeen {
  /** How many numbers of the model are trained; the rest are buffers. */
  readonly trained: number;
  /** To the wire's dtype. */
  readonly round: (vector: Float64Array) => Float64Array;
  /** Curvature → how far the clients' local steps carried a slope; 1 in gradient mode. */
  readonly reach: (curvature: number) => number;
  /** What the aggregation is told beside the sum. */
  readonly context?: FinishContext;
  /** Added to the parameters after the optimizer's step, against client drift. */
  readonly shift?: Float64Array | undefined;
}

/** A round that leaves the model as it was. */
export const noStep = <Sum>(strategy: Strategy<Sum>, model: Model): ServerStep => ({
  model: { ...model, version: model.version + 1 },
  stepNorm: 0,
  learningRate: strategy.learningRate * strategy.schedule(model.version),
  clipped: {},
  rejected: [],
});

/**
 * Aggregate → weigh → penalize → clip → step → proximal step: the server's side of a round, in the order it happens.
 *
 * The first `trained` numbers of the model take the optimizer's step. The rest are buffers (running statistics), which follow
 * the clients' mean as it is: their row is minus the mean change, and of several rows their mean counts. Pseudo-gradients are
 * carried as far as the clients' local steps went, so that a server rate of 1 moves as far as they did. Without a row that is ready (no example anywhere) there is no
 * step.
 */
export function serverStep<Sum>(
  strategy: Strategy<Sum>,
  model: Model,
  sum: Sum,
  { trained, round, reach, losses, random, context, shift }: StepOptions,
): ServerStep {
  const rows = strategy.aggregation.finish(sum, context).filter((row) => row.status === "ready");
  const learningRate = strategy.learningRate * strategy.schedule(model.version);
  if (rows.length === 0) return noStep(strategy, model);
  const clippedRows = strategy.clipping.rows(rows, trained);
  const { direction, state, report } = directed(strategy, model, rows, trained, { losses, random });
  const parameters = model.parameters.subarray(0, trained);
  const gradient = direction.slice();
  addScaled(gradient, 1, strategy.penalty(parameters));
  const carried = carriedBy(strategy, reach);
  if (carried !== 1) gradient.forEach((value, i) => (gradient[i] = carried * value));
  const clipped = { ...clippedRows, ...strategy.clipping.direction(gradient, parameters) };
  const [delta, optimizer] = strategy.optimizer.step({ gradient, parameters, learningRate }, model.optimizer);
  const next = Float64Array.from(model.parameters);
  const moved = next.subarray(0, trained);
  addScaled(moved, 1, delta);
  if (shift !== undefined) addScaled(moved, 1, shift.subarray(0, trained));
  if (strategy.proximal !== undefined) {
    const metric = strategy.optimizer.metric(optimizer, trained);
    strategy.proximal(moved, { before: parameters, metric, learningRate, reach });
  }
  for (const row of rows) addScaled(next.subarray(trained), -carried / rows.length, row.gradient.subarray(trained));
  return {
    model: {
      ...model,
      version: model.version + 1,
      parameters: round(next),
      optimizer,
      objectives: state,
      ...(strategy.aggregation.remembers === true && { clients: { ...model.clients, last: gradientsOf(rows) } }),
    },
    stepNorm: distance(moved, parameters),
    learningRate,
    clipped,
    axis: report,
    rejected: rows[0]!.rejected ?? [],
  };
}

const gradientsOf = (rows: readonly Extract<Row, { status: "ready" }>[]): Record<string, Float64Array> =>
  Object.fromEntries(rows.map(({ objective, gradient }) => [objective, gradient]));

/** How much farther than they say the rows go: pseudo-gradients, and changes per unit of local work, as far as local steps went. */
function carriedBy({ rows, perUnit }: Pick<Strategy, "rows" | "perUnit">, reach: StepOptions["reach"]): number {
  if (perUnit !== undefined) return reach(perUnit);
  return rows === "pseudo-gradients" ? reach(0) : 1;
}

/** The rows as one direction of what is trained. */
export function directed(
  { objectives, rows: kind }: Pick<Strategy, "objectives" | "rows">,
  model: Model,
  rows: readonly Extract<Row, { status: "ready" }>[],
  trained: number,
  seen: AxisSeen,
): AxisStep {
  if (kind === "combined") return objectives.follow(model.objectives, rows[0]!.gradient.subarray(0, trained), seen);
  const own = rows.map(({ objective, value, gradient }) => ({
    objective,
    value,
    gradient: gradient.subarray(0, trained),
  }));
  return objectives.step(model.objectives, own, seen);
}
