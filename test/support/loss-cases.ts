/**
 * Every loss of the catalogue with its default options on every form of its inputs, and further options that matter. The first
 * part is read off the catalogue, so no loss can escape; the second is a list to add to.
 */
import { losses, type LossName } from "../../shared/losses/catalogue.ts";
import type { DrawOptions } from "../../shared/losses/draw.ts";
import { formsOf, type InputSpec, type InputSpecs } from "../../shared/losses/inputs.ts";
import type { BoundLoss } from "../../shared/losses/loss.ts";

export interface LossCase {
  readonly title: string;
  readonly name: LossName;
  readonly loss: BoundLoss;
  readonly draw: DrawOptions;
}

/** Options beside the defaults; a loss without defaults for all its options needs at least one entry. */
const further: Partial<Readonly<Record<LossName, readonly object[]>>> = {
  mse: [{ half: true }],
  huber: [{ delta: 1.5 }, { delta: "auto" }],
  "smooth-l1": [{ beta: 0.5 }, { beta: 0 }, { beta: "auto" }],
  barron: [{ alpha: 2 }, { alpha: 0, c: 0.5 }, { alpha: -2 }, { alpha: "-Infinity", c: 2 }, { alpha: 3.5 }],
  "adaptive-barron": [
    { alpha: 1.9, c: 0.5 },
    { alpha: 0.05, c: 2 },
  ],
  quantile: [{ q: 0.9 }],
  "multi-quantile": [{ crossing: 2 }],
  expectile: [{ tau: 0.8 }],
  mape: [{ eps: 0.5 }],
  "poisson-nll": [{ full: true }, { logInput: false }],
  "negative-binomial": [{ dispersion: 0.5 }, { dispersion: 2, full: true }],
  tweedie: [{ power: 1.2 }],
  "gaussian-nll": [{ full: true }],
  "bce-with-logits": [{ posWeight: 3, labelSmoothing: 0.1 }],
  "softmax-cross-entropy": [
    { classWeights: [1, 2, 4, 0.5], labelSmoothing: 0.1, zLoss: 0.01 },
    { classMask: [false, true, true, true], classWeights: [1, 2, 4, 0.5] },
    { ignoreIndex: 2 },
  ],
  hinge: [{ margin: 0.5 }],
  nll: [{ classWeights: [1, 2, 4, 0.5] }, { ignoreIndex: 2 }],
  "kl-divergence": [{ fromLogits: false }, { logTarget: true }, { fromLogits: false, logTarget: true }],
  distillation: [{ temperature: 4, alpha: 1 }, { alpha: 0 }],
  "focal-binary": [{ gamma: 0.5, alpha: null }, { gamma: 0 }, { normalizer: "positives" }],
  "focal-softmax": [{ gamma: 0.5, alpha: [0.25, 1, 0.5, 0.75] }, { gamma: 0 }, { ignoreIndex: 2 }],
  "asymmetric-focal": [
    { gammaPositive: 1, gammaNegative: 0.5, shift: 0 },
    { gammaNegative: 1, shift: 0.2 },
  ],
  "logit-adjusted-cross-entropy": [{ counts: [100, 10, 1, 5] }],
  ldam: [{ counts: [100, 10, 1, 5] }, { counts: [1, 2, 3, 4], margin: 0, scale: 1 }],
  "positive-unlabelled": [{ prior: 0.3 }],
  "poly1-cross-entropy": [{ epsilon: -1 }],
  "generalized-cross-entropy": [{ q: 0.1 }, { q: 1 }],
  "symmetric-cross-entropy": [{ alpha: 1, beta: 0.5, logZero: -2 }],
  "bootstrapped-cross-entropy": [{ mode: "hard" }, { beta: 0.5 }],
  "squared-hinge": [{ margin: 2 }],
  "multi-margin": [{ p: 2, classWeights: [1, 2, 4, 0.5] }, { margin: 2 }],
  "crammer-singer": [{ margin: 2 }],
  "multilabel-soft-margin": [{ classWeights: [1, 2, 4, 0.5] }],
  "bradley-terry": [{ margin: 0.5 }],
  dpo: [{ labelSmoothing: 0.1 }, { variant: "robust", labelSmoothing: 0.1 }, { variant: "hinge" }],
  kto: [{ undesirableWeight: 1.33, klBaseline: 0.25 }],
  "ppo-clip": [{ epsilonHigh: 0.28 }],
  grpo: [{ normalizer: "sequence" }, { normalizer: "constant", maxLength: 8, klBeta: 0 }],
  ctc: [{ normalizer: "target-length" }],
  "gan-discriminator": [{ variant: "lsgan" }, { variant: "hinge" }, { variant: "wgan" }],
  pearson: [{ origin: 0.5 }],
  "cox-global": [
    { grid: [0.5, 1, 1.5, 2, 3] },
    { grid: [0.5, 1, 1.5, 2, 3], ties: "breslow", origin: 2 },
    { grid: [1, 2], tieTerms: 2 },
  ],
  cvar: [
    { loss: "mse" },
    { loss: { kind: "softmax-cross-entropy", classWeights: [1, 2, 4, 0.5], ignoreIndex: 2 }, fraction: 0.4 },
    { loss: "mae", fraction: 0.5, edges: [0, 0.25, 0.5, 1, 2, 4] },
  ],
  term: [{ loss: "mse" }, { loss: { kind: "bce-with-logits", posWeight: 2 }, t: -0.5 }, { loss: "gaussian-nll", t: 4 }],
  "geometric-mean": [
    { loss: { kind: "softmax-cross-entropy", classWeights: [1, 2, 4, 0.5] } },
    { loss: "mse", floor: 0.5 },
  ],
  "bounded-group-loss": [
    { groups: 3, loss: "mse", bound: 0.5 },
    { groups: 3, loss: { kind: "softmax-cross-entropy", classWeights: [1, 2, 4, 0.5] }, minimumSize: 2 },
  ],
  dice: [{ smooth: 1 }, { activation: "softmax" }],
  jaccard: [{ smooth: 1, activation: "sigmoid" }],
  tversky: [{ alpha: 0.3, beta: 0.7, smooth: 0.5 }],
  "demographic-parity": [{ groups: 3 }, { groups: 3, form: "moment" }, { groups: 3, minimumSize: 2 }],
  "equal-opportunity": [{ groups: 3 }, { groups: 3, form: "moment" }],
  "equalized-odds": [{ groups: 3 }, { groups: 3, form: "moment" }],
  "triplet-margin": [{ p: 1 }, { p: 3.5, margin: 0.5 }, { swap: true }],
  contrastive: [{ margin: 3 }],
  "cosine-embedding": [{ margin: -0.5 }],
  "info-nce": [{ temperature: 0.5, symmetric: true }],
  arcface: [{ scale: 8 }],
  cosface: [{ scale: 8, margin: 0.1 }],
  "triplet-mining": [{ mining: "semi-hard", margin: 3 }, { mining: "all" }],
  "multi-similarity": [{ beta: 10, epsilon: 2 }],
  "proxy-nca": [
    { classes: 4, size: 3 },
    { classes: 4, size: 2, temperature: 1 },
  ],
  "proxy-anchor": [
    { classes: 4, size: 3 },
    { classes: 4, size: 2, margin: 0, scale: 2 },
  ],
  "tuned-barron": [{ alpha: 1.9, c: 0.5 }],
  "tuned-poly1-cross-entropy": [{ epsilon: 2 }],
  "network-loss": [{ hidden: 3 }],
  warp: [{ margin: 3 }],
  circle: [{ scale: 16, margin: 0.4 }],
  ranknet: [{ sigma: 2 }],
  lambdarank: [{ sigma: 2, k: 2 }],
  "lambda-loss": [{ scheme: "ndcg-loss1" }, { scheme: "ndcg-loss2", sigma: 2 }],
  "approx-ndcg": [{ alpha: 3 }],
  cox: [{ ties: "breslow" }],
  deephit: [{ alpha: 0.7, sigma: 0.5 }],
  "gan-generator": [{ variant: "lsgan" }, { variant: "hinge" }],
};

