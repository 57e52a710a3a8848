/**
 * Losses of the two players of a generative adversarial game. d is the discriminator's logit, or the critic's value, of one
 * example. What the generator descends is a sum over examples; what the discriminator descends has two denominators, one for
 * the real and one for the made (`gan-discriminator.ts`).
 */
import { z } from "zod";
import { flatten, multiply, negate, norm, softplus, square, subtract } from "../../graph/build.ts";
import { fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { ganDiscriminator } from "./gan-discriminator.ts";

/**
 * What a generator descends: that the discriminator takes its example for real.
 *
 *     non-saturating  ℓ(d) = sp(−d)        lsgan  ℓ(d) = ½(d − 1)²        hinge, wgan  ℓ(d) = −d
 *
 * Shapes  the discriminator's outputs on made examples [batch] or [batch, …]; each element is a unit
 * Unit    nats (non-saturating), else the critic's
 * Facts   non-saturating: d = 0 → ln 2, finite at ±10⁴, slope −σ(−d) · lsgan: 0 at d = 1 · hinge ≡ wgan
 * Option  variant, the same as the discriminator's. @default non-saturating
 * When    the second player of a two-player schedule, beside gan-discriminator
 * Source  Goodfellow et al. (2014); Mao et al. (2017); Lim & Ye (2017); Arjovsky, Chintala & Bottou (2017)
 */
export const ganGenerator = defineLoss({
  name: "gan-generator",
  version: 1,
  unit: "element",
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch", "…"]) },
  options: z.strictObject({
    variant: z.enum(["non-saturating", "lsgan", "hinge", "wgan"]).default("non-saturating"),
  }),
  perExample: ({ prediction: d }, { variant }) => {
    if (variant === "non-saturating") return softplus(negate(d));
    return variant === "lsgan" ? multiply(0.5, square(subtract(d, 1))) : negate(d);
  },
});

/**
 * Gradient penalty: holds the slope of a critic at length 1.
 *
 *     ℓ(g) = λ(‖g‖ − 1)²
 *
 * Shapes  g [batch, …]: the gradient of the critic's value with respect to the example it was given; each row is a unit
 * Unit    (value per unit of the example)²
 * Facts   0 at ‖g‖ = 1 · g = 0 → λ with slope 0 there · ∂ℓ/∂g = 2λ(‖g‖ − 1)·g/‖g‖
 * Option  lambda λ > 0. @default 10
 * When    beside a wgan critic, on points between real and made examples
 * Source  Gulrajani et al. (2017)
 */
export const gradientPenalty = defineLoss({
  name: "gradient-penalty",
  version: 1,
  unit: "row",
  measure: "value²",
  inputs: { prediction: fromModel("real", ["batch", "…"]) },
  outputs: () => "any",
  options: z.strictObject({ lambda: z.number().positive().default(10) }),
  perExample: ({ prediction }, { lambda }) => multiply(lambda, square(subtract(norm(flatten(prediction)), 1))),
});

/** The losses of the two players, by name. */
export const generativeLosses = {
  "gan-generator": ganGenerator,
  "gan-discriminator": ganDiscriminator,
  "gradient-penalty": gradientPenalty,
} as const;
