/**
 * Round 0: before anything is learned, clients say what they have. Two exchanges, where the first is needed only by classes,
 * which are counted, and by data that are standardized (or filled) with everybody's statistics:
 *
 *     statistics   each client's counts and sums over its training rows → merged → class counts, everybody's standardization
 *     prepare      each client standardizes its own rows, and counts its denominators
 *
 * Nothing of a single row leaves a client. If one leaves between the two, the statistics are taken again without it.
 */
import type { Standardization, DataSchema } from "../../shared/data/schema.ts";
import {
  hasClasses,
  mergeStatistics,
  sharesStatistics,
  standardizationOf,
  type Statistics,
} from "../../shared/data/summary.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Roster } from "../round/roster.ts";
import type { RoundPolicy } from "../round/round.ts";
import { runRound, type Exchange } from "../round/run-round.ts";
import type { Logger } from "../telemetry/logger.ts";
import { heldOutClient } from "./setting.ts";

export interface Prepared {
  /** Everybody's; undefined where none is needed or each client has its own. */
  readonly standardization: Standardization | undefined;
  /** Of all training rows together; undefined where nothing is counted. */
  readonly statistics: Statistics | undefined;
  readonly denominators: Roster["denominators"];
}

export interface PreparationParts {
  readonly fleet: Fleet;
  /** Everyone who begins the run. */
  readonly clients: readonly string[];
  readonly schema: DataSchema;
  /** Whether clients may tell how many rows of each class they have. */
  readonly countsClasses: boolean;
  /** The name under which the fleet holds rows of nobody, which are standardized with everybody's statistics. */
  readonly heldOut: string | undefined;
  readonly now: () => number;
  readonly log: Logger;
}

export async function prepareClients(
  { fleet, clients, schema, countsClasses, heldOut, now, log }: PreparationParts,
  signal: AbortSignal,
): Promise<Prepared> {
  const shared = sharesStatistics(schema);
  const counted = shared || (countsClasses && hasClasses(schema));
  const counting = gathering(() => ({ kind: "statistics" }));
  let statistics: Statistics | undefined;
  let standardization: Standardization | undefined;
  const prepare = gathering(() => {
    if (counted) statistics = mergeStatistics(found(counting.answers()));
    if (shared && statistics) standardization = standardizationOf(statistics, schema);
    return { kind: "prepare", ...(standardization && { standardization }) };
  });
  const policy: RoundPolicy = {
    exchanges: counted
      ? [
          { name: "statistics", leavers: "recompute" },
          { name: "prepare", leavers: "redo" },
        ]
      : [{ name: "prepare", leavers: "recompute" }],
    quorum: "all",
    late: "drop",
  };
  const exchanges = counted ? [counting, prepare] : [prepare];
  const end = await runRound(
    0,
    0,
    { fleet, policy, exchanges, select: () => clients, step: () => undefined, now, log },
    signal,
  );
  if (end.phase === "abandoned") {
    const left = end.left.slice(0, 3).map(({ client, reason }) => `${client}: ${reason}`);
    const detail = left.length === 0 ? "" : ` (${left.join("; ")})`;
    throw new TributaryError("quorum-not-reached", `The preparation was abandoned: ${end.reason}${detail}`);
  }
  if (heldOut !== undefined) await prepareOne(fleet, heldOut, standardization, signal);
  const denominators = prepare.answers().map((answer) => [answer.client, denominatorsOf(answer)] as const);
  return { standardization, statistics, denominators: new Map(denominators) };
}

/** The same for one who is not among them, by their statistics: rows of nobody, or a client that comes later. Gives its denominators. */
export async function prepareOne(
  fleet: Fleet,
  client: string,
  standardization: Standardization | undefined,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const task = { kind: "prepare", ...(standardization && { standardization }) } as const;
  let denominators: readonly number[] | undefined;
  for await (const report of fleet.run(task, undefined, [client], signal)) {
    if (report.type === "left")
      throw new TributaryError("worker-failed", `${whose(client)} could not be prepared: ${report.reason}`);
    denominators = denominatorsOf(report.answers[0]!); // it was asked alone
  }
  signal.throwIfAborted();
  if (denominators === undefined) throw new TributaryError("worker-failed", `${whose(client)} were not prepared`);
  return denominators;
}

const whose = (client: string): string => (client === heldOutClient ? "The held-out rows" : `The rows of ${client}`);

/** Throws "invalid-data" where they are no numbers. */
function denominatorsOf({ client, nonFinite, contributions }: Answer): readonly number[] {
  if (nonFinite > 0) throw new TributaryError("invalid-data", `The weights of client "${client}" have no finite sum`);
  return contributions.map(({ denominator }) => denominator);
}

/** An exchange that only gathers answers. */
function gathering(task: () => ReturnType<Exchange["open"]>): Exchange & { answers(): readonly Answer[] } {
  let answers: Answer[] = [];
  return {
    open() {
      answers = [];
      return task();
    },
    absorb(report) {
      answers.push(...report.answers);
    },
    answers: () => answers.toSorted((a, b) => (a.client < b.client ? -1 : 1)),
  };
}

const found = (answers: readonly Answer[]) =>
  answers.flatMap(({ statistics }) => (statistics === undefined ? [] : [statistics]));
