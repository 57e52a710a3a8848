/**
 * What so many releases of a mechanism cost, as the smallest ε that any accountant proves, and which one that is.
 *
 *     analytic-gaussian   exact, without sampling; with it an upper bound still
 *     pld                 privacy loss distributions: tight with sampling (`pld.ts`)
 *     rdp                 Rényi's divergences: looser, and defined everywhere (`rdp.ts`)
 *
 *     const account = new Account({ sigma: 1, q: 0.01 }, { releases: 1000, delta: 1e-5 });
 *     account.costOf(1000);            // { epsilon: 1.8283, accountant: "pld" }; RDP alone says 2.1014
 *
 * Each is an upper bound for neighbours that differ by one more, so the smallest of them is one as well.
 */
import { log, pow } from "../kernels/math.ts";
import { gaussianEpsilon, gaussianSigma } from "./analytic-gaussian.ts";
import { ComposedLoss } from "./pld.ts";
import { epsilonOf, gaussianCurve, type Curve, type SampledGaussian } from "./rdp.ts";

export type AccountantName = "analytic-gaussian" | "pld" | "rdp";

export interface Cost {
  readonly epsilon: number;
  readonly accountant: AccountantName;
}

export interface AccountOptions {
  /** As many as may be asked for. */
  readonly releases: number;
  readonly delta: number;
  /** By how much the ε of `pld` may be too large, about. @default 1e-4 */
  readonly tolerance?: number;
}

/** Rounding in sums of so many probabilities is no longer small beside a δ below this, each release. */
const smallestDelta = 1e-13;

export class Account {
  readonly #mechanism: SampledGaussian;
  readonly #options: AccountOptions;
  #curve: Curve | undefined;
  #loss: ComposedLoss | undefined;
  #last: { readonly releases: number; readonly cost: Cost } | undefined;

  constructor(mechanism: SampledGaussian, options: AccountOptions) {
    this.#mechanism = mechanism;
    this.#options = options;
  }

  /** Throws a RangeError for more releases than it was made for. */
  costOf(releases: number): Cost {
    if (releases > this.#options.releases)
      throw new RangeError(`Expected at most ${this.#options.releases} releases, got ${releases}`);
    if (this.#last?.releases !== releases) this.#last = { releases, cost: leastOf(this.proofsOf(releases)) };
    return this.#last.cost;
  }

  /** What each accountant proves; one that proves nothing is left out. */
  proofsOf(releases: number): readonly Cost[] {
    const { sigma, q } = this.#mechanism;
    const { delta } = this.#options;
    const exact: Cost = {
      epsilon: gaussianEpsilon(sigma, q === 0 ? 0 : releases, delta),
      accountant: "analytic-gaussian",
    };
    if (q === 0 || releases === 0) return [exact];
    this.#curve ??= gaussianCurve(this.#mechanism);
    const proved: Cost[] = [exact, { epsilon: epsilonOf(this.#curve, releases, delta), accountant: "rdp" }];
    if (q < 1 && this.#options.releases * smallestDelta < delta) {
      this.#loss ??= new ComposedLoss(this.#mechanism, this.#options);
      proved.push({ epsilon: this.#loss.epsilonAt(releases, delta), accountant: "pld" });
    }
    return proved.filter(({ epsilon }) => epsilon < Infinity);
  }
}

const leastOf = (proofs: readonly Cost[]): Cost =>
  proofs.reduce((least, one) => (one.epsilon < least.epsilon ? one : least), nothingProved);

const nothingProved: Cost = { epsilon: Infinity, accountant: "rdp" };

const mostReleases = 1_099_511_627_776;

/** How many releases cost at most ε. */
export function releasesWithin(epsilon: number, mechanism: SampledGaussian, delta: number): number {
  if (mechanism.q === 0) return mostReleases;
  let [fits, fails] = [0, 1];
  let account = new Account(mechanism, { releases: fails, delta });
  while (fails < mostReleases && account.costOf(fails).epsilon <= epsilon) {
    [fits, fails] = [fails, 4 * fails];
    account = new Account(mechanism, { releases: fails, delta });
  }
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (account.costOf(middle).epsilon <= epsilon) fits = middle;
    else fails = middle;
  }
  return fits;
}

/** The least noise with which so many releases, sampled at q, cost at most ε: up to a ten-thousandth of it too much. */
export function noiseFor(epsilon: number, q: number, { releases, delta }: AccountOptions): number {
  if (q === 1) return gaussianSigma(epsilon, releases, delta);
  return leastNoise((sigma) => new Account({ sigma, q }, { releases, delta }).costOf(releases).epsilon, epsilon);
}

const precision = 1e-4;

/**
 * The least σ, up to a ten-thousandth, whose cost is at most ε, where more noise costs less. A straight line through the logarithms of what is
 * known says where to look; once it is close, both of its sides are tried.
 */
export function leastNoise(costOf: (sigma: number) => number, epsilon: number): number {
  let [low, high] = [1, 1];
  let [lowCost, highCost] = [costOf(1), costOf(1)];
  while (highCost > epsilon && high < largestNoise) {
    [low, lowCost] = [high, highCost];
    [high, highCost] = [2 * high, costOf(2 * high)];
  }
  while (lowCost <= epsilon && low > smallestNoise) {
    [high, highCost] = [low, lowCost];
    [low, lowCost] = [low / 2, costOf(low / 2)];
  }
  for (let step = 0; high / low > 1 + precision; step++) {
    const share = log(lowCost / epsilon) / log(lowCost / highCost);
    const straight = low * pow(high / low, share > 0 && share < 1 ? share : 0.5);
    const aside = 1 + (step % 2 === 0 ? precision : -precision) / 2;
    const near = step % 4 < 3 ? straight * aside : Math.sqrt(low * high);
    const sigma = near > low && near < high ? near : Math.sqrt(low * high);
    const cost = costOf(sigma);
    if (cost <= epsilon) [high, highCost] = [sigma, cost];
    else [low, lowCost] = [sigma, cost];
  }
  return high;
}

const largestNoise = 1e9;
const smallestNoise = 1e-6;
