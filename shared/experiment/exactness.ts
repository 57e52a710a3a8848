/**
 * Which results are those of one machine that held every row, in words: what stands in every report, so that nobody takes an
 * approximation for an exact result.
 */
import type { Goal } from "./goal.ts";
import type { Experiment } from "./schema.ts";
import type { SecureSumsConfig } from "./secure-sums.ts";

export interface Exactness {
  /** Whether any sharding of the same rows gives the same model, up to rounding. */
  readonly exact: boolean;
  /** Why not; none where it is. */
  readonly because: readonly string[];
}

/** Objective → whether its result is exact. */
export function exactnessOf(experiment: Experiment, goals: readonly Goal[]): Record<string, Exactness> {
  const always = ofTheRun(experiment);
  return Object.fromEntries(
    goals.map((goal) => {
      const because = [...always, ...ofTheObjective(experiment, goal)];
      return [goal.name, { exact: because.length === 0, because }];
    }),
  );
}

/** One local step on all rows of a client, by plain descent, is that client's part of one global gradient. */
function isOneGradient({ federation }: Experiment): boolean {
  if (federation.mode === "gradient") return true;
  const { epochs, steps, batchSize, optimizer } = federation.local;
  return (
    (epochs === 1 || steps === 1) && batchSize === "full" && optimizer.kind === "sgd" && !federation.local.dropLast
  );
}

function ofTheRun(experiment: Experiment): string[] {
  const { federation, data } = experiment;
  const { clients, transport, clip, aggregation } = federation;
  const standardize = data.standardize.scope;
  return [
    ...(isOneGradient(experiment) ? [] : ["local steps: between two exchanges each client goes its own way"]),
    ...(clients.select === "all" ? [] : ["a cohort is drawn each round: its clients stand for all"]),
    ...(federation.mode === "gradient" && federation.batch !== "full"
      ? ["batches are drawn by client and row: other shards draw other batches"]
      : []),
    ...(federation.mode === "update" && federation.local.sketch !== undefined
      ? [
          `objectives are weighed by sketches of ${federation.local.sketch} numbers: their Gramian is off by some ${(100 * Math.sqrt(2 / federation.local.sketch)).toFixed(0)} % of the lengths squared, and what ${experiment.weighting.method} promises holds so far`,
        ]
      : []),
    ...(federation.mode === "update" && federation.local.objectives === "separate"
      ? ["objectives are weighed by pseudo-gradients: what a method promises of gradients holds for one local step"]
      : []),
    ...(aggregation.rule === "mean"
      ? []
      : [
          `${aggregation.rule === "module" ? "a rule of one's own" : `the rule ${aggregation.rule}`} compares whole clients`,
        ]),
    ...(clip.perClient === undefined ? [] : ["each client's update is clipped: it matters who holds which rows"]),
    ...(federation.secureSums === undefined ? [] : [secureSumsIn(federation.secureSums)]),
    ...(experiment.privacy === undefined
      ? []
      : ["noise keeps the clients private: every run of this experiment differs"]),
    ...(transport === undefined ? [] : [`updates travel in ${transport.dtype}, rounded client by client`]),
    ...(federation.shares.kind === "denominators"
      ? []
      : [`shares are ${federation.shares.kind}: it matters who holds which rows`]),
    ...(federation.mode === "update" && federation.personal.kind === "parts"
      ? ["parts of the model are each client's own"]
      : []),
    ...(federation.mode === "update" && federation.clustering.kind !== "none"
      ? ["each client trains the model that fits its rows best: it matters who holds which rows"]
      : []),
    ...(standardize === "per-client" ? ["each client is standardized by its own rows"] : []),
  ];
}

/** What becomes of updates that are masked, and what is seen nevertheless. */
function secureSumsIn({ clip, levels, inTheClear }: SecureSumsConfig): string {
  const told = {
    statistics: "each client's sums of features and classes",
    evaluations: "its losses and metrics on its own rows",
  };
  const seen = [
    "each client's rows, what they count, and when it takes part",
    ...inTheClear.toSorted().map((what) => told[what]),
  ];
  return `updates are cut to ± ${clip}, rounded to ${levels} levels and masked: the coordinator sees their sum, and beside it ${seen.join(", ")}`;
}

function ofTheObjective(experiment: Experiment, { loss, group, tuned }: Goal): string[] {
  const { federation } = experiment;
  const stale =
    loss.kind === "two-phase" &&
    federation.mode === "update" &&
    !(isOneGradient(experiment) && federation.multipliers === "frozen");
  return [
    ...(stale && federation.multipliers === "frozen"
      ? [`multipliers are frozen: local steps go by everybody's sums of the round's start, as ${loss.name} was there`]
      : []),
    ...(stale && federation.multipliers === "client-local"
      ? [`multipliers are client-local: each batch goes by ${loss.name} of its own sums`]
      : []),
    ...(tuned !== undefined && tuned.rows !== "targets"
      ? ["the rows it is tuned by are held back client by client: other shards hold back others"]
      : []),
    ...(group !== undefined && "by" in group ? [`its groups are clients: it is the stratified ${loss.name}`] : []),
  ];
}

/** `exact: any sharding of these rows gives this model`, or why not. */
export const exactnessWords = ({ exact, because }: Exactness): string =>
  exact ? "exact: any sharding of these rows gives this model" : `not exact: ${because.join("; ")}`;
