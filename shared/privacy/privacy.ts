/**
 * Differential privacy of a run, as its experiment declares it. Where clients keep it for themselves is in `discretion.ts`; here is
 * the Gaussian mechanism at the coordinator, over clients, and what each of them costs.
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
 * Under local, another client in a client's place changes its update by at most 2C, as if z were half as large. Under dp-sgd each local
 * step is a release, in which a row of n is drawn with q = B/n; how many rows a client has is taken as known, and every client is asked
 * in every round as far as the account goes.
 *
 * Source  McMahan et al. (2018), Learning Differentially Private Recurrent Language Models; `accountant.ts` accounts, `noise.ts` draws.
 */
import { TributaryError } from "../errors.ts";
import type { LocalConfig } from "../experiment/federation.ts";
import type { Experiment } from "../experiment/schema.ts";
import { Account, type Cost } from "./accountant.ts";
import type { SampledGaussian } from "./rdp.ts";

export interface Spent extends Cost {
  readonly delta: number;
}

/** What an ε is of: whose taking part it hides, and whether chance has helped. */
export interface PrivacyScope {
  readonly unit: "client" | "example";
  /** Who adds the noise: who has to be trusted with what comes before it. */
  readonly where: "coordinator" | "client";
  /** Data sets that differ by one unit more, or in what one unit's rows are. */
  readonly adjacency: "add-or-remove-one" | "replace-one";
  /** q, where that has amplified the privacy; 1 where nothing is taken off for the chance not to be drawn. */
  readonly samplingRate: number;
}

/** Rounding a shortened update to float32, and the sum to the noise's grid, may leave it longer by this share: far more than they do. */
const roundingMargin = 1e-5;

type Declared = Pick<Experiment, "privacy" | "federation">;

/** Who is asked about: under dp-sgd the one with the fewest rows, whose rows are drawn most often. */
export interface Holder {
  /** Training rows. Only dp-sgd asks. */
  readonly rows?: number;
}

/** Of all clients that have any. */
export function holderOf(rows: Iterable<number>): Holder {
  let fewest = Infinity;
  for (const own of rows) if (own > 0) fewest = Math.min(fewest, own);
  return { rows: Math.max(1, Math.min(fewest, Number.MAX_SAFE_INTEGER)) };
}

/**
 * The mechanism of one release; undefined where the experiment declares no privacy. Throws "invalid-option" where it depends on a
 * client's rows, and nobody says how many there are.
 */
export function mechanismOf({ privacy, federation }: Declared, { rows }: Holder = {}): SampledGaussian | undefined {
  if (privacy === undefined) return undefined;
  const sigma = privacy.noiseMultiplier / (1 + roundingMargin);
  if (privacy.mechanism === "local") return { sigma: sigma / 2, q: 1 };
  if (privacy.mechanism === "dp-sgd") {
    const { batchSize } = localOf(federation);
    if (batchSize === "full") return { sigma, q: 1 };
    if (rows === undefined)
      throw new TributaryError(
        "invalid-option",
        "The ε of dp-sgd: expected the number of a client's training rows, got none",
      );
    return { sigma, q: Math.min(1, batchSize / Math.max(1, rows)) };
  }
  const q = samplingRateOf(federation);
  return { sigma: q < 1 || federation.clients.select === "all" ? sigma : sigma / 2, q };
}

/** How often a round releases: once, or under dp-sgd with every local step. */
export const releasesPerRound = ({ privacy, federation }: Declared): number =>
  privacy?.mechanism === "dp-sgd" ? (localOf(federation).steps ?? 1) : 1;

function localOf(federation: Experiment["federation"]): Pick<LocalConfig, "batchSize" | "steps"> {
  return federation.mode === "update" ? federation.local : { batchSize: "full", steps: 1 }; // privacy-checks.ts allows update mode alone
}

/** q of clients that are drawn one by one, in secret; 1 where they are not, and nothing is amplified. */
export function samplingRateOf({ clients: { select, draw } }: Experiment["federation"]): number {
  return draw.kind === "poisson" && typeof select === "object" && "fraction" in select ? select.fraction : 1;
}

/** What an ε of this experiment is of. */
export function scopeOf(experiment: Declared, holder: Holder = {}): PrivacyScope {
  const mechanism = experiment.privacy?.mechanism ?? "central";
  return {
    unit: mechanism === "dp-sgd" ? "example" : "client",
    where: mechanism === "central" ? "coordinator" : "client",
    adjacency: mechanism === "local" ? "replace-one" : "add-or-remove-one",
    samplingRate: mechanismOf(experiment, holder)?.q ?? 1,
  };
}

/** What so many rounds have cost; undefined where the experiment declares no privacy, and nothing bounds what they tell. */
export function spentAfter(rounds: number, experiment: Declared, holder: Holder = {}): Spent | undefined {
  const mechanism = mechanismOf(experiment, holder);
  if (mechanism === undefined || experiment.privacy === undefined) return undefined;
  const { delta } = experiment.privacy;
  const releases = rounds * releasesPerRound(experiment);
  return { ...accountOf(experiment, mechanism, delta, releases).costOf(releases), delta };
}

/** Beyond so many releases a run is accounted more coarsely, so that no round takes long for it. */
const many = 1000;

/** Of the last experiments that were asked for: an account is dear to open, and cheap to ask again. */
const accounts = new WeakMap<object, { readonly key: string; readonly most: number; readonly account: Account }>();

function accountOf(experiment: Declared, mechanism: SampledGaussian, delta: number, releases: number): Account {
  const { federation } = experiment;
  const known = accounts.get(federation);
  const key = JSON.stringify([mechanism, delta]);
  if (known?.key === key && known.most >= releases) return known.account;
  const most = Math.max(releases, federation.rounds * releasesPerRound(experiment));
  const account = new Account(mechanism, { releases: most, delta, tolerance: most > many ? 1e-3 : 1e-4 });
  accounts.set(federation, { key, most, account });
  return account;
}
