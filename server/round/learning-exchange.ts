/**
 * The exchanges in which a round learns. One, as a rule: local training in update mode, one global gradient in gradient mode. It asks
 * with the model and this round's totals, and folds what comes back into one sum.
 *
 * Two, where an objective is a function F of sums S over all rows:
 *
 *     sums       every client's S, forward only        → S = Σₖ Sₖ exactly, F(S) and λ = ∂F/∂S of those who go on
 *     learn      as ever, with λ in the task           → the objective's numerator is F(S), its denominator 1
 *
 * Or where objectives are weighed by sketches of their gradients:
 *
 *     sketch     every client's sketches                → the Gramian of those who go on, and what each objective counts for
 *     train      local work on all of them together, with these weights
 *
 * If one leaves in the second, λ (or the weights) is computed anew over the survivors, who are asked again. Where F is not estimable the objective
 * sits the round out, as one without rows does.
 */
import type { OuterFunctions } from "../../shared/evaluation/evaluation.ts";
import type { FederationConfig } from "../../shared/experiment/federation.ts";
import type { OuterValue } from "../../shared/objectives/outer.ts";
import type { Answer } from "../../shared/protocol/answer.ts";
import type { GradientTask } from "../../shared/protocol/task.ts";
import { ExactSum } from "../../shared/sum.ts";
import { partialSum } from "../../shared/updates/partial-sum.ts";
import type { Accepted } from "../fleet/fleet.ts";
import type { Counted } from "../strategy/shares.ts";
import { countedOf, lossOf } from "./client-axis.ts";
import type { ClientId } from "./round.ts";
import type { Exchange } from "./run-round.ts";
import type { Learning, LearningOptions } from "./learning.ts";
import { isBounded, sketchedRows, valuesOf, withValues } from "./learning-sums.ts";
import { batchOf, gradientTask, trainTask } from "./learning-tasks.ts";
import { secureLearning } from "./secure-learning.ts";

/** Whether a round asks for sums before it learns. */
const isTwoPhase = (federation: FederationConfig, outers: OuterFunctions): boolean =>
  outers.size > 0 && (federation.mode === "gradient" || federation.multipliers === "frozen");

export const learningOf = (options: LearningOptions): Learning =>
  options.federation.secureSums === undefined
    ? learningInTheClear(options)
    : secureLearning(options, options.federation.secureSums);

function learningInTheClear(options: LearningOptions): Learning {
  const { objectives, merge, outers, federation, axis } = options;
  const twoPhase = isTwoPhase(federation, outers);
  const apart = federation.mode === "update" && federation.local.objectives === "separate";
  const named = federation.mode === "update" ? "train" : "gradient";
  let sum = partialSum(objectives, [], []);
  let broken: ClientId[] = [];
  let steps = new Map<number, ExactSum>();
  let clipped = { examples: 0, update: 0 };
  let overflowed = false;
  let batch: GradientTask["batch"];
  let values: ReadonlyMap<string, OuterValue> = new Map();
  const answered = new Map<ClientId, Answer>();
  let counted: readonly Counted[] = [];
  let shares: ReadonlyMap<ClientId, number> | undefined;
  let lengths = new Map<ClientId, number>();
  const localLosses = new Map<ClientId, number>();
  const lossesAt = new Map<ClientId, number>();
  const losses: Exchange = {
    open() {
      lossesAt.clear();
      return { kind: "evaluate", parameters: options.parameters(), part: "train" };
    },
    absorb({ answers }) {
      for (const answer of answers) lossesAt.set(answer.client, lossOf(answer, axis.objectiveWeights));
    },
  };

  const sums: Exchange = {
    open(participants) {
      answered.clear();
      batch = batchOf(options, participants);
      const { round, parameters } = options;
      return { kind: "sums", round, parameters: parameters(), ...(batch && { batch }) };
    },
    absorb({ answers }) {
      for (const answer of answers) answered.set(answer.client, answer);
    },
  };
  const sketches: Exchange = {
    open() {
      answered.clear();
      const { round, parameters } = options;
      return { kind: "sums", round, parameters: parameters(), sketches: true };
    },
    absorb({ answers }) {
      for (const answer of answers) answered.set(answer.client, answer);
    },
  };
  const learn: Exchange = {
    open(participants) {
      sum = partialSum(objectives, [], []);
      steps = new Map();
      clipped = { examples: 0, update: 0 };
      overflowed = false;
      lengths = new Map();
      localLosses.clear();
      counted = countedOf(participants, options, lossesAt);
      broken = participants.filter((client) => (answered.get(client)?.nonFinite ?? 0) > 0);
      if (twoPhase) {
        const counted = participants.flatMap((client) => answered.get(client) ?? []);
        values = valuesOf(
          outers,
          counted.filter(({ nonFinite }) => nonFinite === 0),
        );
      } else batch = batchOf(options, participants);
      const alike = options.alike === true ? new Map(participants.map((client) => [client, 1])) : undefined;
      shares = counted.length === 0 ? alike : axis.weights(counted);
      const weights = options.weighSketched?.(sketchedRows(objectives, participants, answered)) ?? options.weights;
      return federation.mode === "update"
        ? { ...trainTask({ ...options, weights }, participants, values), ...(shares && { shares }), ...axis.work }
        : gradientTask(options, batch, values);
    },
    absorb({ answers, vectors, updates }: Accepted) {
      const whole = answers.filter(({ nonFinite }) => nonFinite === 0);
      overflowed ||= answers.some(({ overflow }) => overflow > 0);
      for (const { client, nonFinite } of answers) if (nonFinite > 0) broken.push(client);
      for (const { client, norm } of answers) lengths.set(client, norm);
      for (const answer of whole) localLosses.set(answer.client, lossOf(answer, axis.objectiveWeights));
      for (const { steps: taken, weight, contributions, clipped: own } of whole) {
        clipped = { examples: clipped.examples + own.examples, update: clipped.update + own.update };
        const total = steps.get(taken) ?? new ExactSum();
        if (!apart) total.add(weight);
        else for (const { denominator } of contributions) total.add(denominator);
        steps.set(taken, total);
      }
      const own = partialSum(objectives, whole, vectors);
      sum = merge(sum, updates === undefined ? own : axis.absorb(own, whole, updates, shares ?? new Map()));
    },
  };
  const before = [
    ...(axis.asksLosses ? [["losses", losses] as const] : []),
    ...(twoPhase ? [["sums", sums] as const] : []),
    ...(options.weighSketched === undefined ? [] : [["sketch", sketches] as const]),
  ];
  const last = [named, learn] as const;
  const [[firstName, first], ...others] = [...before, last];
  const [rest, restNames] = [others.map(([, exchange]) => exchange), others.map(([name]) => name)];
  return {
    exchanges: [first, ...rest],
    policies: [policyOf(firstName), ...restNames.map(policyOf)],
    counted: () => counted,
    lengths: () => lengths,
    localLosses: () => localLosses,
    sum: () => withValues(sum, values),
    broken: () => [...new Set(broken)].sort(),
    overflowed: () => overflowed,
    clipped: () => clipped,
    localSteps: () => new Map([...steps].map(([taken, total]) => [taken, total.value()])),
    details: () =>
      Object.fromEntries(
        [...values].flatMap(([name, { details }]) => (Object.keys(details).length === 0 ? [] : [[name, details]])),
      ),
    unbounded: () => [...values].filter(([, value]) => !isBounded(value)).map(([name]) => name),
  };
}

const policyOf = (name: string) => ({ name, leavers: "recompute" }) as const;
