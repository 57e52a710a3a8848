/**
 * A round that tunes a loss, in three exchanges, each a sum over rows like any gradient:
 *
 *     gradient   g = ∇L(θ; φ) on the training rows                       θ′ = θ − η·g
 *     validate   v = ∇V(θ′) on the rows that are held back               u = −η·v
 *     tune       ∂⟨u, ∇L(θ; φ)⟩/∂φ on the training rows again            = ∂V(θ′)/∂φ, exactly
 *
 * That slope stands in the row of the objective, where its gradient has nothing to say: the server's optimizer moves θ and φ
 * together. Clients report numerators of all three, and nothing of a row. V is shown at θ′.
 *
 * Source  Bechtle et al. (2021), algorithm 1, with the step through everybody's gradient
 */
import { VectorSum } from "../../shared/sum.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Portion } from "./roster.ts";
import type { Learning, LearningChoice } from "./learning.ts";
import type { Exchange } from "./run-round.ts";

export interface Tuning {
  readonly learn: (options: LearningChoice) => Learning;
  /** θ */
  readonly parameters: () => Vector;
  /** θ′ after a step by these gradients. */
  readonly step: (sum: PartialSum) => Vector;
  /** u of v, times whatever the slope is to be multiplied by. */
  readonly along: (slope: Float64Array) => Vector;
  /** The place of V among the objectives. */
  readonly judge: number;
  /** Undefined where their targets tell the rows apart. */
  readonly rows: { readonly training: Portion; readonly validation: Portion } | undefined;
}

export function tuning({ learn, parameters, step, along, judge, rows }: Tuning): Learning {
  let [trained, judged]: (PartialSum | undefined)[] = [];
  const training = learn({ parameters, portion: rows?.training });
  const validation = learn({
    parameters: () => step((trained ??= kept(training.sum()))),
    portion: rows?.validation,
  });
  const slope = learn({
    parameters,
    portion: rows?.training,
    along: () => along(meanGradient((judged ??= kept(validation.sum())), judge)),
  });
  const [first, ...others] = training.exchanges;
  const beginning: Exchange = {
    ...first,
    open(participants) {
      [trained, judged] = [undefined, undefined];
      return first.open(participants);
    },
  };
  const parts = [training, validation, slope];
  const redone = (name: string) => (one: Learning["policies"][number]) => ({
    name: `${one.name} ${name}`,
    leavers: "redo" as const,
  });
  return {
    ...training,
    exchanges: [beginning, ...others, ...validation.exchanges, ...slope.exchanges],
    policies: [
      ...training.policies,
      ...validation.policies.map(redone("to validate")),
      ...slope.policies.map(redone("to tune")),
    ],
    sum: () => together(trained!, judged!, slope.sum(), judge),
    broken: () => [...new Set(parts.flatMap((part) => part.broken()))].sort(),
    overflowed: () => parts.some((part) => part.overflowed()),
    unbounded: () => parts.flatMap((part) => part.unbounded()),
  };
}

/** A sum that outlasts the fleet's next exchange. */
const kept = (sum: PartialSum): PartialSum => ({
  ...sum,
  vectors: sum.vectors.map((vector) => {
    const copy = new VectorSum(vector.length);
    copy.merge(vector);
    return copy;
  }),
});

/** ∇V; zeros where no row was held back. */
function meanGradient({ objectives, vectors }: PartialSum, judge: number): Float64Array {
  const gradient = vectors[judge]!.value();
  const total = objectives[judge]!.denominator.value();
  return gradient.map((value) => (total === 0 ? 0 : value / total));
}

/** The gradients with the slopes of φ beside those of θ, and V as it was judged. */
function together(trained: PartialSum, judged: PartialSum, slopes: PartialSum, judge: number): PartialSum {
  trained.vectors.forEach((vector, i) => {
    vector.merge(slopes.vectors[i]!);
  });
  return {
    ...trained,
    objectives: trained.objectives.map((own, i) => (i === judge ? judged.objectives[i]! : own)),
    vectors: trained.vectors.map((own, i) => (i === judge ? judged.vectors[i]! : own)),
  };
}
