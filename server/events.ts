/**
 * What happens in a run, as it happens: one flat JSON object each, the lines of `events.ndjson` and of `--json`.
 *
 *     started → prepared → (evaluated) → (scale) → round → evaluated → (joined) → round → … → checkpoint → … → finished
 *
 * A number that does not exist (a loss over no examples) is `null`, never NaN. No feature, label or single update is in an event.
 */
import type { PrivacyScope, Spent } from "../shared/privacy/privacy.ts";
import type { Clipped } from "./strategy/clipping.ts";
import type { ConstraintReport } from "../shared/objectives/constraints.ts";
import type { ScaleReport } from "../shared/objectives/scale-report.ts";
import type { TargetSummary } from "../shared/data/summary.ts";
import type { Exactness } from "../shared/experiment/exactness.ts";
import type { Calibration } from "../shared/experiment/model-file.ts";
import type { Selected } from "../shared/regularizers/selected.ts";

/** Why a run ended. `interrupted` and `diverged` leave the last good checkpoint behind. */
export type StopReason = "rounds" | "target" | "patience" | "diverged" | "interrupted";

/** Numbers by name. One that cannot be estimated is NaN where it is made, and null as JSON. */
export type Details = Readonly<Record<string, readonly (number | null)[]>>;

/** One objective on one set of rows: Σ wᵢ·ℓᵢ / Σ wᵢ, or a function of sums, and its metrics. */
export interface Score {
  /** `null` when no row counts, when a function of sums is not estimable from these rows, or when it is not finite. */
  readonly loss: number | null;
  /** There, when the loss is NaN or infinite. */
  readonly nonFinite?: true;
  /** Rows that count. */
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  /** By metric, and `loss`: what is shown beside it, such as the bins of a reliability diagram; left out where nothing is. */
  readonly details?: Readonly<Record<string, Details>>;
}

/** Objective → part → score; a part without rows is left out. */
export type Scores = Readonly<Record<string, Readonly<Partial<Record<"train" | "test", Score>>>>>;

/** What a state of a run is worth. */
export interface Evaluation {
  /** Of everybody's model. */
  readonly scores: Scores;
  /** Of each client's own model on its own rows, all clients together; left out where no client has one. */
  readonly personal?: Scores;
  /** Clients in each cluster, seated anew by the models evaluated; left out where there is one model. */
  readonly clusters?: readonly number[];
}

export interface StartedEvent {
  readonly event: "started";
  readonly name: string;
  readonly seed: number;
  readonly mode: "gradient" | "update";
  readonly precision: "float32" | "float64";
  readonly threads: number;
  /** The round the run goes on from: 0 for a new one. */
  readonly resumedFrom: number;
  readonly rounds: number;
  readonly clients: number;
  /** Clients of a round. */
  readonly cohort: number;
  readonly trainRows: number;
  readonly testRows: number;
  readonly parameters: number;
  readonly objectives: readonly string[];
  readonly programHash: string;
  /** The run directory; `null` when nothing is written. */
  readonly directory: string | null;
}

/** What the clients counted before the first round, over all training rows together. */
export interface PreparedEvent {
  readonly event: "prepared";
  /** Per target the rows that have it, those that lack it, and those of each class; empty when no target has classes. */
  readonly targets: Readonly<Record<string, TargetSummary>>;
}

/** What a round's event tells: how many of those who took part sit in each cluster, and how many of them sat elsewhere before. */
export interface Moves {
  readonly sizes: readonly number[];
  readonly moved: number;
}

export interface RoundEvent {
  readonly event: "round";
  readonly round: number;
  readonly rounds: number;
  /** Updates the model was made of. */
  readonly clients: number;
  /**
   * For each objective the training loss of this round: in gradient mode of the model before its step (with lookAhead
   * extragradient, of where that step leads), in update mode of the local models on their way.
   */
  readonly losses: Readonly<Record<string, number | null>>;
  readonly learningRate: number;
  /** The L2 norm of the server's step. */
  readonly stepNorm: number;
  /** For each clip of the experiment, how many examples, clients, objectives, units or numbers it has clipped; globalNorm 0 or 1. */
  readonly clipped: Clipped;
  /** Of a round that waits for nobody: the run's clock, the staleness of each arrival, and how many were too stale. */
  readonly asynchrony?: { readonly seconds: number; readonly staleness: readonly number[]; readonly dropped: number };
  /** Of a run with several models: the clients in each cluster, and how many of them have changed theirs. */
  readonly clusters?: Moves;
  /** Objective → what it shows beside its loss: a threshold, the rates of groups; left out where there is nothing. */
  readonly details?: Readonly<Record<string, Details>>;
  /** What updates were multiplied by on their way; `null` where nothing is scaled. */
  readonly lossScale: number | null;
  /** Whether an update did not fit at that scale, so that the model stayed as it was. */
  readonly skipped: boolean;
  /**
   * Objective → what its gradient counted with in this step, declared weight and multiplier included; `null` where the method mixes
   * coordinates or priorities decide.
   */
  readonly weights: Readonly<Record<string, number>> | null;
  /** Whether no direction improves every objective, so that the method has none to give. */
  readonly stationary: boolean;
  /** Of each objective with a bound; empty where there is none. */
  readonly constraints: Readonly<Record<string, ConstraintReport>>;
  /** Bounds that seem to be out of reach: for long not nearer, though their multipliers grew. */
  readonly infeasible: readonly string[];
  /** Clients that a robust rule has left out, or whose numbers were not finite; sorted. */
  readonly rejected: readonly string[];
  /** Spent so far, this round's model among it; left out where nothing bounds it. */
  readonly privacy?: Spent & {
    /** What this round's changes were shortened to, where that moves. */
    readonly clipNorm?: number;
  };
  readonly seconds: number;
}

