/** What the exchanges of a learning are asked for, and what they come to (`learning-exchange.ts`). */
import type { OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import type { OuterValue } from "../../shared/objectives/outer.ts";
import type { ObjectiveRow } from "../../shared/objectives/combine.ts";
import type { Vector } from "../../shared/protocol/task.ts";
import type { Random } from "../../shared/random.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Counted } from "../strategy/shares.ts";
import type { ClientAxis } from "./client-axis.ts";
import type { Portion, Roster } from "./roster.ts";
import type { ClientId, Departure, RoundPolicy } from "./round.ts";
import type { Exchange } from "./run-round.ts";

export interface LearningOptions {
  readonly run: string;
  readonly round: number;
  readonly attempt: number;
  readonly federation: FederationConfig;
  readonly objectives: readonly string[];
  /** What they count for, where that has changed since the clients were told. */
  readonly weights: readonly number[] | undefined;
  /** What they count for by the sketches of their gradients; those without rows are left out. */
  readonly weighSketched?: ((rows: readonly ObjectiveRow[]) => readonly number[]) | undefined;
  /** Of the objectives that are functions of sums. */
  readonly outers: OuterFunctions;
  /** Objectives whose turn this round is not. */
  readonly resting: ReadonlySet<string>;
  /** The model it learns at, once the first exchange opens. */
  readonly parameters: () => Vector;
  /** The rows it learns from; all training rows when left out. */
  readonly portion?: Portion | undefined;
  /** u: instead of gradients, how they turn with the parameters of tuned losses along this direction. */
  readonly along?: (() => Vector) | undefined;
  /** What updates are multiplied by on their way. */
  readonly scale: number | undefined;
  /** The local learning rate of this round (update mode). */
  readonly localRate: number;
  readonly roster: Roster;
  /** Every client counts 1, whatever its rows, and nobody hears of the cohort's totals: what differential privacy needs. */
  readonly alike?: boolean;
  readonly turns: Readonly<Record<string, number>>;
  /** The last committed round of each client that keeps something. */
  readonly committed: Readonly<Record<string, number>>;
  /** This round's own fork. */
  readonly random: Random;
  readonly merge: (a: PartialSum, b: PartialSum) => PartialSum;
  /** How clients count and work, where that is not as the assignment says. */
  readonly axis: ClientAxis;
}

/** What differs between the learnings of one round. */
export type LearningChoice = Pick<LearningOptions, "parameters" | "portion" | "along">;

/** What a learning tells of itself, whether there is one model or several. */
export type Learned = Omit<Learning, "localSteps" | "counted" | "lengths">;

export interface Learning {
  readonly exchanges: readonly [Exchange, ...Exchange[]];
  /** What each exchange is called, and what becomes of those who leave in it. */
  readonly policies: RoundPolicy["exchanges"];
  /** Where sums are secure: which answers count, and how many have to stay. */
  readonly secured?: RoundPolicy["secured"];
  /** Opens what is closed, before anything else is asked of it; whoever is to blame where that cannot be. @default nothing is closed */
  open?(): readonly Departure[];
  sum(): PartialSum;
  /** Clients whose numbers were not finite; they are in no sum. */
  broken(): readonly ClientId[];
  /** Whether an update did not fit at this scale: it is missing from the sum's vectors, though not from its losses. */
  overflowed(): boolean;
  /** Examples and updates that the clients have clipped. */
  clipped(): { readonly examples: number; readonly update: number; readonly cut?: number };
  /** Local steps → Σ aₖ of the clients that took so many. */
  localSteps(): ReadonlyMap<number, number>;
  /** What each client's change is weighed by in this round, and its loss at the model; empty where each weighs its own share. */
  counted(): readonly Counted[];
  /** The loss of each client's own work, of those whose numbers are finite. */
  localLosses(): ReadonlyMap<ClientId, number>;
  /** The norm of each client's update. */
  lengths(): ReadonlyMap<ClientId, number>;
  /** Objectives whose F or λ is not a finite number. */
  unbounded(): readonly string[];
  /** Objective → what it shows beside F. */
  details(): Readonly<Record<string, OuterValue["details"]>>;
}
