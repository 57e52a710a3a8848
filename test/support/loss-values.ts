/** Small batches written by hand, and what is read off a result. */
import type { InputValues } from "../../shared/losses/inputs.ts";
import type { Trial } from "../../shared/objectives/trial.ts";

export const real = (shape: readonly number[], data: readonly number[]): InputValues => ({
  dtype: "real",
  shape,
  data,
});
export const labels = (...data: number[]): InputValues => ({ dtype: "index", shape: [data.length], data });

/** ∂numerator/∂prediction, flat. */
export const slopesOf = ({ gradients }: Trial): readonly number[] => gradients["prediction"]!.data;
