/**
 * F and λ = ∂F/∂S of an objective that is a function of sums, as numbers: what the coordinator computes between the two phases,
 * from the loss's own graph, in float64 and inside the kernels, so that λ has the same bits on every machine.
 *
 *     const dice = outerFunction(loss, { intersection: [], predicted: [], actual: [] }, heap);
 *     dice({ intersection: [2], predicted: [2.9], actual: [3] });     // { value: 0.322…, multipliers: { intersection: [−0.339…], … } }
 */
import { input } from "../graph/build.ts";
import { defineProgram } from "../graph/define-program.ts";
import { createEngine } from "../kernels/engine.ts";
import type { Heap } from "../kernels/heap.ts";
import type { SumsLoss } from "../losses/loss.ts";
import type { Shape } from "../tensor/shape.ts";
import { everything, type Pace } from "./curriculum.ts";
import { outerOutputs } from "./objective.ts";

export interface OuterValue {
  /** F(S); null where it is not estimable from such sums. */
  readonly value: number | null;
  /** λ, sum by sum; zeros where F is not estimable. */
  readonly multipliers: Readonly<Record<string, Float64Array>>;
  /** What a loss shows beside F, by name: the rates of groups, a threshold. */
  readonly details: Readonly<Record<string, readonly number[]>>;
}

/** `pace` is for a loss under a curriculum; everything counts when it is left out. */
export type OuterFunction = (sums: Readonly<Record<string, ArrayLike<number>>>, pace?: Pace) => OuterValue;

/** `shapes`: of each sum. */
export function outerFunction(loss: SumsLoss, shapes: Readonly<Record<string, Shape>>, heap: Heap): OuterFunction {
  const names = Object.keys(shapes);
  const nodes = Object.fromEntries(names.map((name) => [name, input(name, shapes[name]!)]));
  const pace = loss.paced === undefined ? undefined : input("pace", [2]);
  const { value, empty, multipliers, details } = outerOutputs(loss, nodes, pace);
  const shown = Object.keys(details);
  const program = defineProgram({
    inputs: [...names, ...(pace ? ["pace"] : [])].map((name) => ({
      name,
      role: "constant",
      shape: shapes[name] ?? [2],
      dtype: "real",
    })),
    outputs: {
      value,
      empty,
      ...Object.fromEntries(names.map((name) => [`multiplier/${name}`, multipliers[name]!])),
      ...Object.fromEntries(shown.map((name) => [`detail/${name}`, details[name]!])),
    },
  });
  const engine = createEngine(program, { precision: "float64", heap });
  return (sums, given = everything) => {
    if (pace !== undefined) engine.input("pace").set(given);
    for (const name of names) engine.input(name).set(sums[name]!);
    engine.run();
    return {
      value: engine.output("empty")[0] === 0 ? engine.output("value")[0]! : null,
      multipliers: Object.fromEntries(
        names.map((name) => [name, Float64Array.from(engine.output(`multiplier/${name}`))]),
      ),
      details: Object.fromEntries(shown.map((name) => [name, Array.from(engine.output(`detail/${name}`))])),
    };
  };
}
