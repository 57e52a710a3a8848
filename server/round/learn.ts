/**
 * One round of learning, from the state before it to the state after: draw a cohort, let it work, take the server's step. A round
 * that does not come about leaves the state as it was; it is drawn again where the experiment says so.
 */
import { TributaryError } from "../../shared/errors.ts";
import { asynchronyOf } from "../../shared/experiment/asynchrony-checks.ts";
import { weightsChange } from "../../shared/experiment/axis.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { ObjectiveRow } from "../../shared/objectives/combine.ts";
import type { ScaleReport } from "../../shared/objectives/scale-report.ts";
import { addNoise } from "../../shared/privacy/noise.ts";
import { holderOf, spentAfter, type Holder } from "../../shared/privacy/privacy.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { RoundEvent } from "../events.ts";
import { startSelection } from "../selection/selection.ts";
import type { FinishContext } from "../aggregation/aggregator.ts";
import { noStep, serverStep, type ServerStep } from "../strategy/server-step.ts";
import type { Model } from "../strategy/strategy.ts";
import { excessOf, rememberFirst } from "../stopping.ts";
import { axisOf, pacedOuters, policyOf } from "./attempt.ts";
import { landing } from "./flights.ts";
import {
  axisFields,
  clippedAtClients,
  committedAfter,
  lossesOf,
  mustBeFinite,
  rowsOf,
  turnsAfter,
  without,
} from "./outcome.ts";
import type { LearningParts, RunState } from "./learning-parts.ts";
import { localRate, reachOf } from "./reach.ts";
import { courseOf } from "./course.ts";
import { afterRound } from "../strategy/drift.ts";
import { sharesOf } from "./client-axis.ts";
import { clusteredLearning, movesBetween, stepClusters } from "./clusters.ts";
import { diverged } from "./diverged.ts";
import { scaleAfter, sentModel } from "./in-half.ts";
import type { Learned, Learning, LearningChoice } from "./learning.ts";
import { learningOf } from "./learning-exchange.ts";
import { clipAfter, clipIn } from "./private-clip.ts";
import { runRound } from "./run-round.ts";
import { selecting, type Drawn } from "./selecting.ts";

/** A round may be drawn so often before the run gives up. */
const attempts = 10;

/** The state after the next round. Throws "diverged" when a number is not finite or a loss beyond its bound, "quorum-not-reached" when too few take part. */
export async function learn(before: RunState, parts: LearningParts, signal: AbortSignal): Promise<RunState> {
  const { emit, experiment } = parts;
  const { belowQuorum } = experiment.federation.clients;
  const round = before.model.version + 1;
  const holder = holderOf(parts.roster.trainRows.values());
  mustBeWithinBudget(round, experiment, holder);
  for (let attempt = 0; ; attempt++) {
    const { after, event, end, scale } = await attemptRound(before, attempt, parts, signal);
    if (end.phase === "committed") {
      const spent = spentAfter(round, experiment, holder);
      if (spent !== undefined) await parts.charge?.(round, spent); // before anything is released
      if (scale !== undefined && round === 1) emit({ event: "scale", round, rows: parts.strategy.rows, ...scale });
      if (event !== undefined) emit(event);
      return after;
    }
    emit({ event: "abandoned", round, attempt, reason: end.reason });
    if (belowQuorum === "retry" && attempt + 1 < attempts) continue;
    const left = end.left.slice(0, 3).map(({ client, reason }) => `${client}: ${reason}`);
    const detail = left.length === 0 ? "" : ` (${left.join("; ")})`;
    const tried = belowQuorum === "retry" ? ` ${attempts} times in a row` : "";
    const advice = belowQuorum === "retry" ? "" : "; federation.clients.belowQuorum: retry would draw it again";
    throw new TributaryError(
      "quorum-not-reached",
      `Round ${round} was abandoned${tried}, ${end.reason}${detail}${advice}`,
    );
  }
}

/** Throws "exhausted" where the model of this round would tell more than the budget allows, whatever the experiment was decoded by. */
function mustBeWithinBudget(round: number, experiment: Experiment, holder: Holder): void {
  const most = experiment.privacy?.mostEpsilon;
  const epsilon = spentAfter(round, experiment, holder)?.epsilon ?? 0;
  if (most === undefined || epsilon <= most) return;
  throw new TributaryError(
    "exhausted",
    `Round ${round} would bring ε to ${epsilon.toPrecision(4)}: expected at most ${most} (privacy.mostEpsilon); the model of round ${round - 1} is the last`,
  );
}

