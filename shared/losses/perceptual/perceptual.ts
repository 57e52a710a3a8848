/** Distances as another model sees them. */
import { z } from "zod";
import { TributaryError } from "../../errors.ts";
import { add, fill, flatten, multiply, square, subtract, sum } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { openExtractor } from "./extractor.ts";

const optionsSchema = z.strictObject({
  extractor: z
    .union([
      z.literal("identity"),
      z.strictObject({ file: z.string(), hash: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
    ])
    .default("identity"),
  layerWeights: z.array(z.number().min(0)).min(1).optional(),
});

/**
 * The distance of a prediction from its target in the features of a frozen network.
 *
 *     ℓ(p, y) = Σₗ wₗ·(D/(L·dₗ))·‖φₗ(p) − φₗ(y)‖²,   c = D = Σₗ dₗ        so that num/den = (1/L) Σₗ wₗ·mean of (φₗ(p) − φₗ(y))²
 *
 * Shapes  prediction and target [batch, …], alike, as the extractor's first layer wants them; dₗ are the features of layer l,
 *         L the number of layers; each row is a unit
 * Unit    feature²
 * Facts   0 where the features agree · identity ≡ mse · one linear layer φ = xW: ∂num/∂p = 2(p − y)WWᵀ
 * Options extractor: identity, or { file, hash } of a file that `encodeExtractor` wrote; a file of another hash is refused.
 *         @default identity
 *         layerWeights wₗ ≥ 0, one for each layer. @default 1 each
 * When    images and other outputs whose single numbers matter less than what they show
 * Source  Johnson, Alahi & Fei-Fei (2016); Zhang et al. (2018) for weighted layers
 */
export const featureDistance = defineLoss({
  name: "feature-distance",
  version: 1,
  unit: "row",
  measure: "feature²",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) },
  outputs: () => "any",
  options: optionsSchema,
  perExample: ({ prediction, target }, { extractor, layerWeights }) => {
    const features = extractor === "identity" ? undefined : openExtractor(extractor);
    const [seen, wanted] = [prediction, target].map((x) => (features?.(x) ?? [x]).map(flatten)) as [Node[], Node[]];
    const weights = layerWeights ?? seen.map(() => 1);
    if (weights.length !== seen.length) {
      throw new TributaryError(
        "invalid-option",
        `feature-distance.layerWeights: expected one for each of ${seen.length} layers, got ${weights.length}`,
      );
    }
    const sizes = seen.map(({ shape }) => sizeOf(shape.slice(1)));
    const all = sizes.reduce((a, b) => a + b, 0);
    const layers = seen.map((layer, l) =>
      multiply((weights[l]! * all) / (seen.length * sizes[l]!), sum(square(subtract(layer, wanted[l]!)), 1)),
    );
    return { value: layers.reduce(add), normalizer: fill(all, [prediction.shape[0]!]) };
  },
});

/** The losses through a frozen network, by name. */
export const perceptualLosses = { "feature-distance": featureDistance } as const;
