/** Cross-entropies for classes of very different sizes: the rare ones are given a head start. */
import { z } from "zod";
import { add, constant, gather, multiply, shortfall, softmaxCrossEntropy, softplus } from "../../graph/build.ts";
import { log, pow } from "../../kernels/math.ts";
import { defineLoss } from "../loss.ts";
import { labelled, oneEntryPerClass, oneOutputPerClass } from "./labels.ts";

const countsSchema = z.array(z.number().positive()).min(2);

/**
 * Cross-entropy of logits that carry the classes' shares.
 *
 *     ℓ(z, y) = CE(z + τ·log π, y),   π_c = n_c / Σ n
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   equal counts, or τ = 0: softmax-cross-entropy · the bare logits z are what to predict with: with τ = 1 their largest
 *         is best for the balanced error · only ratios of counts matter
 * Options counts n: how many rows each class has over all clients, fixed before the run.
 *         tau τ ≥ 0. @default 1
 * When    rare classes matter as much as common ones; unlike class weights it does not fade once the data are separated
 * Source  Menon et al. (2021), equation 10
 */
export const logitAdjustedCrossEntropy = defineLoss({
  name: "logit-adjusted-cross-entropy",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: labelled,
  outputs: oneOutputPerClass,
  misfit: ({ counts }, { classes }) => oneEntryPerClass({ counts }, classes),
  options: z.strictObject({ counts: countsSchema, tau: z.number().min(0).default(1) }),
  perExample: ({ prediction, target }, { counts, tau }) => {
    const all = counts.reduce((a, b) => a + b, 0);
    const shares = counts.map((n) => tau * log(n / all));
    return softmaxCrossEntropy(add(prediction, constant(shares, [shares.length])), target);
  },
});

/**
 * Label-distribution-aware margins: the label must lead by more, the rarer it is.
 *
 *     ℓ(z, y) = CE(s·(z − Δ_y·1_y), y),   Δ_c = m·(n_min/n_c)^¼
 *
 * Shapes  logits [batch, classes], labels [batch] → [batch]
 * Unit    nats
 * Facts   m = 0, s = 1 is softmax-cross-entropy · the rarest class has the margin m, one 16 times as frequent m/2
 * Options counts n: how many rows each class has over all clients, fixed before the run.
 *         margin m ≥ 0, of the rarest class. @default 0.5
 *         scale s > 0: the published one, 30, is for logits that are cosines. @default 30
 * When    like logit-adjusted-cross-entropy, for heads whose logits are bounded
 * Source  Cao et al. (2019)
 */
export const ldam = defineLoss({
  name: "ldam",
  version: 1,
  unit: "row",
  measure: "nats",
  inputs: labelled,
  outputs: oneOutputPerClass,
  misfit: ({ counts }, { classes }) => oneEntryPerClass({ counts }, classes),
  options: z.strictObject({
    counts: countsSchema,
    margin: z.number().min(0).default(0.5),
    scale: z.number().positive().default(30),
  }),
  perExample: ({ prediction, target }, { counts, margin, scale }) => {
    const rarest = Math.min(...counts);
    const margins = counts.map((n) => margin * pow(rarest / n, 0.25));
    const lead = gather(constant(margins, [margins.length]), target);
    return softplus(add(shortfall(multiply(scale, prediction), target), multiply(scale, lead)));
  },
});
