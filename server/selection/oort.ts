import { pow, log } from "../../shared/kernels/math.ts";
import type { DrawConfig } from "../../shared/experiment/selection.ts";
import type { ClientId } from "../round/round.ts";
import { drawWeighted, remembered, type Selection, type SelectionSeen, type SelectionState } from "./selection.ts";

export type OortConfig = Omit<Extract<DrawConfig, { kind: "oort" }>, "kind">;

/** Rounds that the pacer looks back on, twice. */
const window = 20;

/**
 * Clients in proportion to what their rows teach, and how soon:
 *
 *     scoreₖ = U′ₖ + √(0.1·ln R / Lₖ),  × (T/tₖ)^α where tₖ > T
 *
 *     Uₖ    nₖ·Fₖ, rows × the loss of its last local work, clipped at a quantile; U′ is U between 0 and 1
 *     Lₖ    the last round it took part in; R this round
 *     T     a percentile of all durations tₖ: five points more when the utilities of 20 rounds are within 10 % of those of the 20
 *           before, five less when they are more than five times those. Where nobody says how long clients take, nobody is slow
 *
 * A share ε of the cohort is drawn, by size, from clients that have never worked. The others are drawn in proportion to their scores among
 * those with at least `cut` times the score of the last one who would have been admitted. They count by their shares of the denominators.
 *
 * Source  Lai, Zhu, Madhyastha & Chowdhury (2021), with the defaults of FedScale. There the loss is the root of the rows' mean square,
 *         which √(mean ℓ²) ≥ mean ℓ; clients report sums of ℓ alone, so ours is the mean
 */
export const oort = (config: OortConfig): Selection => ({
  name: "oort",
  draw(seen) {
    const { members, count, round, size, random, state } = seen;
    const known = members.filter((client) => state.clients[client] !== undefined);
    const unseen = members.filter((client) => state.clients[client] === undefined);
    const epsilon = Math.max(config.leastExploration, config.exploration * pow(config.decay, round - 1));
    const wanted = Math.min(unseen.length, Math.max(Math.round(epsilon * count), count - known.length));
    const explored = drawWeighted(unseen, size, wanted, random.fork("explore"));
    const exploited = exploit(known, count - explored.length, seen, config);
    return [...explored, ...exploited].sort();
  },
  next(state, worked) {
    const after = remembered(state, worked);
    const utility = [...worked.losses.keys()].reduce((sum, client) => sum + after.clients[client]!.utility, 0);
    const utilities = [...after.utilities, utility].slice(-2 * window);
    return { ...after, utilities, percentile: paced(after.percentile, utilities, worked.round) };
  },
});

/** The scores of clients that have worked before. */
export function scoresOf(
  known: readonly ClientId[],
  { round, state, secondsOf }: Pick<SelectionSeen, "round" | "state" | "secondsOf">,
  { clip, alpha }: Pick<OortConfig, "clip" | "alpha">,
): ReadonlyMap<ClientId, number> {
  const utilities = known.map((client) => state.clients[client]!.utility);
  const most = quantile(utilities, clip);
  const clipped = utilities.map((utility) => Math.min(utility, most));
  const [low, high] = [Math.min(...clipped), Math.max(...clipped)];
  const seconds = known.flatMap((client) => secondsOf(client) ?? []);
  const preferred = quantile(seconds, state.percentile / 100);
  return new Map(
    known.map((client, i) => {
      const value = high > low ? (clipped[i]! - low) / (high - low) : 1;
      const age = Math.sqrt((0.1 * log(round)) / state.clients[client]!.round);
      const own = secondsOf(client);
      const delay = own !== undefined && own > preferred ? pow(preferred / own, alpha) : 1;
      return [client, (value + age) * delay];
    }),
  );
}

function exploit(
  known: readonly ClientId[],
  count: number,
  seen: SelectionSeen,
  config: OortConfig,
): readonly ClientId[] {
  if (count <= 0 || known.length === 0) return [];
  const scores = scoresOf(known, seen, config);
  const descending = [...scores.values()].sort((a, b) => b - a);
  const least = config.cut * descending[Math.min(count, descending.length) - 1]!;
  const admitted = known.filter((client) => scores.get(client)! >= least);
  return drawWeighted(admitted, (client) => scores.get(client)!, count, seen.random.fork("exploit"));
}

function paced(percentile: number, utilities: SelectionState["utilities"], round: number): number {
  if (round % window !== 0 || utilities.length < 2 * window) return percentile;
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const [before, last] = [total(utilities.slice(0, window)), total(utilities.slice(window))];
  if (Math.abs(last - before) <= 0.1 * before) return Math.min(100, percentile + 5);
  return last > 5 * before || before > 5 * last ? Math.max(5, percentile - 5) : percentile;
}

/** The least value that such a share of them does not exceed; ∞ of none. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Infinity;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
}
