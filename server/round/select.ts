/**
 * Who takes part in a round. Selection draws from its own random fork, over the ids in sorted order, so that neither the order
 * in which clients came nor any other draw reaches it.
 *
 *     all        everyone
 *     count      m clients, uniformly without replacement
 *     fraction   m = max(⌈C·N⌉, 1) of N clients, likewise (McMahan et al., 2017)
 */
import type { Random } from "../../shared/random.ts";
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import type { ClientId } from "./round.ts";

/** (everyone, in sorted order; this round's own random fork) → the cohort, sorted. */
export type Selection = (members: readonly ClientId[], random: Random) => readonly ClientId[];

export const selectAll: Selection = (members) => members;

export const selectCount =
  (count: number): Selection =>
  (members, random) => {
    const drawn = random.shuffle(Int32Array.from(members, (_, position) => position)).subarray(0, count);
    return Array.from(drawn.sort(), (position) => members[position]!);
  };

export const selectFraction =
  (fraction: number): Selection =>
  (members, random) =>
    selectCount(cohortSize(fraction, members.length))(members, random);

/** max(⌈C·N⌉, 1), where a product that is whole but for rounding (0.07 · 100 = 7.000000000000001) counts as whole. */
export function cohortSize(fraction: number, members: number): number {
  const product = fraction * members;
  const whole = Math.round(product);
  return Math.max(Math.abs(product - whole) < 1e-9 * members ? whole : Math.ceil(product), 1);
}

/** The selection an experiment declares. */
export function selectionOf({ select }: FederationConfig["clients"]): Selection {
  if (select === "all") return selectAll;
  return "count" in select ? selectCount(select.count) : selectFraction(select.fraction);
}
