/**
 * Options at the ends of what losses allow; an end that is open is approached, and one that is far off is meant by 1e4 and 1e-4.
 * A loss must bear them with inputs as far out as it declares.
 */
import type { LossName } from "../../shared/losses/catalogue.ts";

const tiny = 1e-4;
const huge = 1e4;
const over = (name: string, ...values: readonly unknown[]): object[] => values.map((value) => ({ [name]: value }));
const share = (name: string): object[] => over(name, tiny, 1 - tiny);
const positive = (name: string): object[] => over(name, tiny, huge);
const gaps = ["max-min", "moment"].flatMap((form) => [
  { groups: 2, form },
  { groups: 64, form },
  { groups: 3, form, minimumSize: huge },
]);
const counts = [1e6, 1, 1, 1];

export const lossExtremes: Partial<Readonly<Record<LossName, readonly object[]>>> = {
  huber: positive("delta"),
  "smooth-l1": positive("beta"),
  barron: [
    ...over("alpha", 8, -huge, tiny, -tiny, 2 - tiny, 2 + tiny, "-Infinity"),
    ...positive("c"),
    { alpha: 0, c: tiny },
    { alpha: "-Infinity", c: tiny },
    { alpha: 2, c: tiny },
  ],
  "adaptive-barron": [...over("alpha", 0.01, 1.99), ...positive("c")],
  quantile: share("q"),
  "multi-quantile": [{ quantiles: [tiny, 0.5, 1 - tiny], crossing: huge }],
  expectile: share("tau"),
  mape: over("eps", 1e-7, huge),
  "poisson-nll": [{ logInput: false, eps: 1e-12, full: true }],
  "negative-binomial": [tiny, huge].flatMap((dispersion) => [{ dispersion }, { dispersion, full: true }]),
  tweedie: over("power", 1 + tiny, 2 - tiny),
  "bce-with-logits": [...positive("posWeight"), { labelSmoothing: 1 - tiny }],
  "softmax-cross-entropy": [{ labelSmoothing: 1 - tiny }, { zLoss: huge }, { classWeights: [0, huge, tiny, 0] }],
  nll: [{ classWeights: [0, huge, tiny, 0] }],
  distillation: [...positive("temperature"), ...over("alpha", 0, 1)],
  "focal-binary": [...over("gamma", 0, tiny, 1, 100), ...over("alpha", 0, 1)],
  "focal-softmax": [...over("gamma", 0, tiny, 1, 100), { alpha: [0, huge, tiny, 0] }],
  "asymmetric-focal": [
    { gammaPositive: tiny, gammaNegative: tiny, shift: 0 },
    { gammaPositive: 100, gammaNegative: 100, shift: 1 - tiny },
  ],
  "logit-adjusted-cross-entropy": [{ counts }, { counts, tau: huge }],
  ldam: [
    { counts, margin: huge, scale: huge },
    { counts, scale: tiny },
  ],
  "poly1-cross-entropy": over("epsilon", -1, huge),
  "generalized-cross-entropy": over("q", tiny, 1),
  "symmetric-cross-entropy": [...over("logZero", -huge, -tiny), { alpha: huge, beta: huge }],
  "bootstrapped-cross-entropy": ["soft", "hard"].flatMap((mode) => [
    { mode, beta: 0 },
    { mode, beta: 1 },
  ]),
  hinge: positive("margin"),
  "squared-hinge": positive("margin"),
  "multi-margin": [1, 2].flatMap((p) => [
    { p, margin: tiny },
    { p, margin: huge },
  ]),
  "crammer-singer": positive("margin"),
  "multilabel-soft-margin": over("classWeights", [0, huge, tiny, 0]),
  "positive-unlabelled": share("prior"),
  "bradley-terry": over("margin", huge),
  dpo: [
    ...["sigmoid", "hinge"].flatMap((variant) => [
      { variant, beta: tiny },
      { variant, beta: huge },
    ]),
    { variant: "robust", labelSmoothing: 0.5 - tiny, beta: huge },
    { labelSmoothing: 0.5 - tiny },
  ],
  ipo: positive("beta"),
  kto: [...positive("beta"), { klBaseline: huge, desirableWeight: huge, undesirableWeight: 0 }],
  orpo: over("lambda", 0, huge),
  simpo: [...positive("beta"), { gamma: huge }],
  "ppo-clip": [...share("epsilon"), { epsilonHigh: huge }],
  grpo: [...share("epsilon"), { epsilonHigh: huge, klBeta: huge }],
  "gradient-penalty": positive("lambda"),
  "van-rossum": [...positive("tau"), ...positive("step")],
  ranknet: positive("sigma"),
  "pairwise-hinge": positive("margin"),
  lambdarank: [...positive("sigma"), { k: 1 }],
  "lambda-loss": ["ndcg-loss1", "ndcg-loss2", "ndcg-loss2++"].flatMap((scheme) => [
    { scheme, sigma: tiny, mu: 0 },
    { scheme, sigma: huge, mu: huge },
  ]),
  "approx-ndcg": positive("alpha"),
  warp: positive("margin"),
  deephit: [
    { alpha: 0, sigma: 0.02 },
    { alpha: 1, sigma: huge },
    { alpha: 0.5, sigma: 0.02 },
  ],
  "triplet-margin": [...over("p", 1, 1 + tiny, 8), ...positive("margin"), { swap: true, p: 8 }],
  contrastive: positive("margin"),
  "margin-ranking": over("margin", -huge, huge),
  "cosine-embedding": over("margin", -1, 1),
  "hinge-embedding": positive("margin"),
  "nt-xent": positive("temperature"),
  "sup-con": positive("temperature"),
  "info-nce": [...positive("temperature"), { temperature: tiny, symmetric: true }],
  arcface: [...positive("scale"), ...over("margin", 0, 1.5)],
  cosface: [...positive("scale"), ...over("margin", 0, huge)],
  circle: [...positive("scale"), ...positive("margin")],
  "triplet-mining": ["hard", "semi-hard", "all"].flatMap((mining) => [
    { mining, margin: tiny },
    { mining, margin: huge },
  ]),
  "multi-similarity": [...positive("alpha"), ...positive("beta"), ...over("base", -1, 1), { epsilon: 0 }],
  "proxy-nca": [tiny, huge].map((temperature) => ({ classes: 4, size: 3, temperature })),
  "proxy-anchor": [
    { classes: 4, size: 3, margin: 0, scale: tiny },
    { classes: 4, size: 3, margin: 1, scale: 64 },
  ],
  dice: [{ activation: "softmax" }, { activation: "sigmoid", smooth: huge }, { activation: "sigmoid", smooth: tiny }],
  jaccard: [{ activation: "sigmoid" }, { activation: "softmax", smooth: huge }],
  tversky: [
    { activation: "sigmoid", alpha: 0, beta: 0 },
    { activation: "softmax", alpha: huge, beta: huge },
  ],
  "demographic-parity": gaps,
  "equal-opportunity": gaps,
  "equalized-odds": gaps,
  "focal-tversky": [
    { activation: "sigmoid", gamma: tiny },
    { activation: "sigmoid", gamma: 100 },
    { activation: "softmax", gamma: 0.5, alpha: 0, beta: huge },
  ],
  "generalized-dice": over("activation", "sigmoid", "softmax"),
  mcc: over("activation", "sigmoid"),
  pearson: over("origin", -huge, huge),
  concordance: over("origin", -huge, huge),
  vicreg: [{ gamma: tiny }, { gamma: huge }, { invariance: huge, variance: huge, covariance: huge }, { eps: 1e-12 }],
  "barlow-twins": [{ lambda: huge }, { eps: 1e-12 }],
  cvar: share("fraction").map((option) => ({ ...option, loss: "mse" })),
  term: [-huge, -tiny, tiny, huge].map((t) => ({ t, loss: "mse" })),
  "geometric-mean": [1e-30, huge].map((floor) => ({ floor, loss: "mse" })),
  "bounded-group-loss": [-huge, huge].map((bound) => ({ groups: 3, loss: "mse", bound })),
  "tuned-barron": [...over("alpha", 0.01, 1.99), ...positive("c")],
  "network-loss": over("hidden", 1, 64),
  "tuned-poly1-cross-entropy": over("epsilon", -1, huge),
};
