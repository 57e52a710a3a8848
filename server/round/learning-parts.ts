/** What a run's rounds are made from, and what it remembers from one to the next. */
import type { OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import type { Goal } from "../../shared/experiment/goal.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Schedule } from "../../shared/optimizers/schedules.ts";
import type { KeptPiece } from "../../shared/protocol/kept.ts";
import type { Spent } from "../../shared/privacy/privacy.ts";
import type { Random } from "../../shared/random.ts";
import type { ParameterLayout } from "../../shared/tensor/parameters.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { RunEvent } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Checkpoint } from "../store/checkpoint.ts";
import type { Strategy } from "../strategy/strategy.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock } from "./clock.ts";
import type { RoundHistory } from "./history.ts";
import type { Roster } from "./roster.ts";
import type { RoundParts } from "./run-round.ts";

/** All that a run must remember from one round to the next. */
export type RunState = Checkpoint;

export interface LearningParts {
  /** Its id; that of a simulation is everybody's. */
  readonly run: string;
  readonly experiment: Experiment;
  readonly goals: readonly Goal[];
  /** What goals count for in this round, where that has changed since the clients were told. */
  readonly weights?: readonly number[] | undefined;
  /** What is made of the sums of objectives that are functions of sums. */
  readonly outers: OuterFunctions;
  readonly strategy: Strategy<PartialSum>;
  /** The factor on the local learning rate, round by round (update mode). */
  readonly localSchedule: Schedule;
  readonly fleet: Fleet;
  readonly roster: Roster;
  /** Where the course of rounds is kept. @default nowhere */
  readonly history?: RoundHistory;
  /** Told where a round stands, whenever that changes. */
  readonly onState?: RoundParts["onState"];
  /** Of a simulation: how long clients take. */
  readonly clock?: Clock | undefined;
  readonly random: Random;
  /** Of this run alone, and of nothing that can be known: what the noise of differential privacy comes from. */
  readonly secret?: Uint8Array;
  /** Notes durably what has been spent once a round's model is released; a second charge of a round changes nothing. */
  readonly charge?: (round: number, spent: Spent) => Promise<void>;
  /** Where its parameters lie in the model. */
  readonly layout: ParameterLayout;
  /** How many numbers of the model are trained; the rest are buffers. */
  readonly trained: number;
  /** What each client keeps from round to round. */
  readonly keeps: readonly KeptPiece[];
  /** To the wire's dtype. */
  readonly round: (vector: Float64Array) => Float64Array;
  readonly emit: (event: RunEvent) => void;
  readonly now: () => number;
  readonly log: Logger;
}
