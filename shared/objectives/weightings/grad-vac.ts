import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";

/**
 * Gradient vaccine: turns a gradient towards another until their cosine is what it usually is.
 *
 *     φᵢⱼ = cos(g, gⱼ) < φ̂ᵢⱼ   ⇒   g ← g + ‖g‖(φ̂√(1−φ²) − φ√(1−φ̂²)) / (‖gⱼ‖√(1−φ̂²)) · gⱼ
 *     φ̂ᵢⱼ ← (1−β)φ̂ᵢⱼ + β·φᵢⱼ
 *
 * Facts   β = 0: φ̂ stays 0, which is PCGrad · the order of the others is drawn anew for each i
 * Source  Wang, Tsvetkov, Firat & Cao (2021), algorithm 1
 */
export const gradVac = defineWeighting({
  name: "grad-vac",
  summary: "Turns gradients until their cosines are what they usually are.",
  needs: "gramian",
  options: z.strictObject({
    beta: z.number().min(0).max(1).default(0.01).describe("How fast the usual cosine follows."),
    order: z.enum(["random", "ascending"]).default("random"),
  }),
  promises: { degree: () => 1, equivariant: () => false },
  create: ({ beta, order }) => ({
    init: (): Readonly<Record<string, number>> => ({}),
    step: (state: Readonly<Record<string, number>>, { names, gramian, random }) => {
      const m = gramian.length;
      const usual: Record<string, number> = { ...state };
      const weights = new Float64Array(m);
      for (let i = 0; i < m; i++) {
        const own = new Float64Array(m);
        own[i] = 1;
        for (const j of order === "random" ? random.permutation(m) : gramian.keys()) {
          if (j === i) continue;
          const pair = `${names[i]!}/${names[j]!}`;
          const wanted = usual[pair] ?? 0;
          const cosine = turn(gramian, own, j, wanted);
          usual[pair] = (1 - beta) * wanted + beta * cosine;
        }
        own.forEach((value, k) => (weights[k]! += value));
      }
      return { weights, state: usual };
    },
  }),
});

/** Turns Σ ownₖgₖ towards gⱼ, in place; the cosine they had. */
function turn(gramian: readonly Float64Array[], own: Float64Array, j: number, wanted: number): number {
  const products = gramian.map((row) => row.reduce((sum, value, k) => sum + value * own[k]!, 0));
  const length = Math.sqrt(
    Math.max(
      0,
      products.reduce((sum, value, k) => sum + value * own[k]!, 0),
    ),
  );
  const other = Math.sqrt(gramian[j]![j]!);
  if (length === 0 || other === 0) return wanted;
  const cosine = Math.max(-1, Math.min(1, products[j]! / length / other));
  if (cosine >= wanted) return cosine;
  const sine = Math.sqrt(1 - cosine * cosine);
  const wantedSine = Math.sqrt(1 - wanted * wanted);
  if (wantedSine > 0) own[j]! += (length * (wanted * sine - cosine * wantedSine)) / (other * wantedSine);
  return cosine;
}
