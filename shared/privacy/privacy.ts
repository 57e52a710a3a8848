/**
 * Differential privacy of a run, as its experiment declares it: the Gaussian mechanism at the coordinator, over clients.
 *
 *     each client     Δₖ shortened to ‖Δₖ‖ ≤ C, all tensors together, and counted with weight 1
 *     each round      released is (Σₖ Δₖ + N(0, (zC)²·I)) / m        m a constant: the number that answered is not used
 *     neighbours      two sets of clients, of which one has one client more
 *
 * A client moves Σ by at most C where everybody is asked. Where a fixed number is drawn, one client more also pushes another out: 2C, as
 * if z were half as large, and nothing is taken off for the chance not to be drawn. It is taken off (amplification by sampling) where each
 * is drawn by itself with a probability q that the experiment declares: `clients.draw: poisson` by the run's secret, so that nobody
 * foresees who is, and a round of nobody releases noise like any other. The coordinator, which knows, is trusted; who is there at all,
 * and whether a round comes about, is taken as known.
 *
 * The guarantee is of the models that leave the coordinator, to clients and in files. Losses and metrics that it shows its operator are
 * exact, and not covered; nothing that is decided by them reaches the model (`shared/experiment/privacy-checks.ts` refuses what would).
 *
 * Source  McMahan et al. (2018), Learning Differentially Private Recurrent Language Models; `accountant.ts` accounts, `noise.ts` draws.
 */
import type { Experiment } from "../experiment/schema.ts";
import { Account, type Cost } from "./accountant.ts";
import type { SampledGaussian } from "./rdp.ts";

export interface Spent extends Cost {
  readonly delta: number;
}

/** What an ε is of: whose taking part it hides, and whether chance has helped. */
export interface PrivacyScope {
  readonly unit: "client";
  /** Data sets that differ by one unit more. */
  readonly adjacency: "add-or-remove-one";
  /** q, where that has amplified the privacy; 1 where nothing is taken off for the chance not to be drawn. */
  readonly samplingRate: number;
}

/** Rounding a shortened update to float32, and the sum to the noise's grid, may leave it longer by this share: far more than they do. */
const roundingMargin = 1e-5;

/** Undefined where the experiment declares no privacy. */
export function mechanismOf({
  privacy,
  federation,
}: Pick<Experiment, "privacy" | "federation">): SampledGaussian | undefined {
  if (privacy === undefined) return undefined;
  const sigma = privacy.noiseMultiplier / (1 + roundingMargin);
  const q = samplingRateOf(federation);
  return { sigma: q < 1 || federation.clients.select === "all" ? sigma : sigma / 2, q };
}

/** q of clients that are drawn one by one, in secret; 1 where they are not, and nothing is amplified. */
export function samplingRateOf({ clients: { select, draw } }: Experiment["federation"]): number {
  return draw.kind === "poisson" && typeof select === "object" && "fraction" in select ? select.fraction : 1;
}

/** What an ε of this experiment is of. */
export const scopeOf = ({ federation }: Pick<Experiment, "federation">): PrivacyScope => ({
  unit: "client",
  adjacency: "add-or-remove-one",
  samplingRate: samplingRateOf(federation),
});

/** What so many released models have cost; undefined where the experiment declares no privacy, and nothing bounds what they tell. */
export function spentAfter(
  releases: number,
  experiment: Pick<Experiment, "privacy" | "federation">,
): Spent | undefined {
  const mechanism = mechanismOf(experiment);
  if (mechanism === undefined || experiment.privacy === undefined) return undefined;
  const { delta } = experiment.privacy;
  return { ...accountOf(experiment, mechanism, delta, releases).costOf(releases), delta };
}

/** Of the last experiments that were asked for: an account is dear to open, and cheap to ask again. */
const accounts = new WeakMap<object, { readonly key: string; readonly most: number; readonly account: Account }>();

function accountOf(
  { federation }: Pick<Experiment, "federation">,
  mechanism: SampledGaussian,
  delta: number,
  releases: number,
): Account {
  const known = accounts.get(federation);
  const key = JSON.stringify([mechanism, delta]);
  if (known?.key === key && known.most >= releases) return known.account;
  const most = Math.max(releases, federation.rounds);
  const account = new Account(mechanism, { releases: most, delta });
  accounts.set(federation, { key, most, account });
  return account;
}
