/**
 * An assignment: what a client is given once per run, before any task. Data only, so it can be sent, inspected and refused: the
 * programs it will execute (`shared/graph/program.ts`), its objectives, and how it works by itself between two exchanges.
 */
import type { DataSchema } from "../data/schema.ts";
import type { ClipConfig, LocalConfig } from "../experiment/federation.ts";
import type { OwnConfig } from "../experiment/personal.ts";
import type { SecureSumsConfig } from "../experiment/secure-sums.ts";
import type { HalfFormat } from "../tensor/half.ts";
import type { Program } from "../graph/program.ts";
import type { ColumnView } from "../kernels/trainer.ts";
import type { Precision } from "../kernels/module.ts";
import type { KeptPiece } from "./kept.ts";

export interface Assignment {
  readonly seed: number;
  readonly precision: Precision;
  readonly schema: DataSchema;
  /** In the order of every list of objectives: totals, denominators, contributions. */
  readonly objectives: readonly AssignedObjective[];
  /** The length of the model's flat vector. */
  readonly parameters: number;
  /** Whether smooth penalties are part of the local loss (update mode). */
  readonly penalized: boolean;
  /** The clips that act at the client. A program that clips examples takes them one by one. */
  readonly clip: Pick<ClipConfig, "perExample" | "perClient">;
  /** What updates are rounded to when they leave; the precision when left out. With a loss scale, one that does not fit is no divergence. */
  readonly transport?: { readonly dtype: HalfFormat; readonly scaled: boolean };
  /** Local steps in update mode, numerators and their gradients in gradient mode. */
  readonly work: Program;
  /** Numerators, denominators and metric sums, forward only. */
  readonly evaluation: Program;
  /** The denominators alone, which do not depend on the model. */
  readonly counting: Program;
  /** The sums of objectives that are functions of sums, at the model they are trained from; absent where there are none. */
  readonly sums?: Program;
  /** The gradient of each objective's numerator, where clients of update mode tell of them. */
  readonly slopes?: Program;
  /** How the gradient of a tuned loss turns with its parameters; absent where none is tuned. */
  readonly tuning?: Program;
  /** Which rows are never parted, by any of these targets or because they are one client's; absent where each row stands alone. */
  readonly groups?: Groups;
  /** The same for evaluations, where metrics join rows too; absent where each row stands alone. */
  readonly evaluationGroups?: Groups;
  /** What of the model is a client's own, its parts by their full names; absent where all is everybody's. */
  readonly personal?: OwnConfig;
  /** How a client of update mode takes its steps; absent in gradient mode. */
  readonly local?: LocalConfig;
  /** sum: a carrier may add up the clients' vectors on their way. each: the coordinator has to see every client's own. */
  readonly report: "sum" | "each";
  /** How updates are cut and told in levels where they are masked, and how many have to stay; absent where they are told as they are. */
  readonly secureSums?: Pick<SecureSumsConfig, "clip" | "levels" | "threshold">;
  /** What each client keeps from round to round, in this order, one piece after the other (`kept.ts`); empty where nothing. */
  readonly keeps: readonly KeptPiece[];
}

/**
 * How many vectors a client answers with when it learns: one for each objective, or the one change for all of update mode; under SCAFFOLD
 * the change of its control variate besides, under MimeLite its gradient at the model.
 */
export const vectorsPerClient = ({ local, objectives }: Pick<Assignment, "local" | "objectives">): number =>
  local === undefined || local.objectives === "separate"
    ? objectives.length
    : local.drift.kind === "scaffold" || local.drift.kind === "mime-lite"
      ? 2
      : 1;

export interface AssignedObjective {
  readonly name: string;
  readonly weight: number;
  /** Every target that a row must have to count. */
  readonly targets: readonly string[];
  /** Of a function of sums in update mode: whose sums local steps go by. */
  readonly multipliers?: "frozen" | "client-local";
}

export interface Groups {
  /** Rows with one value of such a target stay together. */
  readonly targets: readonly string[];
  /** All rows of a client stay together. */
  readonly clients: boolean;
}

/** The columns of data in a room's memory, and the table they are standardized from. */
export interface RoomData {
  readonly rows: number;
  readonly columns: readonly ColumnView[];
  /** `target/<name>` and `weight/<name>` of every target as they were encoded: what classes are counted from. */
  readonly targets: readonly ColumnView[];
  /** The encoded table, from which statistics are taken, and its views, which are filled and standardized like it. */
  readonly table?: {
    readonly tables: readonly [TablePlace, ...TablePlace[]];
    readonly rows: number;
    readonly width: number;
  };
  readonly negatives?: NegativesPlace;
}

/** Where training draws anew what people did not take. */
export interface NegativesPlace {
  /** What was taken, an index a row. */
  readonly things: ColumnView;
  /** Whose row it is; absent where a client is one person. */
  readonly people?: ColumnView;
  readonly ids: ColumnView;
  /** What is drawn in a round of training, in place of the column that feeds the same input. */
  readonly drawn: ColumnView;
}

/** A table before it is filled and standardized, and after: addresses of [rows, width], float64. */
export interface TablePlace {
  readonly raw: number;
  readonly ready: number;
}

/** The rows of one client, as row numbers of the columns. */
export interface Shard {
  readonly client: string;
  readonly train: Int32Array;
  readonly test: Int32Array;
  /** For each objective its denominator over the training rows; the client's own note, made when it prepares. */
  readonly denominators: Float64Array;
}
