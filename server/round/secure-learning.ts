/**
 * The exchanges in which a round learns a sum and no update (`shared/protocol/secure.ts` tells what they are for):
 *
 *     keys → shares → train | gradient → confirm → unmask
 *
 * Whoever leaves is gone on without, as long as the threshold of those who began stays; who has answered an exchange is on disk before
 * the next is asked, so that a coordinator that starts again asks for the same unmasking and no other. What counts is who has answered
 * the third: whoever leaves later is in the sum.
 *
 * Totals are those of the clients that are asked to train; the mean is of those whose answers came, as Σw·x/Σw.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { SecureSumsConfig } from "../../shared/experiment/secure-sums.ts";
import { maskedLength, readMasked, type MaskedShape, type MaskedSum } from "../../shared/protocol/masked.ts";
import type { Advertised, Dealt, Masking, SecureAnswer } from "../../shared/protocol/secure.ts";
import type { GradientTask, TrainTask } from "../../shared/protocol/task.ts";
import { isSignedBy } from "../../shared/secure/keys.ts";
import { addRing, fits, type Levels } from "../../shared/secure/ring.ts";
import { mostClients, survivorsStatement } from "../../shared/secure/session.ts";
import { ExactSum, VectorSum } from "../../shared/sum.ts";
import { clientWeight } from "../../shared/updates/client-weight.ts";
import { partialSum, type PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Counted } from "../strategy/shares.ts";
import { countedOf } from "./client-axis.ts";
import type { Learning, LearningOptions } from "./learning.ts";
import { batchOf, gradientTask, trainTask } from "./learning-tasks.ts";
import type { ClientId, Departure } from "./round.ts";
import type { Exchange } from "./run-round.ts";
import { unmask } from "./unmasking.ts";

/** Where among the exchanges the answers are that count. */
const countingExchange = 2;

export function secureLearning(options: LearningOptions, config: SecureSumsConfig): Learning {
  const { run, round, attempt, federation, objectives } = options;
  const session = { run, round, attempt };
  const named = federation.mode === "update" ? "train" : "gradient";
  const circle = new Map<ClientId, Advertised>();
  const dealt = new Map<ClientId, SecureAnswer>();
  const confirmations = new Map<ClientId, Uint8Array>();
  const revealed = new Map<ClientId, SecureAnswer>();
  let broken: ClientId[] = [];
  let asked: readonly ClientId[] = [];
  let survivors: readonly ClientId[] = [];
  let counted: readonly Counted[] = [];
  let shape: MaskedShape | undefined;
  let levels: Levels = { ...config, largestWeight: 0 };
  let ring = new Int32Array(0);
  let opened: MaskedSum | undefined;

  const keys: Exchange = {
    open(participants) {
      mustFit(participants.length, config);
      circle.clear();
      return { kind: "secure", step: "keys", round, attempt };
    },
    absorb({ answers }) {
      for (const { client, secure } of answers) circle.set(client, secure as unknown as Advertised); // whose names have been checked
    },
  };
  const shares: Exchange = {
    open() {
      dealt.clear();
      return { kind: "secure", step: "shares", round, attempt, circle: sorted(circle) };
    },
    absorb({ answers }) {
      for (const { client, secure = {} } of answers) dealt.set(client, secure);
    },
  };
  const learn: Exchange = {
    open(participants) {
      asked = participants;
      broken = [];
      counted = countedOf(participants, options, new Map());
      const task = learningTask(options, participants, counted);
      levels = { ...config, largestWeight: largestWeight(task, participants, options) };
      const vectors = federation.mode === "update" ? 1 : objectives.length;
      shape = { vectors, parameters: task.parameters.length, objectives };
      ring = new Int32Array(maskedLength(shape));
      const masking: Masking = {
        attempt,
        circle: sorted(circle),
        dealt: dealtAmong(participants, dealt),
        largestWeight: levels.largestWeight,
      };
      return { ...task, masking };
    },
    absorb({ answers, masked }) {
      for (const { client, nonFinite } of answers) if (nonFinite > 0) broken.push(client);
      if (masked !== undefined) addRing(ring, masked);
    },
  };
  const sound = (participants: readonly ClientId[]): readonly ClientId[] =>
    participants.filter((client) => !broken.includes(client));
  const confirm: Exchange = {
    asked: sound,
    open(participants) {
      survivors = participants;
      confirmations.clear();
      return { kind: "secure", step: "confirm", round, attempt, survivors };
    },
    absorb({ answers }) {
      for (const { client, secure } of answers) {
        const signature = secure?.["signature"];
        if (signature !== undefined) confirmations.set(client, signature);
      }
    },
  };
  const reveal: Exchange = {
    asked: sound,
    open() {
      revealed.clear();
      const statement = survivorsStatement(session, survivors);
      const signed = [...sorted(confirmations)].filter(([client, signature]) =>
        isSignedBy(circle.get(client)!.identity, statement, signature),
      );
      return {
        ...{ kind: "secure", step: "unmask", round, attempt, circle: sorted(circle), survivors },
        dealt: dealtAmong(asked, dealt),
        confirmations: new Map(signed),
      };
    },
    absorb({ answers }) {
      for (const { client, secure = {} } of answers) revealed.set(client, secure);
    },
  };
  const sum = (): PartialSum =>
    opened === undefined ? partialSum(objectives, [], []) : sumOf(opened, survivors.length);
  return {
    exchanges: [keys, shares, learn, confirm, reveal],
    policies: [goOn("keys"), goOn("shares"), goOn(named), goOn("confirm"), goOn("unmask")],
    secured: { counts: countingExchange, threshold: config.threshold },
    open(): readonly Departure[] {
      const among = new Map(asked.map((client) => [client, dealt.get(client)!]));
      const { threshold } = config;
      const blamed = unmask(ring, { session, circle, threshold, dealt: among, survivors, revealed });
      if (blamed.length === 0) opened = readMasked(ring, shape!, levels); // there is one once the exchanges are closed
      return blamed;
    },
    counted: () => counted,
    lengths: () => new Map(),
    localLosses: () => new Map(),
    sum,
    broken: () => [...broken].sort(),
    overflowed: () => false,
    clipped: () => ({ ...(opened?.clipped ?? { examples: 0, update: 0 }), cut: opened?.cut ?? 0 }),
    localSteps: () => new Map(),
    details: () => ({}),
    unbounded: () => [],
  };
}

