/**
 * The proximal step of the coordinator: after its optimizer has moved the parameters to z, what is penalized is brought to where
 * the penalty and the way there balance, measured as the optimizer measures.
 *
 *     x = argmin  s·R(x) + 1/(2η)·Σ hᵢ(xᵢ − zᵢ)²            Δ = −ηg/h, so that x stays put exactly where −∇f ∈ ∂R
 *
 *     l1            soft(zᵢ, σ/hᵢ)                            σ = ηsλ,  soft(z, t) = sign(z)·max(|z| − t, 0)
 *     elastic-net   soft(hᵢzᵢ, ρσ) / (hᵢ + (1 − ρ)σ)
 *     decay         zᵢ − ηλs·θᵢ, θ from before the step        as AdamW: the metric has no part in it
 *
 * η is the coordinator's learning rate, h the optimizer's metric (`Optimizer.metric`: 1 for plain gradient descent, √v̂ + ε for
 * Adam), and s how far clients carry a slope before the coordinator sees it: 1 in gradient mode, `effective-steps.ts` in update mode.
 * A Euclidean threshold ηλ would let the optimizer's scale choose the model: with f = ½Σ aᵢ(θᵢ − bᵢ)², a = (1, 100), b = (2, .05),
 * λ = 1 and h = (1, 10) the minimum is (1, .04), but it would end at (1, 0).
 *
 * Source  Beck & Teboulle (2009) for the step, Becker & Fadili (2012) for the metric, Loshchilov & Hutter (2019) for decay
 */
import { TributaryError } from "../errors.ts";
import type { ParameterLayout, ParameterPlace } from "../tensor/parameters.ts";
import { shrinkGroups } from "./group-lasso.ts";
import { isProximal, matches, placesOf, type Decay, type Proximal, type Regularizer } from "./regularizer.ts";
import { smoothAlong } from "./total-variation.ts";

export interface ProximalStep {
  /** θ before the optimizer's step. */
  readonly before: Float64Array;
  /** h > 0 for each parameter. */
  readonly metric: Float64Array;
  /** η */
  readonly learningRate: number;
  /** a → s */
  readonly reach: (curvature: number) => number;
}

/** Brings parameters from where the optimizer has left them to where the regularizers want them, in place. */
export type ProximalOperator = (parameters: Float64Array, step: ProximalStep) => void;

/**
 * The operator of all proximal regularizers and decays together; undefined when there are none. Throws "invalid-experiment" with
 * every pattern that names no parameter, and every parameter with penalties whose proximal steps are not one after the other.
 */
export function proximalOperator(
  regularizers: readonly Regularizer[],
  layout: ParameterLayout,
): ProximalOperator | undefined {
  const problems = misfits(regularizers, layout);
  if (problems.length > 0) throw new TributaryError("invalid-experiment", problems.join("\n"));
  const decays = regularizers.filter((one) => one.kind === "decay");
  // An l1 comes first: soft thresholds add up, and compose with what comes after them.
  const proximal = regularizers
    .filter(isProximal)
    .toSorted((a, b) => Number(a.kind !== "l1") - Number(b.kind !== "l1"));
  if (decays.length + proximal.length === 0) return undefined;
  return (parameters, step) => {
    for (const decay of decays)
      for (const place of placesOf(decay, layout)) shrinkBeside(decay, place, parameters, step);
    for (const one of proximal) {
      const sigma = step.learningRate * step.reach(one.curvature) * one.lambda;
      for (const place of placesOf(one, layout)) approach(one, place, sigma, parameters, step.metric);
    }
  };
}

/** In update mode the local steps would each have taken their part of ηₗλ off: together 1 − (1 − ηₗλ)^τ, which is s·λ at curvature λ. */
function shrinkBeside({ lambda }: Decay, { offset, size }: ParameterPlace, x: Float64Array, step: ProximalStep): void {
  const share = step.learningRate * step.reach(lambda) * lambda;
  for (let i = offset; i < offset + size; i++) x[i] = x[i]! - share * step.before[i]!;
}

/** One regularizer on one parameter; `sigma` = ηsλ. */
function approach(
  one: Proximal,
  place: ParameterPlace,
  sigma: number,
  parameters: Float64Array,
  metric: Float64Array,
): void {
  const { offset, size, shape } = place;
  const x = parameters.subarray(offset, offset + size);
  const h = metric.subarray(offset, offset + size);
  switch (one.kind) {
    case "l1":
      shrink(x, h, sigma, 0);
      break;
    case "elastic-net":
      shrink(x, h, one.ratio * sigma, (1 - one.ratio) * sigma);
      break;
    case "group-lasso":
      shrinkGroups(one.groups, shape, x, h, sigma);
      break;
    case "total-variation":
      smoothAlong(one.along, shape, x, h, sigma);
      break;
  }
}

/** argmin t·|x| + ½q·x² + ½h(x − z)², for each number: exactly 0 where h|z| ≤ t. */
function shrink(z: Float64Array, h: Float64Array, t: number, q: number): void {
  for (let i = 0; i < z.length; i++) {
    const pull = h[i]! * Math.abs(z[i]!) - t;
    z[i] = pull <= 0 ? 0 : (Math.sign(z[i]!) * pull) / (h[i]! + q);
  }
}

/** Every problem of these regularizers with these parameters, each at its place in the experiment. */
function misfits(regularizers: readonly Regularizer[], layout: ParameterLayout): string[] {
  const trained = layout.places.filter(({ scope }) => scope !== "buffer");
  const problems = regularizers.flatMap((one, i) => {
    const places = placesOf(one, layout);
    const at = `regularizers.${i}`;
    if (places.length === 0) {
      const names = trained.map(({ name }) => name).join(", ");
      return [`${at}.parameters: "${one.parameters}" names no parameter: there are ${names}`];
    }
    const [key, axis] = axisOf(one);
    if (axis !== "inputs") return [];
    return places
      .filter(({ shape }) => shape.length < 2)
      .map(({ name }) => `${at}.${key}: "inputs" needs weights of at least two axes, and "${name}" has one`);
  });
  for (const { name } of trained) {
    const kinds = regularizers
      .filter(isProximal)
      .filter(({ parameters }) => matches(parameters, name))
      .map(({ kind }) => kind);
    if (kinds.filter((kind) => kind !== "l1").length > 1 || (kinds.includes("total-variation") && kinds.length > 1)) {
      problems.push(
        `regularizers: "${name}" has ${kinds.join(" and ")}, which have no common proximal step: expected l1 with at most one of elastic-net and group-lasso, or total-variation alone`,
      );
    }
  }
  return problems;
}

function axisOf(one: Regularizer): readonly [key: string, axis: string | undefined] {
  if (one.kind === "group-lasso") return ["groups", one.groups];
  return ["along", one.kind === "total-variation" ? one.along : undefined];
}
