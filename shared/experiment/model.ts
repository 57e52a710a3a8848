/**
 * The model: a trunk from the features to a representation, and one head per objective (or shared by several) upon it.
 *
 *     trunk  features → [batch, width]      head  [batch, width] → [batch, outputs], affine
 */
import { z } from "zod";
import { choice, count, named, nonNegative, object, positive } from "./strict.ts";

const activation = z.enum(["relu", "tanh", "sigmoid", "gelu", "none"]);
/** Each unit is set to 0 with this probability while training, keyed by example id and step. */
const dropout = z.number().min(0).lt(1).default(0);
const dense = z.array(count);

const linear = object({ kind: z.literal("linear") });
const logistic = object({ kind: z.literal("logistic") });

const mlp = object({
  kind: z.literal("mlp"),
  units: dense.min(1).describe("The width of each hidden layer."),
  activation: activation.default("relu"),
  dropout,
});

/** One convolution of odd or even size, then its activation, then (pool > 1) max pooling of that window and stride. */
const convolution = object({
  filters: count,
  kernel: count.default(3),
  stride: count.default(1),
  padding: z.enum(["same", "valid"]).default("same"),
  pool: count.default(1),
});

const cnn = object({
  kind: z.literal("cnn"),
  convolutions: z.array(convolution).min(1),
  units: dense.default([]).describe("Dense layers after the last convolution, whose output is flattened."),
  activation: activation.default("relu"),
  dropout,
});

const residualCnn = object({
  kind: z.literal("residual-cnn"),
  filters: z
    .array(count)
    .min(1)
    .describe("The channels of each stage; every stage after the first halves height and width."),
  blocks: count.default(1).describe("Residual blocks of two 3×3 convolutions in each stage."),
  normalization: z
    .enum(["none", "group", "batch"])
    .default("group")
    .describe(
      "batch keeps running statistics, which the clients' means are averaged into; group depends on no other example.",
    ),
  groups: count.default(8),
  activation: activation.default("relu"),
});

const embedding = object({
  kind: z.literal("embedding"),
  tables: named(count).describe(
    "For each index feature, the width of its rows; the looked-up rows and the table feature are laid side by side.",
  ),
  product: z
    .boolean()
    .default(false)
    .describe("Their product too, element by element: with a linear head, matrix factorization. All widths are equal."),
  units: dense.default([]),
  activation: activation.default("relu"),
  dropout,
}).refine(({ product, tables }) => !product || new Set(Object.values(tables)).size === 1, {
  path: ["product"],
  error: "multiplies rows of one width: give all tables the same",
});

const circuit = object({
  kind: z.literal("circuit"),
  layers: count.default(2).describe("Rotations of every qubit, with a ring of entangling gates between them."),
  slopes: z
    .enum(["autodiff", "parameter-shift"])
    .default("autodiff")
    .describe("parameter-shift: as a device would find them, from two more runs for each angle."),
});

const player = object({ units: dense.default([16]), activation: activation.default("tanh") });

const gan = object({
  kind: z.literal("gan"),
  latent: count.default(2).describe("Uniform numbers that an example is made of."),
  generator: player.prefault({}).describe("Its parameters are `generator/*`, those of the other `discriminator/*`."),
  discriminator: player.prefault({}),
}).describe("Two players; the heads are any of both (2 outputs), made (1), slope and sample (one for each feature).");

const custom = object({
  kind: z.literal("module"),
  path: z.string().describe("A JavaScript module whose default export is a `defineModel(…)`."),
  options: z.record(z.string(), z.json()).default({}),
});

/** linear and logistic are one trunk, none at all: the heads read the features, and the loss makes the difference. */
const trunkSchema = choice("kind", [linear, logistic, mlp, cnn, residualCnn, embedding, circuit, gan, custom]);

const headSchema = z.union([
  count.transform((outputs) => ({ outputs, bias: true })),
  object({ outputs: count, bias: z.boolean().default(true) }),
]);

/** fan-in-uniform: weights and biases in ±1/√(inputs), PyTorch's default. Elsewhere biases start at 0. */
const initialSchema = z.union([
  object({
    kind: z.enum(["zeros", "glorot-uniform", "glorot-normal", "he-uniform", "he-normal", "fan-in-uniform"]),
    gain: positive.default(1).describe("Weights are multiplied by this."),
  }),
  object({
    file: z.string().describe("A safetensors file; every parameter must be there with its shape."),
  }),
]);

export const modelSchema = object({
  trunk: trunkSchema.prefault({ kind: "linear" }),
  heads: named(headSchema),
  initial: initialSchema.prefault({ kind: "glorot-uniform" }),
});

// `parameters` is a pattern of parameter names: "trunk/*/weight".
const everywhere = { lambda: nonNegative, parameters: z.string().default("*") };
const onWeights = {
  lambda: nonNegative,
  parameters: z.string().default("*/weight"),
  curvature: nonNegative
    .default(0)
    .describe(
      "Update mode: the curvature a of the mean loss that local steps see; their reach is (1 − (1 − ηₗa)^τ)/a, at 0 ηₗτ.",
    ),
};
const weightAxis = z.enum(["inputs", "outputs"]);

/** Added once to the mean loss. The proximal ones (l1, elastic-net, group-lasso, total-variation) give exact zeros. */
export const regularizersSchema = z.array(
  choice("kind", [
    object({ kind: z.literal("l2"), ...everywhere }).describe("λ·Σθ², part of the gradient."),
    object({ kind: z.literal("l1"), ...onWeights }).describe("λ·Σ|θ|."),
    object({ kind: z.literal("elastic-net"), ...onWeights, ratio: z.number().min(0).max(1).default(0.5) }).describe(
      "λ·Σ(ratio·|θ| + ½(1 − ratio)·θ²).",
    ),
    object({
      kind: z.literal("group-lasso"),
      ...onWeights,
      groups: z.union([weightAxis, z.literal("parameter")]).default("inputs"),
    }).describe(
      "λ·Σ√|g|·‖θ_g‖: all that belongs to one input, to one output, or a whole parameter goes to zero together.",
    ),
    object({ kind: z.literal("total-variation"), ...onWeights, along: weightAxis.default("inputs") }).describe(
      "λ·Σ|θᵢ₊₁ − θᵢ| between neighbours along an axis.",
    ),
    object({ kind: z.literal("decay"), ...everywhere }).describe(
      "Decoupled weight decay: takes ηλθ off beside the optimizer's step, whatever its metric (AdamW).",
    ),
  ]),
);

export type ModelConfig = z.output<typeof modelSchema>;
