/**
 * The runs of a daemon: submitted, carried out side by side over the same clients, looked at, and stopped. What an operator may ask is
 * asked of this object, whatever carries the question.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError, unknownName } from "../../shared/errors.ts";
import { differencesBetween } from "../../shared/experiment/differences.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { RunEvent } from "../events.ts";
import { RunDirectory } from "../store/run-directory.ts";
import type { RunRecord } from "../store/store.ts";
import type { RunLabels } from "../telemetry/metrics.ts";
import { adjusted, type Adjustment, type Setting } from "./adjustment.ts";
import { keepAdjustment } from "./adjustments.ts";
import { eventsAfter, type LoggedEvent } from "./event-log.ts";
import { carryOutRun, newRun, viewOf, type LiveRun, type Submission } from "./live-run.ts";
import type { Network } from "./networked.ts";
import type { RunResult } from "./result.ts";
import { endedRuns, isOver, type RunView } from "./run-view.ts";

export class Runs {
  readonly #network: Network;
  readonly #folder: string | undefined;
  readonly #onEvent: (event: RunEvent, labels: RunLabels) => void;
  readonly #runs = new Map<string, LiveRun>();
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
    const run = newRun(id, submission, directory);
    this.#runs.set(id, run);
    run.done = carryOutRun(run, {
      network: this.#network,
      onEvent: this.#onEvent,
      isParked: () => this.#parked,
    });
  }

  /** The oldest first. */
  list(): RunView[] {
    return [...this.#past.values(), ...[...this.#runs.values()].map((run) => viewOf(run, this.#network))];
  }

  /** Throws "unknown-name" with the newest runs there are. */
  show(id: string): RunView {
    return this.#past.get(id) ?? viewOf(this.#find(id), this.#network);
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

  /** The model's file: of a run that goes on, after its newest round. Throws "invalid-option" where there is none. */
  async model(id: string): Promise<Uint8Array> {
    const newest = this.#runs.get(id)?.newestModel;
    if (newest !== undefined) return newest();
    const view = this.show(id);
    const file = view.directory && join(view.directory, "model.safetensors");
    if (isOver(view) && file !== undefined && existsSync(file)) return await readFile(file);
    const none = isOver(view) ? "has left no model" : "has no model yet";
    throw new TributaryError("invalid-option", `${id} ${none}: ${view.explanation || "it is being prepared"}`);
  }

  /** Ends a run after its last committed round; answers once it has ended. */
  async stop(id: string): Promise<RunView> {
    const past = this.#past.get(id);
    if (past !== undefined) return past;
    const run = this.#find(id);
    run.stop.abort(new TributaryError("interrupted", "stopped by an operator"));
    await run.done;
    return viewOf(run, this.#network);
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

  #find(id: string): LiveRun {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    const known = this.list().map((one) => one.id);
    const more = known.length > named ? [`… (${known.length - named} older)`] : [];
    throw unknownName("run", id, [...known.slice(-named).reverse(), ...more]);
  }
}

/** So many runs are named to whoever asks for one that is not there. */
const named = 10;
