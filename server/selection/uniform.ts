/** Draws that look at no client: all, m of them, each by chance, one after the other. */
import { TributaryError } from "../../shared/errors.ts";
import { secretUniform } from "../../shared/privacy/secret-chance.ts";
import type { Random } from "../../shared/random.ts";
import type { ClientId } from "../round/round.ts";
import type { Selection } from "./selection.ts";

/** So many different members, uniformly, sorted. */
export function drawUniform(members: readonly ClientId[], count: number, random: Random): ClientId[] {
  if (count >= members.length) return [...members];
  const drawn = random.shuffle(Int32Array.from(members, (_, position) => position)).subarray(0, count);
  return Array.from(drawn.sort(), (position) => members[position]!);
}

/** Facts   m = N is everybody, and draws nothing. Source: McMahan et al. (2017). */
export const uniform: Selection = {
  name: "uniform",
  draw: ({ members, count, random }) => drawUniform(members, count, random),
};

/**
 * Each client with the probability q = m/N, whoever else is drawn: what amplification by sampling is proved for. A client's chance comes
 * from a fork of its name: another client more or less changes nobody's.
 */
export const poisson = (divisor: "cohort" | "expected"): Selection => {
  const q = ({ count, everyone }: { readonly count: number; readonly everyone: readonly ClientId[] }): number =>
    count / everyone.length;
  return {
    name: "poisson",
    mayBeEmpty: true,
    draw: (seen) => seen.members.filter((client) => seen.random.fork(client).uniform() < q(seen)),
    ...(divisor === "expected" && {
      weights: (cohort, { size }) => new Map(cohort.map((client) => [client, size(client)])),
      divisor: q,
    }),
  };
};

/**
 * The same under differential privacy, at a rate that is declared: by the run's secret, since whoever has the experiment has its seed, and
 * amplification is for a cohort that nobody knows. Throws "invalid-option" without a secret.
 */
export const secretPoisson = (rate: number): Selection => ({
  name: "secret-poisson",
  mayBeEmpty: true,
  draw({ members, random, secret }) {
    if (secret === undefined)
      throw new TributaryError("invalid-option", "A draw in secret: expected the run's secret, got none");
    const attempt = random.state.key; // of this run, round and attempt
    return members.filter((client) => secretUniform(secret, "cohort", attempt, client) < rate);
  },
});

/** Cycles of ⌈N/m⌉ rounds, in which everybody has one turn; whoever is not there misses it. */
export const roundRobin = (shuffle: boolean): Selection => ({
  name: "round-robin",
  draw({ round, count, everyone, members, run }) {
    const rounds = Math.ceil(everyone.length / count);
    const [cycle, turn] = [Math.floor((round - 1) / rounds), (round - 1) % rounds];
    const order = shuffle ? run.fork("cycle", cycle).shuffle([...everyone]) : everyone;
    const here = new Set(members);
    return order
      .slice(turn * count, (turn + 1) * count)
      .filter((client) => here.has(client))
      .sort();
  },
});
