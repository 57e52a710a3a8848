/**
 * Regularizers: what is added to the mean loss for the parameters' own sake. Once, relative to the mean loss: the same strength
 * whatever the clients, batches or weights. With λ the strength and ρ the share of the absolute values,
 *
 *     l2                R(θ) = λ·Σ θ²                           smooth: its slope 2λθ joins the gradient            smooth.ts
 *     l1                R(θ) = λ·Σ |θ|                          proximal: zeros, and exactly zero                   proximal.ts
 *     elastic-net       R(θ) = λ·Σ (ρ·|θ| + ½(1 − ρ)·θ²)        proximal
 *     group-lasso       R(θ) = λ·Σ √|g|·‖θ_g‖₂                  proximal: whole groups are zero                     group-lasso.ts
 *     total-variation   R(θ) = λ·Σ |θᵢ₊₁ − θᵢ| along an axis    proximal: neighbours become equal                   total-variation.ts
 *     decay             θ ← θ − ηλθ beside the step: no part of any loss, and untouched by the optimizer's metric   proximal.ts
 *
 * A smooth penalty is added to the combined gradient in gradient mode; in update mode it is part of every local loss, and since
 * client weights sum to 1 it counts once there too. Proximal steps and decay act at the coordinator in either mode, after its
 * optimizer's step. Each names the parameters it acts on by a pattern; buffers are never meant.
 */
import type { ParameterLayout, ParameterPlace } from "../tensor/parameters.ts";
import type { Shape } from "../tensor/shape.ts";

interface Common {
  /** λ ≥ 0 */
  readonly lambda: number;
  // Names of parameters, `*` for any text: "trunk/*/weight".
  readonly parameters: string;
}

/** a ≥ 0, the curvature that local steps are taken to see: `effective-steps.ts`. */
interface Curved {
  readonly curvature: number;
}

/** The last two axes of a weight, [inputs, outputs], whatever lies before them. */
export type WeightAxis = "inputs" | "outputs";

export type Penalty = { readonly kind: "l2" } & Common;
export type Lasso = { readonly kind: "l1" } & Common & Curved;
export type ElasticNet = { readonly kind: "elastic-net"; /** ρ in [0, 1] */ readonly ratio: number } & Common & Curved;
export type GroupLasso = { readonly kind: "group-lasso"; readonly groups: WeightAxis | "parameter" } & Common & Curved;
export type TotalVariation = { readonly kind: "total-variation"; readonly along: WeightAxis } & Common & Curved;
export type Decay = { readonly kind: "decay" } & Common;

export type Proximal = Lasso | ElasticNet | GroupLasso | TotalVariation;
export type Regularizer = Penalty | Proximal | Decay;

export const isSmooth = (regularizer: Regularizer): regularizer is Penalty => regularizer.kind === "l2";
export const isProximal = (regularizer: Regularizer): regularizer is Proximal =>
  regularizer.kind !== "l2" && regularizer.kind !== "decay";

/** Whether a name fits a pattern in which `*` stands for any text, slashes too. */
export function matches(pattern: string, name: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(name);
}

/** The parameters that a regularizer acts on. */
export const placesOf = ({ parameters }: Common, { places }: ParameterLayout): ParameterPlace[] =>
  places.filter(({ name, scope }) => scope !== "buffer" && matches(parameters, name));

/** How the numbers of one axis of a row-major tensor lie: `count` of them, `stride` apart. [4, 3]: inputs (4, 3), outputs (3, 1). */
export function along(axis: WeightAxis, shape: Shape): { readonly count: number; readonly stride: number } {
  const outputs = shape.at(-1) ?? 1;
  return axis === "outputs" ? { count: outputs, stride: 1 } : { count: shape.at(-2) ?? 1, stride: outputs };
}