interface Attempt {
  readonly after: RunState;
  readonly event: RoundEvent | undefined;
  readonly end: Awaited<ReturnType<typeof runRound>>;
  readonly scale: ScaleReport | undefined;
}

async function attemptRound(
  before: RunState,
  attempt: number,
  parts: LearningParts,
  signal: AbortSignal,
): Promise<Attempt> {
  const { experiment, strategy, fleet, roster, goals, now, log } = parts;
  const { federation } = experiment;
  const round = before.model.version + 1;
  const began = now();
  const random = parts.random.fork("round", round, "attempt", attempt);
  const resting = new Set(goals.filter(({ trainedIn }) => !trainedIn(round)).map(({ name }) => name));
  const drawn: Drawn = {};
  const clipNorm = clipIn(before, experiment);
  const asynchrony = asynchronyOf(federation);
  const objectiveWeights = goals.map(({ weight }) => weight);
  let { objectives: axisState } = before.model;
  const weighSketched = (rows: readonly ObjectiveRow[]): readonly number[] => {
    const own = rows.filter(({ objective }) => !resting.has(objective));
    axisState = strategy.objectives.ahead(before.model.objectives, own, random.fork("weighting"));
    return goals.map(({ name }) => axisState.local[name] ?? 0);
  };
  const learn = (how: LearningChoice): Learning =>
    learningOf({
      ...how,
      run: parts.run,
      round,
      attempt,
      federation,
      objectives: goals.map(({ name }) => name),
      outers: pacedOuters(parts, round),
      resting,
      weights: localWeights(before, parts) ?? parts.weights,
      weighSketched: isSketched(federation) ? weighSketched : undefined,
      scale: before.lossScale?.scale,
      localRate: localRate(parts, before.model.version),
      roster,
      alike: experiment.privacy !== undefined,
      turns: before.turns,
      committed: before.committed,
      random,
      merge: (a, b) => strategy.aggregation.merge(a, b),
      axis: axisOf(before, parts, drawn),
    });
  const stepped = (
    { sum, reach, divisor }: { sum: PartialSum; reach: (curvature: number) => number; divisor?: number | undefined },
    model = { ...before.model, objectives: axisState },
  ): ServerStep => {
    const { last, drift } = model.clients ?? {};
    const against = afterRound(strategy.drift, sum, drift, sum.clients / fleet.members.length);
    const made = serverStep(strategy, model, without(sum, resting), {
      ...parts,
      reach,
      losses: lossesOf(without(sum, resting)),
      random: random.fork("weighting"),
      context: { random: random.fork("aggregation"), last, divisor, clipNorm, noise: noiseIn(parts, round) },
      shift: against.shift,
    });
    if (against.memory === undefined) return made;
    const memory = parts.round(against.memory); // it is sent in the model's precision
    return { ...made, model: { ...made.model, clients: { ...made.model.clients, drift: memory } } };
  };
  const sent = (parameters: Float64Array): Float64Array => sentModel(parameters, federation, round);
  const course = (): Learning =>
    courseOf({
      parts,
      model: before.model,
      learn,
      sent,
      step: (sum) => stepped({ sum, reach: () => 1 }).model.parameters,
      counted: (sum) => without(sum, resting),
    });
  const models = before.clusters?.models.map(({ parameters }) => sent(parameters));
  const each = models?.map((parameters) => learn({ parameters: () => parameters })) ?? [course()];
  const clustered = models && clusteredLearning({ sent: models, each, objectives: goals });
  const learning: Learned = clustered ?? each[0]!; // there is one, or there are clusters
  let after = before;
  let event: RoundEvent | undefined;
  let scale: ScaleReport | undefined;
  const step = (participants: readonly string[]): void => {
    if (federation.nonFinite === "fail") mustBeFinite(round, learning.broken());
    const flown = drawn.window && asynchrony && landing(before, learning.sum(), drawn.window, { asynchrony, goals });
    const sum = flown?.sum ?? learning.sum();
    const [unbounded] = learning.unbounded();
    if (unbounded !== undefined) throw diverged(round, `${unbounded} or its slope is not a finite number`);
    const losses = lossesOf(sum);
    const watch = rememberFirst(before.watch, losses);
    const excess = excessOf(losses, watch, experiment.stop?.divergence);
    if (excess !== undefined) throw diverged(round, `the training loss of ${excess}`);
    const skipped = learning.overflowed();
    const { version } = before.model;
    const rate = localRate(parts, version);
    const stepOf = (own: Learning, from: PartialSum, model?: Model): ServerStep => {
      if (skipped) return noStep(strategy, model ?? before.model);
      const byShares = strategy.shares?.divisor?.(own.counted(), own.lengths(), rate);
      const divisor = byShares ?? flown?.divisor ?? drawn.cohort?.divisor;
      return stepped({ sum: from, reach: reachOf(own.localSteps(), parts, version), divisor }, model);
    };
    const inClusters =
      clustered &&
      stepClusters(
        before.clusters!,
        clustered.seats(participants),
        each.map((own, j) => stepOf(own, own.sum(), before.clusters!.models[j])),
        {
          federation,
          layout: parts.layout,
          shares: sharesOf(participants, objectiveWeights, roster),
          round: parts.round,
        },
      );
    const { model, stepNorm, learningRate, clipped, axis, rejected } = inClusters?.step ?? stepOf(each[0]!, sum);
    const lossScale = scaleAfter(before.lossScale, federation, skipped, round);
    if (!Number.isFinite(stepNorm)) throw diverged(round, "the step of the model is not finite");
    const shares = strategy.shares?.next(
      each.flatMap((own) => own.counted()),
      before.model.clients?.shares ?? {},
    );
    const moved = clipAfter(before, parts, { took: sum.clients, clipped: learning.clipped().update });
    const remembered =
      shares === undefined && moved === undefined
        ? model
        : {
            ...model,
            clients: { ...model.clients, ...(shares && { shares }), ...(moved !== undefined && { clipNorm: moved }) },
          };
    after = {
      ...before,
      model: remembered,
      watch,
      lossScale,
      turns: turnsAfter(before.turns, participants, experiment),
    };
    after = { ...after, committed: committedAfter(before.committed, participants, round, parts) };
    const worked = { round, losses: learning.localLosses(), rows: rowsOf(roster) };
    const selection = strategy.selection.next?.(before.selection ?? startSelection, worked);
    if (selection !== undefined) after = { ...after, selection };
    if (flown !== undefined) after = { ...after, asynchrony: flown.state };
    if (inClusters !== undefined) after = { ...after, clusters: inClusters.clusters };
    const seconds = (now() - began) / 1000;
    const spent = spentAfter(round, experiment, holderOf(roster.trainRows.values()));
    const { rounds } = federation;
    event = {
      event: "round",
      round,
      rounds,
      clients: participants.length,
      losses,
      learningRate,
      stepNorm,
      clipped: { ...clippedAtClients(learning.clipped(), experiment), ...clipped },
      lossScale: before.lossScale?.scale ?? null,
      ...(Object.keys(learning.details()).length > 0 && { details: learning.details() }),
      skipped,
      ...(flown && {
        asynchrony: { seconds: flown.state.now, staleness: flown.staleness, dropped: drawn.window!.dropped.length },
      }),
      ...(inClusters && { clusters: movesBetween(before.clusters!, inClusters.clusters, participants) }),
      ...axisFields(axis),
      rejected: [...new Set([...learning.broken(), ...rejected])].sort(),
      ...(spent !== undefined && { privacy: { ...spent, ...(clipNorm !== undefined && { clipNorm }) } }),
      seconds,
    };
    scale = axis?.scale;
  };
  const select = selecting(before, parts, { round, random, drawn, sent }, signal);
  const { exchanges } = learning;
  const policy = policyOf(parts, learning);
  const { history, onState } = parts;
  const told = { ...(history && { history }), ...(onState && { onState }) };
  const roundParts = { fleet, policy, exchanges, select, open: () => learning.open?.() ?? [], step, ...told, now, log };
  const end = await runRound(round, attempt, roundParts, signal);
  return { after, event, end, scale };
}

/** What adds the round's noise; undefined without a secret to draw it from. */
const noiseIn = ({ secret }: LearningParts, round: number): FinishContext["noise"] =>
  secret &&
  ((vector, deviation) => {
    addNoise(vector, deviation, secret, round);
  });

const isSketched = (federation: Experiment["federation"]): boolean =>
  federation.mode === "update" && federation.local.sketch !== undefined;

/** For local work on all objectives together; undefined where they count as assigned. */
function localWeights({ model }: RunState, { strategy, goals, experiment }: LearningParts): number[] | undefined {
  if (strategy.rows !== "combined" || !weightsChange(experiment)) return undefined;
  return goals.map(({ name }) => model.objectives.local[name] ?? 0);
}
