/** A run while it is carried out: how it stands, told to whoever listens, and what it comes to. */
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { RunEvent, StopReason } from "../events.ts";
import type { Membership } from "../fleet/membership.ts";
import { whyWaiting } from "../round/why-waiting.ts";
import type { RunDirectory } from "../store/run-directory.ts";
import type { RunLabels } from "../telemetry/metrics.ts";
import type { Adjustment } from "./adjustment.ts";
import { adjustmentsOf } from "./adjustments.ts";
import { runOverNetwork, type Network, type NetworkedRun } from "./networked.ts";
import type { RunResult } from "./result.ts";
import { keepResult, type RunStatus, type RunView } from "./run-view.ts";
import { standingOf, type Round } from "./standing.ts";

export interface Submission {
  /** With absolute paths. */
  readonly experiment: Experiment;
  /** As it was written. */
  readonly source: string;
  readonly submittedBy: string;
  readonly clients?: number;
  readonly workers?: number;
}

export interface LiveRun {
  readonly id: string;
  readonly submission: Submission;
  readonly stop: AbortController;
  readonly directory: RunDirectory | undefined;
  readonly listeners: Set<(event: RunEvent) => void>;
  status: RunStatus;
  round: number;
  explanation: string;
  modelHash: string | undefined;
  stopReason: StopReason | undefined;
  membership: Membership | undefined;
  /** Makes the file of the newest model, while rounds go on; undefined before the first is committed. */
  newestModel: (() => Uint8Array) | undefined;
  /** Where its round stands; undefined before the first. */
  standing: Round | undefined;
  /** Of the last round, by objective. */
  losses: Readonly<Record<string, number | null>>;
  adjustments: Adjustment[];
  done: Promise<RunResult | undefined>;
}

/** A run that has yet to gather its clients. */
export const newRun = (id: string, submission: Submission, directory: RunDirectory | undefined): LiveRun => ({
  id,
  submission,
  stop: new AbortController(),
  directory,
  listeners: new Set(),
  status: "gathering",
  round: 0,
  explanation: "",
  modelHash: undefined,
  stopReason: undefined,
  membership: undefined,
  newestModel: undefined,
  standing: undefined,
  losses: {},
  adjustments: [],
  done: Promise.resolve(undefined),
});

export interface CarryOut {
  readonly network: Network;
  readonly onEvent: (event: RunEvent, labels: RunLabels) => void;
  /** Whether the daemon is shutting down: the run goes on with the next one on its store. */
  readonly isParked: () => boolean;
}

/** Answers with what it came to, or undefined where it failed; `run` has the rest. */
export async function carryOutRun(
  run: LiveRun,
  { network, onEvent: tell, isParked }: CarryOut,
): Promise<RunResult | undefined> {
  const { id, submission, directory, stop } = run;
  const { experiment, clients, workers } = submission;
  const { log, store } = network;
  let members: Membership | undefined;
  try {
    const onEvent = (event: RunEvent): void => {
      if (event.event === "started") {
        run.status = "running";
        run.round = event.resumedFrom;
      }
      if (event.event === "round") {
        run.round = event.round;
        run.losses = event.losses;
      }
      tell(event, { run: id, algorithm: experiment.federation.mode === "update" ? "fedavg" : "fedsgd" });
      store.emit(id, event);
      for (const listener of run.listeners) listener(event);
    };
    const onMembership = (membership: Membership): void => {
      run.membership = members = membership;
    };
    run.adjustments = await adjustmentsOf(store, id);
    const adjustments = (): readonly Adjustment[] => run.adjustments;
    const given = { ...(clients !== undefined && { clients }), ...(workers !== undefined && { workers }) };
    const onState: NonNullable<NetworkedRun["onState"]> = (state, policy) => {
      run.standing = { state, policy };
    };
    const onModel = (encode: () => Uint8Array): void => {
      run.newestModel = encode;
    };
    const networked = { id, experiment, ...given, directory, adjustments, onEvent, onMembership, onState, onModel };
    const result = await runOverNetwork(networked, network, stop.signal);
    run.modelHash = result.modelHash;
    run.stopReason = result.stopReason;
    conclude(run, result.stopReason === "interrupted" ? "stopped" : "finished", result.explanation);
    log.info({ run: id, round: run.round, modelHash: run.modelHash }, `run ended: ${result.explanation}`);
    return result;
  } catch (error) {
    const { message } = error as Error;
    if (stop.signal.aborted) conclude(run, "stopped", "stopped before it began");
    else {
      log.error({ err: error, run: id }, "run failed");
      if (run.newestModel !== undefined) directory?.write("model.safetensors", run.newestModel());
      conclude(run, "failed", message);
    }
    return undefined;
  } finally {
    // What was parked goes on with the next daemon on this store.
    if (!isParked() && run.status !== "gathering" && run.status !== "running") {
      await keepResult(store, run);
      await store.endRun(id, { status: run.status, explanation: run.explanation });
      members?.dismiss(dismissals[run.status]); // after it is durable: they let go of what they kept
    }
  }
}

/** What its workers are told when it has ended; why, whoever operates the coordinator is told. */
const dismissals = {
  finished: "the run is over",
  failed: "the run has failed",
  stopped: "the run was stopped",
} as const;

function conclude(run: LiveRun, status: RunStatus, explanation: string): void {
  run.status = status;
  run.explanation = explanation;
  run.membership = undefined;
  run.newestModel = undefined;
}

/** How it stands now. */
export function viewOf(run: LiveRun, { roster }: Pick<Network, "roster">): RunView {
  const { id, submission, status, round, modelHash, stopReason, directory, membership, losses, adjustments } = run;
  const { experiment, submittedBy } = submission;
  const now = performance.now();
  const waiting = (): string =>
    membership?.waitingFor() ?? (run.standing && whyWaiting(run.standing.state, now, run.standing.policy)) ?? "";
  return {
    id,
    name: experiment.name,
    status,
    submittedBy,
    rounds: experiment.federation.rounds,
    round,
    explanation: run.explanation || waiting(),
    modelHash,
    stopReason,
    directory: directory?.path,
    losses,
    adjustments,
    standing: membership && standingOf(run.standing, membership, roster, now),
  };
}
