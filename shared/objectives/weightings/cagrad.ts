import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { quadraticForm, times } from "../solvers/linear.ts";
import { minimizeOnSimplex, relativeLength, shortestInHull } from "../solvers/simplex-quadratic.ts";

/**
 * Conflict-averse: of the directions near the mean gradient g₀, the one whose worst objective gains most.
 *
 *     max_d minᵢ ⟨gᵢ, d⟩,   ‖d − g₀‖ ≤ c‖g₀‖        d = g₀ + c‖g₀‖·g_w/‖g_w‖,   w = argmin ⟨g_w, g₀⟩ + c‖g₀‖‖g_w‖ on the simplex
 *
 * The dual is solved exactly: ‖g_w‖ = min_σ ½(‖g_w‖²/σ + σ), so for each σ it is a quadratic programme, and σ is the root of one equation.
 *
 * Facts   c = 0: the mean · c ≥ 1: no objective gets worse · c → ∞: MGDA's direction
 * Where the shortest vector of the hull is 0, g_w has no direction: d = g₀ for c < 1, else 0, and the status is "stationary".
 * Source  Liu, Liu, Jin, Stone & Liu (2021)
 */
export const cagrad = defineWeighting({
  name: "cagrad",
  summary: "Near the mean, the direction whose worst objective gains most.",
  needs: "gramian",
  options: z.strictObject({
    c: z.number().min(0).default(0.4).describe("How far from the mean gradient, in its length."),
  }),
  promises: { nonConflicting: ({ c }) => c >= 1, degree: () => 1 },
  create: ({ c }) => ({
    init: () => null,
    step: (state, { gramian }) => {
      const m = gramian.length;
      const uniform = new Float64Array(m).fill(1 / m);
      const largest = gramian.reduce((most, row, i) => Math.max(most, row[i]!), 0);
      if (c === 0 || !(largest > 0)) return { weights: uniform, state };
      const scaled = gramian.map((row) => row.map((value) => value / largest));
      const reach = c * Math.sqrt(quadraticForm(scaled, uniform));
      if (relativeLength(scaled, shortestInHull(scaled)) < 1e-7)
        return { weights: c < 1 || reach === 0 ? uniform : new Float64Array(m), state, status: "stationary" as const };
      const inner = innerWeights(scaled, times(scaled, uniform), reach);
      const length = Math.sqrt(quadraticForm(scaled, inner));
      return { weights: uniform.map((share, i) => share + (reach / length) * inner[i]!), state };
    },
  }),
});

/**
 * argmin bᵀw + k·√(wᵀGw) on the simplex, where √(wᵀGw) is nowhere 0: at the root of ‖g_w(σ)‖ − σ, which falls. It is found by false
 * position, where an end that stays twice counts half (Dowell & Jarratt, 1971): a few programmes, where halving takes fifty.
 */
function innerWeights(gramian: readonly Float64Array[], linear: Float64Array, reach: number): Float64Array {
  const at = (sigma: number): { sigma: number; w: Float64Array; off: number } => {
    const w = minimizeOnSimplex({ quadratic: gramian.map((row) => row.map((x) => (x * reach) / sigma)), linear });
    return { sigma, w, off: Math.sqrt(quadraticForm(gramian, w)) - sigma };
  };
  let [low, high] = [at(Math.sqrt(quadraticForm(gramian, shortestInHull(gramian)))), at(1)];
  if (low.off <= 0) return low.w;
  if (high.off >= 0) return high.w;
  let [above, below] = [low.off, high.off];
  let before: boolean | undefined;
  for (let i = 0; i < 200; i++) {
    const sigma = low.sigma + (high.sigma - low.sigma) * (above / (above - below));
    if (sigma <= low.sigma || sigma >= high.sigma) break;
    const next = at(sigma);
    if (Math.abs(next.off) <= 2 * Number.EPSILON * sigma) return next.w;
    const short = next.off > 0;
    if (short) [low, above, below] = [next, next.off, short === before ? below / 2 : below];
    else [high, below, above] = [next, next.off, short === before ? above / 2 : above];
    before = short;
  }
  return (low.off < -high.off ? low : high).w;
}
