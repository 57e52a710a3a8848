/**
 * Losses with parameters that are tuned by validation: by what a step of the model, taken by the loss, does to another objective.
 *
 *     θ′ = θ − η·∇L(θ; φ)        φ ← φ − β·∂V(θ′)/∂φ,   ∂V(θ′)/∂φ = −η·⟨∇V(θ′), ∂²L/∂θ∂φ⟩
 *
 * Descended by themselves they would only make themselves small: an experiment gives them `tuned: { on: … }`.
 */
import { networkLoss } from "./network.ts";
import { tunedBarron } from "./barron.ts";
import { tunedPoly1CrossEntropy } from "./poly.ts";

export const tunedLosses = {
  "tuned-barron": tunedBarron,
  "tuned-poly1-cross-entropy": tunedPoly1CrossEntropy,
  "network-loss": networkLoss,
} as const;
