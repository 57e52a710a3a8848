/** Random batches for every loss of the catalogue: options that matter, targets of its kind, predictions away from kinks. */
import { losses, type LossName } from "../../shared/experiment/catalogue.ts";
import type { BoundLoss } from "../../shared/losses/loss.ts";
import type { Draw } from "./draw.ts";
import type { Batch } from "./loss-batch.ts";

export interface LossCase {
  readonly title: string;
  readonly loss: BoundLoss;
  /** `rows` rows; predictions are multiples of 2⁻¹², a distance from every kink. */
  readonly draw: (draw: Draw, rows: number) => Batch;
}

const grid = (x: number): number => Math.round(x * 4096) / 4096;
const real = (shape: readonly number[], data: readonly number[]) => ({ dtype: "real", shape, data }) as const;
const labels = (data: readonly number[]) => ({ dtype: "index", shape: [data.length], data }) as const;
const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);

/** A number in [−4, 4] whose distance from every multiple of ½ is at least 0.05: no case has a kink elsewhere. */
const calm = (draw: Draw): number => grid(draw.integer(-8, 7) / 2 + 0.05 + 0.4 * draw.unit());

const numbers = (draw: Draw, rows: number): Batch => {
  const target = times(rows, () => draw.integer(-4, 4) / 2);
  return {
    prediction: real(
      [rows],
      target.map((y) => y + calm(draw)),
    ),
    target: real([rows], target),
  };
};
const matrix = (draw: Draw, rows: number): Batch => {
  const target = times(rows * 3, () => draw.integer(-4, 4) / 2);
  return {
    prediction: real(
      [rows, 3],
      target.map((y) => y + calm(draw)),
    ),
    target: real([rows, 3], target),
  };
};
const answers =
  (values: readonly [number, number]) =>
  (draw: Draw, rows: number): Batch => ({
    prediction: real(
      [rows],
      times(rows, () => calm(draw)),
    ),
    target: real(
      [rows],
      times(rows, () => draw.choice(values)),
    ),
  });
const classes =
  (outputs: number, targets: number, ignored: readonly number[] = []) =>
  (draw: Draw, rows: number): Batch => ({
    prediction: real(
      [rows, outputs],
      times(rows * outputs, () => calm(draw)),
    ),
    target: labels(times(rows, () => draw.choice([...Array(targets).keys(), ...ignored]))),
  });
const softRows = (draw: Draw, rows: number): Batch => ({
  prediction: real(
    [rows, 4],
    times(rows * 4, () => calm(draw)),
  ),
  target: real(
    [rows, 4],
    times(rows, () =>
      draw.choice([
        [1, 0, 0, 0],
        [0, 0.25, 0.75, 0],
        [0.25, 0.25, 0.25, 0.25],
      ]),
    ).flat(),
  ),
});

const cases: Readonly<Record<LossName, readonly (readonly [options: object, draw: LossCase["draw"]])[]>> = {
  mse: [
    [{}, numbers],
    [{ half: true }, matrix],
  ],
  mae: [[{}, numbers]],
  huber: [
    [{}, numbers],
    [{ delta: 1.5 }, matrix],
  ],
  "bce-with-logits": [
    [{}, answers([0, 1])],
    [{ posWeight: 3, labelSmoothing: 0.1 }, answers([0, 1])],
  ],
  "softmax-cross-entropy": [
    [{}, classes(4, 4)],
    [{ classWeights: [1, 2, 4, 0.5], labelSmoothing: 0.1, zLoss: 0.01 }, classes(4, 4, [-100])],
    [{ classMask: [false, true, true, true], classWeights: [1, 2, 4, 0.5] }, classes(4, 4, [-100])],
    [{ classWeights: [1, 2, 4, 0.5], labelSmoothing: 0.1 }, softRows],
  ],
  hinge: [
    [{}, answers([-1, 1])],
    [{ margin: 0.5 }, answers([-1, 1])],
  ],
  "ordinal-coral": [[{}, classes(3, 4)]],
};

export const lossCases: readonly LossCase[] = Object.entries(cases).flatMap(([name, list]) =>
  list.map(([options, draw]) => ({
    title: `${name} ${JSON.stringify(options)}${draw === softRows ? " on soft rows" : ""}`,
    loss: losses[name as LossName].bind(options),
    draw,
  })),
);
