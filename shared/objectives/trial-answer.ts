/** What a tried loss answers, as JSON: the very form of the golden cases, whose `grad` is of the numerator. */
import type { InputValues } from "../losses/inputs.ts";
import type { BoundLoss } from "../losses/loss.ts";
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

export function answerOf(loss: BoundLoss, trial: Trial): TrialAnswer {
  const { sums, multipliers, value } = trial;
  const headings = loss.kind === "two-phase" ? loss.shownAs : undefined;
  const laidOut = headings === undefined ? stacked : flat;
  return {
    loss: loss.name,
    status: value === null ? "empty" : "ok",
    perUnit: trial.units === undefined ? null : tensorJson(trial.units),
    num: numberJson(trial.numerator),
    den: numberJson(trial.denominator),
    value: value === null ? null : numberJson(value),
    count: trial.count,
    ignored: trial.ignored,
    grad: Object.fromEntries(Object.entries(trial.gradients).map(([name, values]) => [name, tensorJson(values)])),
    ...(sums !== undefined && { sums: { names: Object.keys(headings ?? sums), ...laidOut(sums) } }),
    ...(multipliers !== undefined && { multipliers: laidOut(multipliers) }),
  };
}

type Parts = Readonly<Record<string, InputValues>>;

/** Tensors one after the other. */
function flat(parts: Parts): TensorJson {
  const data = Object.values(parts).flatMap((part) => part.data);
  return tensorJson({ dtype: "real", shape: [data.length], data });
}

/** Along a new first axis when they are alike, flat otherwise. */
function stacked(parts: Parts): TensorJson {
  const all = Object.values(parts);
  const [first] = all;
  if (first === undefined || !all.every(({ shape }) => sameShape(shape, first.shape))) return flat(parts);
  return { ...flat(parts), shape: [all.length, ...first.shape] };
}
