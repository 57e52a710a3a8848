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
  units: dense.default([]),
  activation: activation.default("relu"),
  dropout,
});

const custom = object({
  kind: z.literal("module"),
  path: z.string().describe("A JavaScript module whose default export is a `defineModel(…)`."),
  options: z.record(z.string(), z.json()).default({}),
});

/** linear and logistic are one trunk, none at all: the heads read the features, and the loss makes the difference. */
const trunkSchema = choice("kind", [linear, logistic, mlp, cnn, residualCnn, embedding, custom]);

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

// Smooth penalties, added once to the mean loss. `parameters` is a pattern of parameter names: "trunk/*/weight".
const l2 = object({ kind: z.literal("l2"), lambda: nonNegative, parameters: z.string().default("*") });
export const regularizersSchema = z.array(choice("kind", [l2]));

export type ModelConfig = z.output<typeof modelSchema>;
