/**
 * What each client's change counts for in the mean (`shared/experiment/client-axis.ts` has the formulas). Some ask for every client's
 * loss F at the model first, which costs an exchange. What they remember is plain JSON and part of the run's state.
 *
 *     Facts   λ = ⅓ each, F = 1, 2, 4, rate .1 → λ = .2, .3, .5 · q = 0 and t = 0 change nothing · equal F change nothing
 */
import { exp, pow } from "../../shared/kernels/math.ts";
import type { SharesConfig } from "../../shared/experiment/client-axis.ts";
import type { ClientId } from "../round/round.ts";

/** A client of the cohort: pₖ, and its loss at the model, where that is asked for. */
export interface Counted {
  readonly client: ClientId;
  readonly share: number;
  readonly loss: number;
}

export type SharesState = Readonly<Record<ClientId, number>>;

export interface Shares {
  readonly asksLosses: boolean;
  /** Sums to whatever it likes: the mean is divided by its sum, unless `divisor` says otherwise. */
  weights(clients: readonly Counted[], state: SharesState): ReadonlyMap<ClientId, number>;
  /** What the weighted sum of the changes is divided by; `lengths` are ‖Δₖ‖. */
  divisor?(clients: readonly Counted[], lengths: ReadonlyMap<ClientId, number>, localRate: number): number;
  next(clients: readonly Counted[], state: SharesState): SharesState;
}

const stateless = (state: SharesState): Pick<Shares, "next"> => ({ next: () => state });
const each = (clients: readonly Counted[], weight: (client: Counted) => number): Map<ClientId, number> =>
  new Map(clients.map((one) => [one.client, weight(one)]));

/** undefined: every client counts with its own share of the denominators. */
export function sharesOf(config: SharesConfig): Shares | undefined {
  switch (config.kind) {
    case "denominators":
      return undefined;
    case "uniform":
      return { asksLosses: false, weights: (clients) => each(clients, () => 1), ...stateless({}) };
    case "q-fair":
      return qFair(config.q);
    case "agnostic":
      return agnostic(config.learningRate);
    case "tilted":
      return tilted(config.t);
  }
}

/** Kept away from 0, whose powers below 1 have no slope. */
const smallest = 1e-10;

/**
 * q-FedAvg: x ← x + Σ F^q·L·Δₖ / Σ hₖ,  hₖ = q·F^(q−1)·‖L·Δₖ‖² + L·F^q,  L = 1/ηₗ. The mean is divided by Σ hₖ/L.
 * Source: Li, Sanjabi, Beirami & Smith (2020), algorithm 2; the norm is squared.
 */
const qFair = (q: number): Shares => ({
  asksLosses: true,
  weights: (clients) => each(clients, ({ loss }) => pow(loss + smallest, q)),
  divisor: (clients, lengths, localRate) =>
    clients.reduce((sum, { client, loss }) => {
      const length = lengths.get(client) ?? 0;
      const curvature = q * pow(loss + smallest, q - 1) * ((length * length) / localRate);
      return sum + curvature + pow(loss + smallest, q);
    }, 0),
  ...stateless({}),
});

/** λ ← Π_simplex(λ + η·F), from equal shares. Source: Mohri, Sivek & Suresh (2019). */
const agnostic = (rate: number): Shares => {
  const before = (clients: readonly Counted[], state: SharesState): number[] => {
    const known = clients.map(({ client }) => state[client]);
    return known.some((share) => share === undefined) ? clients.map(() => 1 / clients.length) : (known as number[]);
  };
  return {
    asksLosses: true,
    weights(clients, state) {
      const shares = before(clients, state);
      return new Map(clients.map(({ client }, i) => [client, shares[i]!]));
    },
    next(clients, state) {
      const shares = before(clients, state);
      const moved = ontoSimplex(clients.map(({ loss }, i) => shares[i]! + rate * loss));
      return Object.fromEntries(clients.map(({ client }, i) => [client, moved[i]!]));
    },
  };
};

/** pₖ·exp(t·(F − max)), the largest exponent taken out. */
const tilted = (t: number): Shares => ({
  asksLosses: true,
  weights(clients) {
    const top = clients.reduce((most, { loss }) => Math.max(most, t * loss), -Infinity);
    return each(clients, ({ share, loss }) => share * exp(t * loss - top));
  },
  ...stateless({}),
});

/** The nearest point of the simplex, by sorting. Source: Duchi et al. (2008). */
export function ontoSimplex(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => b - a);
  let [sum, threshold] = [0, 0];
  sorted.forEach((value, i) => {
    sum += value;
    const candidate = (sum - 1) / (i + 1);
    if (value > candidate) threshold = candidate;
  });
  return values.map((value) => Math.max(0, value - threshold));
}
