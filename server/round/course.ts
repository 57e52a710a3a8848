/** The course of a round: one learning as a rule; two where it looks ahead, three where it tunes a loss. */
import type { Vector } from "../../shared/protocol/task.ts";
import { addScaled } from "../../shared/tensor/vector.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import { directed } from "../strategy/server-step.ts";
import type { Model } from "../strategy/strategy.ts";
import { heldBack } from "./held-back.ts";
import type { LearningParts } from "./learning-parts.ts";
import type { Learning, LearningChoice } from "./learning.ts";
import { lookingAhead } from "./look-ahead.ts";
import { tuning } from "./tuning.ts";

export interface CourseOptions {
  readonly parts: LearningParts;
  readonly model: Model;
  readonly learn: (options: LearningChoice) => Learning;
  /** The model as clients receive it. */
  readonly sent: (parameters: Float64Array) => Vector;
  /** Where the server's step by such a sum leads. */
  readonly step: (sum: PartialSum) => Float64Array;
  /** A sum without the objectives whose turn it is not. */
  readonly counted: (sum: PartialSum) => PartialSum;
}

export function courseOf({ parts, model, learn, sent, step, counted }: CourseOptions): Learning {
  const { goals, experiment, roster, random, strategy, trained } = parts;
  const { federation } = experiment;
  const start = sent(model.parameters);
  const parameters = (): Vector => start;
  if (federation.mode === "update") return learn({ parameters });
  const tuned = goals.find((goal) => goal.tuned !== undefined)?.tuned;
  if (tuned !== undefined) {
    const { on, rows, rate, innerRate = strategy.learningRate * strategy.schedule(model.version) } = tuned;
    return tuning({
      learn,
      parameters,
      step: (sum) => sent(innerStep(model.parameters, directionOf(counted(sum), parts, model), innerRate, parts)),
      along: (slope) => slope.map((value, i) => (i < trained ? -innerRate * rate * value : 0)),
      judge: goals.findIndex(({ name }) => name === on),
      rows: rows === "targets" ? undefined : heldBack(roster, rows, random.fork("held back")),
    });
  }
  if (federation.lookAhead !== "extragradient") return learn({ parameters });
  return lookingAhead(
    learn({ parameters }),
    (sum) => sent(step(sum)),
    (at) => learn({ parameters: at }),
  );
}

/** Σ wᵢ∇Lᵢ + ∇R: what plain descent would follow. */
function directionOf(sum: PartialSum, { strategy, trained, random }: LearningParts, model: Model): Float64Array {
  const rows = strategy.aggregation.finish(sum).filter((row) => row.status === "ready");
  const losses = Object.fromEntries(rows.map(({ objective, value }) => [objective, value]));
  const seen = { losses, random: random.fork("round", model.version + 1, "course") };
  const gradient = directed(strategy, model, rows, trained, seen).direction.slice();
  if (rows.length > 0) addScaled(gradient, 1, strategy.penalty(model.parameters.subarray(0, trained)));
  return gradient;
}

function innerStep(
  parameters: Float64Array,
  gradient: Float64Array,
  rate: number,
  { round }: LearningParts,
): Float64Array {
  const next = Float64Array.from(parameters);
  addScaled(next.subarray(0, gradient.length), -rate, gradient);
  return round(next);
}
