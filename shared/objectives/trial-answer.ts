/** What a tried loss answers, as JSON: the very form of the golden cases, whose `grad` is of the numerator. */
import type { InputValues } from "../losses/inputs.ts";
import { sameShape } from "../tensor/shape.ts";
import { numberJson, tensorJson, type NumberJson, type TensorJson } from "./trial-tensor.ts";
import type { Trial } from "./trial.ts";

export interface TrialAnswer {
  readonly loss: string;
  /** empty: there is nothing to divide by. */
  readonly status: "ok" | "empty";
  /** Null where a loss has no value for each unit: over sets, and of sums. */
  readonly perUnit: TensorJson | null;
  readonly num: NumberJson;
  readonly den: NumberJson;
  readonly value: NumberJson | null;
  readonly count: number;
  readonly ignored: number;
  readonly grad: Readonly<Record<string, TensorJson>>;
  /** Of a two-phase loss: S, sum after sum; and in the same layout λ = ∂F/∂S. */
  readonly sums?: TensorJson & { readonly names: readonly string[] };
  readonly multipliers?: TensorJson;
}

export function answerOf(loss: string, trial: Trial): TrialAnswer {
  const { sums, multipliers, value } = trial;
  return {
    loss,
    status: value === null ? "empty" : "ok",
    perUnit: trial.units === undefined ? null : tensorJson(trial.units),
    num: numberJson(trial.numerator),
    den: numberJson(trial.denominator),
    value: value === null ? null : numberJson(value),
    count: trial.count,
    ignored: trial.ignored,
    grad: Object.fromEntries(Object.entries(trial.gradients).map(([name, values]) => [name, tensorJson(values)])),
    ...(sums !== undefined && { sums: { names: Object.keys(sums), ...stacked(sums) } }),
    ...(multipliers !== undefined && { multipliers: stacked(multipliers) }),
  };
}

/** Tensors one after the other: along a new first axis when they are alike, flat otherwise. */
function stacked(parts: Readonly<Record<string, InputValues>>): TensorJson {
  const all = Object.values(parts);
  const data = all.flatMap((part) => part.data);
  const [first] = all;
  const alike = first !== undefined && all.every(({ shape }) => sameShape(shape, first.shape));
  return tensorJson({ dtype: "real", shape: alike ? [all.length, ...first.shape] : [data.length], data });
}
