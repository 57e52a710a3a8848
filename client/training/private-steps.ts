/** The local steps of dp-sgd: rows drawn one by one, each one's slope shortened, noise on their sum (`shared/privacy/discretion.ts`). */
import type { LocalTrainer } from "../../shared/kernels/trainer.ts";
import type { Discretion } from "../../shared/privacy/discretion.ts";
import { addNoise, uniforms } from "../../shared/privacy/noise.ts";

type DpSgd = Extract<Discretion, { mechanism: "dp-sgd" }>;

export interface PrivateStepsOptions {
  readonly terms: DpSgd;
  readonly secret: Uint8Array;
  readonly learningRate: number;
  readonly firstStep: number;
}

/** B: what the sum of a step is divided by. */
export const divisorOf = ({ batchSize }: DpSgd, rows: number): number =>
  batchSize === "full" ? rows : Math.min(batchSize, rows);

/** The rows of each step: every one by itself with q = B/n, by the secret. A step may have none. */
export function drawnBatches(rows: Int32Array, terms: DpSgd, secret: Uint8Array): Int32Array[] {
  const q = divisorOf(terms, rows.length) / rows.length;
  return Array.from({ length: terms.steps }, (_, step) => {
    if (q === 1) return rows;
    const uniform = uniforms(secret, `rows of step ${step}`);
    return rows.filter(() => uniform() <= q);
  });
}

/** Each row's part of a step's slope is already divided by B, and so are its clip and the noise. */
export function trainPrivately(
  trainer: LocalTrainer,
  columns: Parameters<LocalTrainer["train"]>[0],
  rows: Int32Array,
  { terms, secret, learningRate, firstStep }: PrivateStepsOptions,
): ReturnType<LocalTrainer["train"]> {
  const bound = terms.clipNorm / divisorOf(terms, rows.length);
  trainer.clipRows(bound);
  return trainer.trainNoisily(columns, drawnBatches(rows, terms, secret), {
    learningRates: new Float64Array(terms.steps).fill(learningRate),
    firstStep,
    noise: (gradient, step) => {
      addNoise(gradient, terms.noiseMultiplier * bound, secret, step, "step");
    },
  });
}