/** How the objectives compare in the first round: what a choice of weights should know. */
export interface ScaleEvent extends ScaleReport {
  readonly event: "scale";
  readonly round: number;
  /** gradients: exact. pseudo-gradients: of local steps, divided by their sum. */
  readonly rows: "gradients" | "pseudo-gradients" | "combined";
}

/** The model after `round` rounds (0: before the first), on the rows of all clients together. */
export interface EvaluatedEvent extends Evaluation {
  readonly event: "evaluated";
  readonly round: number;
  /** Whether the watched value is the best so far; `null` when nothing is watched. */
  readonly best: boolean | null;
  readonly seconds: number;
}

/** A client that came once the run had begun: from this round on it may be drawn. */
export interface JoinedEvent {
  readonly event: "joined";
  readonly round: number;
  readonly client: string;
  readonly trainRows: number;
  readonly testRows: number;
  /** Of the run, from now on. */
  readonly clients: number;
}

/** A round that was drawn and not committed; it is drawn again. */
export interface AbandonedEvent {
  readonly event: "abandoned";
  readonly round: number;
  readonly attempt: number;
  readonly reason: string;
}

export interface CheckpointEvent {
  readonly event: "checkpoint";
  readonly round: number;
  readonly file: string;
}

/** One of several models, and who it is for. */
export interface Cluster {
  /** Whose training rows it fits best; sorted. */
  readonly clients: readonly string[];
  readonly modelHash: string;
  /** Of the run directory: `cluster-1.safetensors`. */
  readonly file: string;
}

export interface FinishedEvent {
  readonly event: "finished";
  /** Rounds committed, those before a resumption among them. */
  readonly rounds: number;
  readonly stopReason: StopReason;
  /** The stop in words: "severity/test/loss has not improved since round 12". */
  readonly explanation: string;
  /** SHA-256 of the canonical safetensors bytes of the model. */
  readonly modelHash: string;
  /** `<objective>/<part>/<loss or metric>` → value, over all clients together. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly objectives: Scores;
  /** The same of the clients' own models; left out where they have none. */
  readonly personal?: Scores;
  /** Of a run with several models; `modelHash` and model.safetensors are those of the largest. Scores are of each client's own cluster. */
  readonly clusters?: readonly Cluster[];
  /** Objective → whether any sharding of the rows gives its result, and why not. */
  readonly exactness: Readonly<Record<string, Exactness>>;
  /** What the models of the run tell of whether any one client took part; left out where nothing bounds it. */
  readonly privacy?: Spent & PrivacyScope;
  /** Objective → the temperature its logits are divided by in use, and the part it was found on; left out where there is none. */
  readonly calibration?: Calibration;
  /** What sparse regularizers have left of the model: one for each parameter they act on. */
  readonly selected: readonly Selected[];
  /** The best value of what `stop.watch` names, and its round. */
  readonly best: { readonly round: number; readonly value: number } | null;
  readonly seconds: number;
  readonly directory: string | null;
}

export type RunEvent =
  | StartedEvent
  | PreparedEvent
  | ScaleEvent
  | RoundEvent
  | EvaluatedEvent
  | JoinedEvent
  | AbandonedEvent
  | CheckpointEvent
  | FinishedEvent;

/** `{ disease: { test: { loss, metrics: { accuracy } } } }` → `{ "disease/test/loss": …, "disease/test/accuracy": … }`. */
export function flatten(scores: Scores): Record<string, number | null> {
  const flat: Record<string, number | null> = {};
  for (const [objective, parts] of Object.entries(scores)) {
    for (const [part, score] of Object.entries(parts)) {
      flat[`${objective}/${part}/loss`] = score.loss;
      for (const [metric, value] of Object.entries(score.metrics)) flat[`${objective}/${part}/${metric}`] = value;
    }
  }
  return flat;
}
