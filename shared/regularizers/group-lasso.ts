import type { Shape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import { along, type WeightAxis } from "./regularizer.ts";

/**
 * The proximal step of the group lasso, group by group: a group is all that belongs to one input, to one output, or the whole parameter.
 *
 *     x = argmin σ√n·‖x‖₂ + ½ Σ hᵢ(xᵢ − zᵢ)²           n numbers in the group, t = σ√n
 *       = 0                                             where ‖h∘z‖ ≤ t
 *       = hᵢzᵢr / (hᵢr + t)                             where r = ‖x‖ solves Σ (hᵢzᵢ / (hᵢr + t))² = 1
 *
 * Facts   h = 1: x = z·max(1 − t/‖z‖, 0) · a group of one is l1 · groups "inputs" on a first layer [inputs, outputs]: a column of the
 *         table that no longer counts is zero towards every unit
 * Source  Yuan & Lin (2006). The equation for r is solved by Newton's method on 1/√Σ, which is concave (Reinsch, 1971): from r = 0
 *         the steps never pass the root, and end when rounding lets them go no further; equal h need one.
 */
export function shrinkGroups(
  groups: WeightAxis | "parameter",
  shape: Shape,
  x: Float64Array,
  metric: Float64Array,
  sigma: number,
): void {
  for (const group of groupsOf(groups, shape)) {
    const z = group.map((i) => x[i]!);
    const h = group.map((i) => metric[i]!);
    const shrunk = shrinkGroup(z, h, sigma * Math.sqrt(group.length));
    group.forEach((place, i) => (x[place] = shrunk[i]!));
  }
}

/** The positions of each group's numbers in a row-major tensor. */
export function groupsOf(groups: WeightAxis | "parameter", shape: Shape): number[][] {
  const size = sizeOf(shape);
  if (groups === "parameter") return [Array.from({ length: size }, (_, i) => i)];
  const { count, stride } = along(groups, shape);
  const found = Array.from({ length: count }, (): number[] => []);
  for (let i = 0; i < size; i++) found[Math.floor(i / stride) % count]!.push(i);
  return found;
}

function shrinkGroup(z: readonly number[], h: readonly number[], t: number): readonly number[] {
  if (t === 0) return z;
  const pull = z.map((value, i) => h[i]! * value);
  if (Math.sqrt(pull.reduce((sum, value) => sum + value * value, 0)) <= t) return z.map(() => 0);
  let r = 0;
  for (;;) {
    // ψ = Σ (p/(hr + t))² and ψ′; Newton on 1/√ψ = 1.
    let [psi, slope] = [0, 0];
    for (let i = 0; i < z.length; i++) {
      const below = h[i]! * r + t;
      const share = (pull[i]! / below) * (pull[i]! / below);
      psi += share;
      slope -= (2 * share * h[i]!) / below;
    }
    const next = r + (2 * psi * (1 - Math.sqrt(psi))) / slope;
    if (!(next > r)) break;
    r = next;
  }
  return pull.map((value, i) => (value * r) / (h[i]! * r + t));
}
