/**
 * How the clients of one round count and work, where that is not as their assignment says: shares, partial work, the control variate that
 * is sent, and who is told apart. Made once for an attempt; the learning exchange asks it.
 */
import type { Answer } from "../../shared/protocol/answer.ts";
import type { TrainTask } from "../../shared/protocol/task.ts";
import type { Random } from "../../shared/random.ts";
import { ExactSum, VectorSum } from "../../shared/sum.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Update } from "../../shared/updates/update.ts";
import type { StragglersConfig } from "../../shared/experiment/simulated.ts";
import type { ClientVectors } from "../fleet/fleet.ts";
import type { Counted } from "../strategy/shares.ts";
import type { Roster } from "./roster.ts";
import type { ClientId } from "./round.ts";

export interface ClientAxis {
  /** Whether every client's loss at the model is asked for first. */
  readonly asksLosses: boolean;
  /** Whether clients count otherwise than by their own share of the denominators. */
  readonly reweighs: boolean;
  weights(counted: readonly Counted[]): ReadonlyMap<ClientId, number>;
  /** In the experiment's order. */
  readonly objectiveWeights: readonly number[];
  /** What the train task says besides. */
  readonly work: Pick<TrainTask, "epochs" | "control" | "clipNorm">;
  /** The sum with the clients' own updates: kept for a rule that sees each, or added up. */
  absorb(
    sum: PartialSum,
    answers: readonly Answer[],
    updates: readonly ClientVectors[],
    shares: ReadonlyMap<ClientId, number>,
  ): PartialSum;
}

/** Σᵢ wᵢ·numᵢ/denᵢ / Σᵢ wᵢ over the objectives that the client has rows for; 0 without any. */
export function lossOf({ contributions }: Answer, weights: readonly number[]): number {
  let [loss, total] = [0, 0];
  contributions.forEach(({ numerator, denominator }, i) => {
    if (denominator === 0) return;
    loss += (weights[i]! * numerator) / denominator;
    total += weights[i]!;
  });
  return total === 0 ? 0 : loss / total;
}

/** Those who count for something, with pₖ; empty where each counts with that. */
export function countedOf(
  participants: readonly ClientId[],
  { axis, roster }: { readonly axis: ClientAxis; readonly roster: Roster },
  losses: ReadonlyMap<ClientId, number>,
): Counted[] {
  if (!axis.reweighs) return [];
  const shares = sharesOf(participants, axis.objectiveWeights, roster);
  return participants
    .filter((client) => shares.get(client)! > 0)
    .map((client) => ({ client, share: shares.get(client)!, loss: losses.get(client) ?? 0 }));
}

/** pₖ ∝ Σᵢ wᵢ·denᵢₖ/Dᵢ among these clients; 0 for all where none has a row that counts. */
export function sharesOf(
  clients: readonly ClientId[],
  objectiveWeights: readonly number[],
  roster: Pick<Roster, "denominators">,
): ReadonlyMap<ClientId, number> {
  const denominators = (client: ClientId): readonly number[] => roster.denominators.get(client) ?? [];
  const totals = objectiveWeights.map((_, i) =>
    clients.reduce((sum, client) => sum + (denominators(client)[i] ?? 0), 0),
  );
  const weights = clients.map((client) =>
    objectiveWeights.reduce(
      (sum, weight, i) => (totals[i] === 0 ? sum : sum + (weight * (denominators(client)[i] ?? 0)) / totals[i]!),
      0,
    ),
  );
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(clients.map((client, k) => [client, all === 0 ? 0 : weights[k]! / all]));
}

/** Keeps a copy of each client's update beside the sums of its numbers. */
export function keepEach(sum: PartialSum, answers: readonly Answer[], vectors: readonly ClientVectors[]): PartialSum {
  const answered = new Map(answers.map((answer) => [answer.client, answer]));
  const updates = vectors.flatMap(({ client, vectors: own }): Update[] => {
    const answer = answered.get(client);
    if (answer === undefined) return [];
    const { contributions, weight, steps } = answer;
    if (steps > 0 || own.length !== contributions.length || contributions.length === 0)
      return [{ kind: "change", client, contributions, weight, change: Float64Array.from(own[0]!) }];
    const gradients = contributions.map((one, i) => ({ ...one, gradient: Float64Array.from(own[i]!) }));
    return [{ kind: "gradients", client, contributions: gradients }];
  });
  return { ...sum, updates };
}

/** Adds the clients' vectors up as a carrier would have. */
export function addEach(sum: PartialSum, answers: readonly Answer[], vectors: readonly ClientVectors[]): PartialSum {
  const weights = new Map(answers.map(({ client, weight }) => [client, weight]));
  const [first] = vectors;
  if (first === undefined) return sum;
  const sums = first.vectors.map((vector) => new VectorSum(vector.length));
  for (const { client, vectors: own } of vectors)
    own.forEach((vector, i) => {
      sums[i]!.add(weights.get(client)!, vector);
    });
  return { ...sum, vectors: sums };
}

/**
 * The clients' mean gradients by their shares sₖ, in the form of sums: numerators Σ sₖ·numₖ/denₖ, denominators Σ sₖ, and the gradients of
 * those numerators. One without rows for an objective has no share in it.
 */
export function weighEach(
  sum: PartialSum,
  answers: readonly Answer[],
  vectors: readonly ClientVectors[],
  shares: ReadonlyMap<ClientId, number>,
): PartialSum {
  const contributions = new Map(answers.map((answer) => [answer.client, answer.contributions]));
  const sums = sum.objectives.map(() => new VectorSum(vectors[0]?.vectors[0]?.length ?? 0));
  for (const { client, vectors: own } of vectors)
    own.forEach((vector, i) => {
      const { denominator } = contributions.get(client)![i]!;
      if (denominator > 0) sums[i]!.add((shares.get(client) ?? 0) / denominator, vector);
    });
  const objectives = sum.objectives.map((plain, i) => {
    const [numerator, denominator] = [new ExactSum(), new ExactSum()];
    for (const { client, contributions: own } of answers) {
      const share = shares.get(client) ?? 0;
      if (own[i]!.denominator === 0) continue;
      numerator.add((share * own[i]!.numerator) / own[i]!.denominator);
      denominator.add(share);
    }
    return { ...plain, numerator, denominator };
  });
  return { ...sum, objectives, vectors: sums };
}

/** The slow ones of a cohort and the passes they manage, 1 … epochs − 1, the same under every strategy of one seed. */
export function stragglersIn(
  cohort: readonly ClientId[],
  { share }: StragglersConfig,
  epochs: number,
  random: Random,
): Map<ClientId, number> {
  const count = Math.round(share * cohort.length);
  const slow = [...random.permutation(cohort.length)].slice(0, count);
  return new Map(slow.map((i) => [cohort[i]!, 1 + random.fork(cohort[i]!).integer(Math.max(1, epochs - 1))]));
}
