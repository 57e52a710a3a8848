/**
 * An update is what one client returns from one exchange: sums per objective, and the vectors that move the model.
 *
 *     gradient mode   one ∇numerator per objective; disjoint examples add
 *     update mode     one change of the model, end − start, with the weight aₖ = Σᵢ wᵢ·denᵢₖ/Dᵢ it counts with
 *
 * Steps change an update on its way: clip, noise, compress, mask. Their order is a choice with meaning, so it is written
 * out: `pipe(clip(1), quantize(8))`. Every step treats the vectors of an update as one long vector.
 */
export type Vector = Float32Array | Float64Array;

/** One objective, on one client's examples. Sums, never means: contributions of disjoint examples add. */
export interface Contribution {
  readonly objective: string;
  /** Units that count: an integer. */
  readonly examples: number;
  /** Units that the loss left out: an integer. */
  readonly ignored: number;
  /** Σ wᵢ·ℓᵢ */
  readonly numerator: number;
  /** Σ wᵢ·cᵢ */
  readonly denominator: number;
}

export interface GradientUpdate {
  readonly kind: "gradients";
  readonly client: string;
  /** ∇numerator over the shared parameters, uphill. */
  readonly contributions: readonly (Contribution & { readonly gradient: Vector })[];
}

export interface ChangeUpdate {
  readonly kind: "change";
  readonly client: string;
  readonly contributions: readonly Contribution[];
  /** aₖ */
  readonly weight: number;
  /** end − start, over the shared parameters. */
  readonly change: Vector;
}

export type Update = GradientUpdate | ChangeUpdate;

export type UpdateStep = (update: Update) => Update;

/** The steps one after the other, the first one first. */
export const pipe =
  (...steps: readonly UpdateStep[]): UpdateStep =>
  (update) =>
    steps.reduce((changed, step) => step(changed), update);

/** The vectors of an update, in order. */
export const vectorsOf = (update: Update): readonly Vector[] =>
  update.kind === "change" ? [update.change] : update.contributions.map(({ gradient }) => gradient);

/** The update with each of its vectors put through `change`; all else as it was. */
export function mapVectors(update: Update, change: (vector: Vector) => Vector): Update {
  if (update.kind === "change") return { ...update, change: change(update.change) };
  return {
    ...update,
    contributions: update.contributions.map((part) => ({ ...part, gradient: change(part.gradient) })),
  };
}