/** One draw for each form of each input, the others in forms that fit; open axes once shut and once of length 2. */
function drawsFor(inputs: InputSpecs): DrawOptions[] {
  const forms = Object.entries(inputs).flatMap(([name, spec]) =>
    formsOf(spec).flatMap((form, i) => {
      const fitting = Object.entries(inputs).map(([other, its]) => [other, other === name ? i : beside(form, its)]);
      const moved = Object.fromEntries(fitting.filter(([, at]) => at !== 0)) as Record<string, number>;
      return Object.keys(moved).length === 0 ? [] : [{ forms: moved }];
    }),
  );
  const open = Object.values(inputs).some((spec) => formsOf(spec).some(({ axes }) => axes.includes("…")));
  const unique = new Map(forms.map((draw) => [JSON.stringify(draw), draw]));
  return [{}, ...unique.values(), ...(open ? [{ open: [2] }] : [])];
}

/** Which of its forms an input takes beside `form` of another: along the same axes, an index without the axis it stays below. */
function beside(form: InputSpec, its: InputSpecs[string]): number {
  const reach = ({ axes, below }: InputSpec): string => [...axes, ...(below === undefined ? [] : [below])].join();
  const same = formsOf(its).findIndex((one) => reach(one) === reach(form));
  return same >= 0 ? same : 0;
}

export const lossCases: readonly LossCase[] = (Object.keys(losses) as LossName[]).flatMap((name) => {
  const options = [{}, ...(further[name] ?? [])].filter((given) => losses[name].options.safeParse(given).success);
  return options.flatMap((given) =>
    drawsFor(losses[name].bind(given).inputs).map((draw) => {
      const drawn = Object.keys(draw).length === 0 ? "" : ` drawn as ${JSON.stringify(draw)}`;
      return { title: `${name} ${JSON.stringify(given)}${drawn}`, name, loss: losses[name].bind(given), draw };
    }),
  );
});
