/** Draws in proportion to size. Whoever is likelier to be drawn counts no more when it is, so that the mean over draws is Σ pₖΔₖ. */
import type { Random } from "../../shared/random.ts";
import type { ClientId } from "../round/round.ts";
import { positionIn, type Selection, type SelectionSeen } from "./selection.ts";

type Size = SelectionSeen["size"];

/**
 * m draws, each a client with probability pₖ; one drawn r times counts r.
 *
 *     E[ (1/m)·Σ_draws Δ ] = Σₖ pₖΔₖ
 *
 * Source: Li et al. (2020), "On the convergence of FedAvg on non-IID data", scheme I
 */
export const bySizeWithReplacement: Selection = {
  name: "by-size",
  draw({ members, count, size, random }) {
    const sizes = members.map(size);
    const total = sizes.reduce((sum, own) => sum + own, 0);
    return Array.from({ length: total > 0 ? count : 0 }, () => {
      const at = positionIn(sizes, random.uniform() * total);
      return members[at]!;
    }).sort();
  },
  weights: (cohort) => new Map(cohort.map((client) => [client, cohort.filter((other) => other === client).length])),
};

/**
 * m different clients with the inclusion probabilities πₖ = min(1, c·pₖ), Σ πₖ = m, each counting with pₖ/πₖ.
 *
 *     E[ Σ_cohort (pₖ/πₖ)·Δₖ ] = Σₖ pₖΔₖ,     and the weights of every cohort sum to 1
 *
 * Facts   m = N takes everybody, each with pₖ · equal sizes count alike · no client of size 0 is ever drawn
 * Source  Madow (1949), systematic sampling over a random order; Horvitz & Thompson (1952)
 */
export const bySizeWithoutReplacement: Selection = {
  name: "by-size",
  draw: ({ members, count, size, random }) => drawSystematic(members, count, size, random),
  weights(cohort, { members, count, size }) {
    const inclusion = inclusionOf(members, count, size);
    return new Map(cohort.map((client) => [client, size(client) / inclusion.get(client)!]));
  },
};

/** Sorted. */
export function drawSystematic(
  members: readonly ClientId[],
  count: number,
  size: Size,
  random: Random,
): readonly ClientId[] {
  const inclusion = inclusionOf(members, count, size);
  const sure = members.filter((client) => inclusion.get(client) === 1);
  const others = random.shuffle(members.filter((client) => inclusion.get(client)! > 0 && inclusion.get(client)! < 1));
  let point = random.uniform();
  let sum = 0;
  const drawn = others.filter((client, i) => {
    sum += inclusion.get(client)!;
    const hit = point < sum || (i === others.length - 1 && point < Math.round(sum)); // rounding may leave the last point behind the end
    if (hit) point += 1;
    return hit;
  });
  return [...sure, ...drawn].sort();
}

/** πₖ: those for whom m·pₖ would be more than 1 are sure, and the rest of the draws is shared among the others. */
export function inclusionOf(members: readonly ClientId[], count: number, size: Size): ReadonlyMap<ClientId, number> {
  const sized = members.filter((client) => size(client) > 0);
  const sure = new Set<ClientId>();
  for (;;) {
    const others = sized.filter((client) => !sure.has(client));
    const total = others.reduce((sum, client) => sum + size(client), 0);
    const draws = Math.min(count, sized.length) - sure.size;
    const chance = (client: ClientId): number => (draws * size(client)) / total;
    const larger = others.filter((client) => chance(client) >= 1 - 1e-12);
    if (larger.length === 0)
      return new Map(
        members.map((client) => [
          client,
          size(client) <= 0 ? 0 : sure.has(client) ? 1 : draws === 0 ? 0 : chance(client),
        ]),
      );
    for (const client of larger) sure.add(client);
  }
}
