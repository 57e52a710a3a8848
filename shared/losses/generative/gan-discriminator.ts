/** What a discriminator or a critic descends: two means, so two denominators, neither of which a client may divide by. */
import { z } from "zod";
import {
  add,
  divideSafe,
  equal,
  flatten,
  multiply,
  negate,
  not,
  or,
  relu,
  select,
  softplus,
  square,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

type Variant = "non-saturating" | "lsgan" | "hinge" | "wgan";

/** a(d) of a real example and b(d) of a made one. */
const sides: Readonly<Record<Variant, (d: Node) => { readonly real: Node; readonly made: Node }>> = {
  "non-saturating": (d) => ({ real: softplus(negate(d)), made: softplus(d) }),
  lsgan: (d) => ({ real: multiply(0.5, square(subtract(d, 1))), made: multiply(0.5, square(d)) }),
  hinge: (d) => ({ real: relu(subtract(1, d)), made: relu(add(1, d)) }),
  wgan: (d) => ({ real: negate(d), made: d }),
};

/**
 * Discriminator loss: how badly real and made examples are told apart, the mean over the real plus the mean over the made.
 *
 *     F = Σ_real w·a(d)/Σ_real w + Σ_made w·b(d)/Σ_made w
 *     non-saturating  a = sp(−d), b = sp(d)        lsgan  a = ½(d − 1)², b = ½d²
 *     hinge  a = max(0, 1 − d), b = max(0, 1 + d)        wgan  a = −d, b = d
 *
 * Shapes  the discriminator's outputs d and targets y, 1 for real and 0 for made, [batch] or [batch, …]
 * Unit    nats (non-saturating), else the critic's
 * Facts   d = 0 → 2·ln 2 (non-saturating), 2 (hinge) · how many of each kind there are does not shift the balance · without
 *         any real, or any made example anywhere → empty · hinge: slope 0 at the margin itself
 * Option  variant, the same as the generator's. @default non-saturating
 * When    the first player of a two-player schedule, beside gan-generator
 * Source  Goodfellow et al. (2014); Mao et al. (2017); Lim & Ye (2017); Arjovsky, Chintala & Bottou (2017)
 */
export const ganDiscriminator = defineLoss({
  kind: "two-phase",
  name: "gan-discriminator",
  version: 1,
  unit: "batch",
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("binary", ["batch", "…"]) },
  options: z.strictObject({
    variant: z.enum(["non-saturating", "lsgan", "hinge", "wgan"]).default("non-saturating"),
  }),
  terms: ({ prediction, target }, { variant }) => {
    const { real, made } = sides[variant](prediction);
    const isReal = equal(target, 1);
    const total = (mask: Node, x: Node | number): Node => sum(flatten(select(mask, x, 0)), 1);
    return {
      realSum: total(isReal, real),
      realCount: total(isReal, 1),
      fakeSum: total(not(isReal), made),
      fakeCount: total(not(isReal), 1),
    };
  },
  of: ({ realSum, realCount, fakeSum, fakeCount }) => ({
    value: add(divideSafe(realSum, realCount), divideSafe(fakeSum, fakeCount)),
    empty: or(equal(realCount, 0), equal(fakeCount, 0)),
  }),
});
