/**
 * Rounds that wait for nobody (update mode): `concurrency` clients are at work at any time, each on the model that was there when it began, and
 * a round is one step of the server. s is a client's staleness: the steps that were taken since it began.
 *
 *     buffered   x ← x + (η/K)·Σ w(s)·Δₖ over the next K who are done         Nguyen et al. (2022), FedBuff
 *     mixing     x ← (1 − αₛ)·x + αₛ·yₖ, αₛ = α·w(s), for each who is done     Xie, Koyejo & Gupta (2019), FedAsync
 *
 *     w(s)       constant 1 · polynomial (s + 1)^−a · hinge 1 up to b, then 1/(a·(s − b) + 1)
 *
 * Who is done next is reckoned by `simulation.clock`: the same bits on any number of threads, and after any resumption. Over a network
 * clients take the time they take, and such a run is refused.
 */
import { z } from "zod";
import { choice, count, fraction, nonNegative, object, positive } from "./strict.ts";

const stalenessSchema = choice("kind", [
  object({ kind: z.literal("constant") }),
  object({ kind: z.literal("polynomial"), exponent: nonNegative.default(0.5) }),
  object({ kind: z.literal("hinge"), a: positive.default(10), b: nonNegative.default(4) }),
]);

const working = {
  concurrency: count.default(20).describe("Clients at work at any time; all where there are fewer."),
  staleness: stalenessSchema.prefault({ kind: "polynomial" }).describe("w(s)."),
  maxStaleness: z.int().min(0).default(20).describe("Work that is staler is dropped."),
};

export const asynchronySchema = choice("kind", [
  object({ kind: z.literal("none") }),
  object({ kind: z.literal("buffered"), size: count.default(10).describe("K."), ...working }),
  object({ kind: z.literal("mixing"), alpha: z.union([fraction, z.literal(1)]).default(0.6), ...working }),
]);

export type AsynchronyConfig = Exclude<z.output<typeof asynchronySchema>, { kind: "none" }>;
export type StalenessConfig = z.output<typeof stalenessSchema>;