/** What these are asked, but for its masking. */
function learningTask(
  options: LearningOptions,
  participants: readonly ClientId[],
  counted: readonly Counted[],
): TrainTask | GradientTask {
  if (options.federation.mode === "gradient") return gradientTask(options, batchOf(options, participants), new Map());
  const { axis, alike } = options;
  const equal = alike === true ? new Map(participants.map((client) => [client, 1])) : undefined;
  const shares = counted.length === 0 ? equal : axis.weights(counted);
  return { ...trainTask(options, participants, new Map()), ...(shares && { shares }), ...axis.work };
}

const goOn = (name: string) => ({ name, leavers: "go-on" }) as const;

/** A cohort that nobody could know when the experiment was decoded. Throws "invalid-experiment" where it is too large. */
function mustFit(clients: number, { levels }: SecureSumsConfig): void {
  const why =
    clients > mostClients
      ? `expected at most ${mostClients} clients in a round, each of whom shares a mask with every other, got ${clients}: draw fewer (federation.clients.select)`
      : fits(clients, levels)
        ? undefined
        : `expected levels whose sum over ${clients} clients fits into 32 bits, got ${levels}`;
  if (why !== undefined) throw new TributaryError("invalid-experiment", `federation.secureSums: ${why}`);
}

/** The largest weight that any of these may count with. */
function largestWeight(
  task: TrainTask | GradientTask,
  participants: readonly ClientId[],
  { roster, axis }: LearningOptions,
): number {
  if (task.kind === "gradient") return 1;
  const { totals, weights = axis.objectiveWeights, shares } = task;
  const weightOf = (client: ClientId): number =>
    shares?.get(client) ?? clientWeight(totals, roster.denominators.get(client) ?? [], weights).weight;
  return participants.reduce((most, client) => Math.max(most, weightOf(client)), 0);
}

/** Recipient → dealer → what it was dealt, among those who have dealt. */
function dealtAmong(
  clients: readonly ClientId[],
  dealt: ReadonlyMap<ClientId, SecureAnswer>,
): ReadonlyMap<ClientId, Dealt> {
  const dealers = clients.toSorted();
  return new Map(
    dealers.map((recipient) => [
      recipient,
      new Map(dealers.filter((name) => name !== recipient).map((name) => [name, dealt.get(name)![recipient]!])),
    ]),
  );
}

const sorted = <Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> =>
  new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

/** What is left of many answers, as any other sum over clients. */
function sumOf({ weight, contributions, vectors }: MaskedSum, clients: number): PartialSum {
  const exact = (value: number): ExactSum => {
    const sum = new ExactSum();
    sum.add(value);
    return sum;
  };
  return {
    clients,
    weight: exact(weight),
    objectives: contributions.map(({ objective, examples, ignored, numerator, denominator }) => ({
      objective,
      examples,
      ignored,
      numerator: exact(numerator),
      denominator: exact(denominator),
    })),
    vectors: vectors.map((vector) => {
      const sum = new VectorSum(vector.length);
      sum.add(1, vector);
      return sum;
    }),
    updates: [],
  };
}
