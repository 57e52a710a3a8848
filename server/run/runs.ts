/**
 * The runs of a daemon: submitted, carried out side by side over the same clients, looked at, and stopped. What an operator may ask is
 * asked of this object, whatever carries the question.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError, unknownName } from "../../shared/errors.ts";
import { differencesBetween } from "../../shared/experiment/differences.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { RunEvent, StopReason } from "../events.ts";
import type { Membership } from "../fleet/membership.ts";
import { RunDirectory } from "../store/run-directory.ts";
import type { RunRecord } from "../store/store.ts";
import type { RunLabels } from "../telemetry/metrics.ts";
import { whyWaiting } from "../round/why-waiting.ts";
import { adjusted, type Adjustment, type Setting } from "./adjustment.ts";
import { adjustmentsOf, keepAdjustment } from "./adjustments.ts";
import { eventsAfter, type LoggedEvent } from "./event-log.ts";
import { runOverNetwork, type Network, type NetworkedRun } from "./networked.ts";
import type { RunResult } from "./result.ts";
import { endedRuns, isOver, keepResult, type RunStatus, type RunView } from "./run-view.ts";
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

interface Run {
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
  /** Where its round stands; undefined before the first. */
  standing: Round | undefined;
  /** Of the last round, by objective. */
  losses: Readonly<Record<string, number | null>>;
  adjustments: Adjustment[];
  done: Promise<RunResult | undefined>;
}

export class Runs {
  readonly #network: Network;
  readonly #folder: string | undefined;
  readonly #onEvent: (event: RunEvent, labels: RunLabels) => void;
  readonly #runs = new Map<string, Run>();
  /** Those that had ended when this daemon began, the oldest first. */
  readonly #past = new Map<string, RunView>();
  #parked = false;

  /** @param folder where runs are written, one folder each; nothing is written when left out */
  constructor(
    network: Network,
    folder: string | undefined,
    onEvent: (event: RunEvent, labels: RunLabels) => void = () => undefined,
  ) {
    this.#network = network;
    this.#folder = folder;
    this.#onEvent = onEvent;
  }

  /** Begins a run, and gives its id. */
  async submit(submission: Submission): Promise<string> {
    const { experiment, source, submittedBy, clients, workers } = submission;
    const id = `${experiment.name}-${randomBytes(4).toString("hex")}`;
    await this.#network.store.createRun({ id, experiment: { experiment, clients, workers }, source, submittedBy });
    const directory =
      this.#folder === undefined ? undefined : RunDirectory.create(join(this.#folder, id), experiment, source);
    this.#network.log.info({ run: id, submittedBy, rounds: experiment.federation.rounds }, "run submitted");
    this.#begin(id, submission, directory);
    return id;
  }

