/** How strongly to hold the weights back, from the size of the data and of their noise. */
import type { Measurements } from "./measure.ts";
import type { Numbers, Proposal } from "./proposal.ts";
import { noiseFacts } from "./regression.ts";
import { Sketch } from "./sketch.ts";
import { brief, shown, type SettledTask } from "./task.ts";

export interface Regularization {
  readonly kind: "l2";
  /** λ of λ·Σθ² beside the mean loss, for standardized features. */
  readonly lambda: number;
  readonly because: string;
  readonly numbers: Numbers;
}

/**
 * For squared errors λ = p·σ²/(n·Σβ²), the ridge of Hoerl, Kennard & Baldwin (1975) with the fit's own robust σ and β, and for
 * other losses on numbers in proportion to their curvature near 0, which is their unit; for likelihoods λ = 1/(2n·τ²), a Gaussian belief about each weight with deviation τ = 1.
 */
export function regularizationFor(measured: Measurements, settled: SettledTask, first?: Proposal): Regularization {
  const { rows, noise, sketches, columns } = measured;
  const n = Math.max(1, rows - settled.facts.missing);
  if (settled.task === "regression" && noise !== undefined && noise.slopes > 0) {
    const { scale } = noiseFacts(noise, Sketch.fromJSON(sketches[settled.facts.name]!));
    const p = noise.width - 1;
    const perCurvature = Math.min(1, (p * scale * scale) / (n * noise.slopes)) / 2; // e² has the curvature 2
    const lambda = perCurvature * (first?.curvature ?? 2);
    return {
      kind: "l2",
      lambda: brief(lambda),
      because: `p·σ²/(n·Σβ²), times the loss's curvature over that of e², with ${p} weights, ${shown(n)} rows, and the σ and β of the simple fit`,
      numbers: { rows: n, weights: p, sigma: scale, slopes: noise.slopes },
    };
  }
  return {
    kind: "l2",
    lambda: brief(1 / (2 * n)),
    because: `1/(2n): a weight of a standardized feature is believed to be within ±1 or so`,
    numbers: { rows: n, columns: columns.length - 1 },
  };
}
