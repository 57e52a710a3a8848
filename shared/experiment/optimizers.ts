/** Optimizers and learning-rate schedules, for local steps and for the server alike. */
import { z } from "zod";
import { choice, count, fraction, nonNegative, object, positive } from "./strict.ts";

const sgd = object({
  kind: z.literal("sgd"),
  learningRate: positive,
  momentum: z.number().min(0).lt(1).default(0),
  nesterov: z.boolean().default(false),
  weightDecay: nonNegative.default(0).describe("Coupled: added to the gradient, times the parameters."),
}).refine(({ nesterov, momentum }) => !nesterov || momentum > 0, {
  path: ["nesterov"],
  error: "needs momentum above 0",
});

const moments = {
  learningRate: positive,
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: positive
    .default(1e-8)
    .describe("1e-8 is for gradients; for pseudo-gradients of update mode 1e-3 is usual (Reddi et al., 2021)."),
  biasCorrection: z.boolean().default(true),
  weightDecay: nonNegative
    .default(0)
    .describe("adam: coupled, added to the gradient. adamw: decoupled, taken off the parameters after the step."),
};

const adam = object({ kind: z.literal("adam"), ...moments });
const adamw = object({ kind: z.literal("adamw"), ...moments });

export const optimizerSchema = choice("kind", [sgd, adam, adamw]);

const initialSquare = nonNegative
  .default(0)
  .describe("What v begins with: 0 in the authors' code, at least ε² in the paper (Reddi et al., 2021).");

/** The coordinator knows two more: FedAdagrad and FedYogi. */
export const serverOptimizerSchema = choice("kind", [
  sgd,
  adam,
  adamw,
  object({
    kind: z.literal("adagrad"),
    learningRate: positive,
    beta1: z.number().min(0).lt(1).default(0).describe("0 as in the paper and in Flower; FLamby has 0.9."),
    epsilon: positive.default(1e-3),
    initialSquare,
  }),
  object({
    kind: z.literal("yogi"),
    learningRate: positive,
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.99),
    epsilon: positive.default(1e-3),
    biasCorrection: z.boolean().default(false),
    initialSquare,
  }),
]);

/** The learning rate of round r (from 0) is `learningRate` times a factor; every local step of a round uses the same. */
export const scheduleSchema = choice("kind", [
  object({ kind: z.literal("constant") }),
  /** factor^⌊r / every⌋ */
  object({ kind: z.literal("step"), everyRounds: count, factor: fraction }),
  /** factor^r */
  object({ kind: z.literal("exponential"), factor: fraction }),
  /** From 1 down to `final` in `rounds` rounds (the federation's when left out), half a cosine. */
  object({ kind: z.literal("cosine"), rounds: count.optional(), final: z.number().min(0).lt(1).default(0) }),
]);