  /** Goes on with every run of the store that has not ended, each from its last committed round; the others are there to be looked at. */
  async resume(): Promise<readonly string[]> {
    const { store } = this.#network;
    const all = await store.runs();
    for (const past of await endedRuns(all, store, this.#folder)) this.#past.set(past.id, past);
    const open = all.filter(({ end }) => end === undefined);
    for (const { id, experiment: kept, source, submittedBy } of open) {
      const { experiment, ...given } = kept as Omit<Submission, "source" | "submittedBy">; // what submit has put there
      const folder = this.#folder === undefined ? undefined : join(this.#folder, id);
      const directory = folder === undefined ? undefined : RunDirectory.openOrCreate(folder, experiment, source);
      directory?.resume(); // forgets events of rounds that were not committed
      this.#begin(id, { experiment, source, submittedBy, ...given }, directory);
    }
    return open.map(({ id }) => id);
  }

  #begin(id: string, submission: Submission, directory: RunDirectory | undefined): void {
    const run: Run = {
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
      standing: undefined,
      losses: {},
      adjustments: [],
      done: Promise.resolve(undefined),
    };
    this.#runs.set(id, run);
    run.done = this.#carryOut(run);
  }

  /** The oldest first. */
  list(): RunView[] {
    return [...this.#past.values(), ...[...this.#runs.values()].map((run) => this.#viewOf(run))];
  }

  /** Throws "unknown-name" with the newest runs there are. */
  show(id: string): RunView {
    return this.#past.get(id) ?? this.#viewOf(this.#find(id));
  }

  /** The newest run of this very experiment that an earlier daemon has brought to its end, or an operator has stopped; none that failed. */
  async concluded(experiment: Experiment): Promise<RunView | undefined> {
    const asKept: unknown = JSON.parse(JSON.stringify(experiment));
    const isIt = ({ end, experiment: kept }: RunRecord): boolean =>
      end !== undefined &&
      end.status !== "failed" &&
      differencesBetween((kept as Pick<Submission, "experiment">).experiment, asKept) === ""; // what submit has put there
    const newest = (await this.#network.store.runs()).findLast(isIt);
    return newest && this.#past.get(newest.id);
  }

  /** As it was submitted. Throws "unknown-name" with the runs there are. */
  experiment(id: string): Experiment {
    return this.#find(id).submission.experiment;
  }

  /** Hears every event from now on. */
  watch(id: string, listener: (event: RunEvent) => void): Disposable {
    const { listeners } = this.#find(id);
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** Its events after the one with the number `after`, until it has ended or `signal` says stop. */
  async *events(id: string, after: number, signal: AbortSignal): AsyncGenerator<LoggedEvent> {
    const past = this.#past.get(id);
    const run = past === undefined ? this.#find(id) : undefined;
    const folder = run === undefined ? past?.directory : run.directory?.path;
    if (folder === undefined)
      throw new TributaryError("invalid-option", `${id} is not written anywhere, so it has no past events`);
    if (run === undefined) {
      yield* eventsAfter(after, { folder, isOver: () => true, changed: () => Promise.resolve() }, signal);
      return;
    }
    let news = false; // what happens while the file is read is not missed
    let wake = (): void => undefined;
    const notice = (): void => {
      news = true;
      wake();
    };
    const changed = async (): Promise<void> => {
      if (!news) await new Promise<void>((resolve) => (wake = resolve));
      news = false;
    };
    run.listeners.add(notice);
    signal.addEventListener("abort", notice);
    void run.done.then(notice);
    try {
      yield* eventsAfter(after, { folder, isOver: () => isOver(run), changed }, signal);
    } finally {
      run.listeners.delete(notice);
      signal.removeEventListener("abort", notice);
    }
  }

  /** Changes settings from the round after the one under way on. Throws "invalid-option" or "invalid-experiment" when that cannot be. */
  async adjust(id: string, settings: readonly Setting[], by: string): Promise<Adjustment> {
    const view = this.show(id);
    if (isOver(view)) throw new TributaryError("invalid-option", `${id} has ended: ${view.explanation}`);
    const run = this.#find(id);
    const fromRound = run.round + 2;
    const adjustment: Adjustment = { fromRound, settings, by, at: Date.now() };
    const all = [...run.adjustments, adjustment];
    adjusted(run.submission.experiment, all, fromRound);
    run.adjustments = all;
    await keepAdjustment(this.#network.store, id, all.length, adjustment);
    return adjustment;
  }

  /** The model's file of a run that has ended. */
  async model(id: string): Promise<Uint8Array> {
    const { directory, modelHash } = this.show(id);
    if (directory === undefined || modelHash === undefined)
      throw new TributaryError(
        "invalid-option",
        `${id} has no model yet: it is written when the run has ended, or is stopped`,
      );
    return await readFile(join(directory, "model.safetensors"));
  }

  /** Ends a run after its last committed round; answers once it has ended. */
  async stop(id: string): Promise<RunView> {
    const past = this.#past.get(id);
    if (past !== undefined) return past;
    const run = this.#find(id);
    run.stop.abort(new TributaryError("interrupted", "stopped by an operator"));
    await run.done;
    return this.#viewOf(run);
  }

  /** What a run came to, once it has ended; undefined where it failed. */
  result(id: string): Promise<RunResult | undefined> {
    return this.#find(id).done;
  }

  /** Ends all, each with a checkpoint. */
  async park(): Promise<void> {
    this.#parked = true;
    for (const { stop } of this.#runs.values())
      stop.abort(new TributaryError("interrupted", "the coordinator is shutting down"));
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  async #carryOut(run: Run): Promise<RunResult | undefined> {
    const { id, submission, directory, stop } = run;
    const { experiment, clients, workers } = submission;
    const { log, store } = this.#network;
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
        this.#onEvent(event, { run: id, algorithm: experiment.federation.mode === "update" ? "fedavg" : "fedsgd" });
        store.emit(id, event);
        for (const listener of run.listeners) listener(event);
      };
      const onMembership = (membership: Membership): void => {
        run.membership = membership;
      };
      run.adjustments = await adjustmentsOf(store, id);
      const adjustments = (): readonly Adjustment[] => run.adjustments;
      const given = { ...(clients !== undefined && { clients }), ...(workers !== undefined && { workers }) };
      const onState: NonNullable<NetworkedRun["onState"]> = (state, policy) => {
        run.standing = { state, policy };
      };
      const networked = { id, experiment, ...given, directory, adjustments, onEvent, onMembership, onState };
      const result = await runOverNetwork(networked, this.#network, stop.signal);
      run.modelHash = result.modelHash;
      run.stopReason = result.stopReason;
      this.#end(run, result.stopReason === "interrupted" ? "stopped" : "finished", result.explanation);
      log.info({ run: id, round: run.round, modelHash: run.modelHash }, `run ended: ${result.explanation}`);
      return result;
    } catch (error) {
      const { message } = error as Error;
      if (stop.signal.aborted) this.#end(run, "stopped", "stopped before it began");
      else {
        log.error({ err: error, run: id }, "run failed");
        this.#end(run, "failed", message);
      }
      return undefined;
    } finally {
      // What was parked goes on with the next daemon on this store.
      if (!this.#parked && (run.status === "finished" || run.status === "failed" || run.status === "stopped")) {
        await keepResult(store, run);
        await store.endRun(id, { status: run.status, explanation: run.explanation });
      }
    }
  }

  #end(run: Run, status: RunStatus, explanation: string): void {
    run.status = status;
    run.explanation = explanation;
    run.membership = undefined;
  }

  #find(id: string): Run {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    const known = this.list().map((one) => one.id);
    const more = known.length > named ? [`… (${known.length - named} older)`] : [];
    throw unknownName("run", id, [...known.slice(-named).reverse(), ...more]);
  }

  #viewOf(run: Run): RunView {
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
      standing: membership && standingOf(run.standing, membership, this.#network.roster, now),
    };
  }
}

/** So many runs are named to whoever asks for one that is not there. */
const named = 10;
