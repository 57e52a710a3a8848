/** `tributary serve`: the coordinator daemon, until it is told to stop; with `--run` until that run has ended. */
import { dirname, resolve } from "node:path";
import { Daemon } from "../server/daemon.ts";
import type { EnrolmentPolicy } from "../server/identity/enrolment-policy.ts";
import { decodeServeConfig, type Flag, type ServeConfig } from "../server/serve-config.ts";
import { keepWithin } from "../server/run/disk-budget.ts";
import { mustBeFree } from "../server/rpc/front-door.ts";
import type { RunView } from "../server/run/run-view.ts";
import { DiskStore } from "../server/store/disk-store.ts";
import { LineSink } from "../server/telemetry/line-sink.ts";
import { runsFolderOf } from "../server/store/run-directory.ts";
import { WatchPort } from "../server/telemetry/watch-port.ts";
import { createLogger, logLevel } from "../server/telemetry/logger.ts";
import { TributaryError } from "../shared/errors.ts";
import { readKit } from "../shared/identity/kit.ts";
import { mustBearPlaintext, plaintextFlag, splitAddress } from "../shared/identity/plaintext.ts";
import { writeDocument } from "../shared/experiment/document.ts";
import type { Override } from "../shared/experiment/override.ts";
import { differencesBetween } from "../shared/experiment/differences.ts";
import type { Experiment } from "../shared/experiment/schema.ts";
import { print, type Context } from "./context.ts";
import { exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { jsonLines } from "./json-lines.ts";
import { readText } from "./read-text.ts";
import { loadExperiment } from "./load-experiment.ts";

export interface ServeFlags {
  /** A file: server/serve-config.ts. */
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly listen?: string;
  readonly state?: string;
  readonly keys?: string;
  readonly insecurePlaintext?: boolean;
  readonly run?: string;
  readonly set: readonly Override[];
  readonly clients?: number;
  readonly workers?: number;
  readonly enrolment?: EnrolmentPolicy;
  /** host:port of the HTTP port for watchers. */
  readonly metrics?: string;
  readonly absence?: number;
  readonly grace?: number;
  readonly diskBudget?: number;
  /** Begins another run of an experiment that has ended in this folder. */
  readonly again?: boolean;
  readonly takeOver?: boolean;
  readonly json?: boolean;
}

export async function serveCommand(flags: ServeFlags, context: Context): Promise<number> {
  const { cwd, signal } = context;
  const config = loadConfig(flags, context);
  if (flags.printConfig === true) {
    print(context, writeDocument(config).trimEnd());
    return exitCodes.done;
  }
  const { state, keys, enrolment } = config;
  const { host, port } = splitAddress("--listen", config.listen);
  if (keys === undefined) mustBearPlaintext(host, config.insecurePlaintext);
  const loaded = flags.run === undefined ? undefined : loadExperiment(flags.run, flags.set, cwd);
  const log = createLogger(logLevel(config.log));
  if (keys !== undefined) readKit(keys);
  const watched = config.metrics === undefined ? undefined : splitAddress("--metrics", config.metrics);
  await mustBeFree(host, port);
  if (watched !== undefined) await mustBeFree(watched.host, watched.port);
  await using store = await DiskStore.open(state, {
    log,
    takeOver: flags.takeOver ?? false,
  });
  const runsFolder = runsFolderOf(state);
  await using daemon = await Daemon.open({
    host,
    port,
    ...(keys !== undefined && { keys }),
    enrolment,
    store,
    runsFolder,
    absenceMs: config.absenceSeconds * 1000,
    graceMs: config.graceSeconds * 1000,
    limits: config.limits,
    log,
  });
  const notReady = (): string | undefined =>
    store.accepting ? undefined : "the disk is full: nothing is accepted until space is freed";
  await using _watchers = watched && (await WatchPort.open({ ...watched, metrics: daemon.metrics, notReady }));
  const address = `${host.includes(":") ? `[${host}]` : host}:${daemon.port}`;
  if (flags.json === true) context.stdout.write(`${JSON.stringify({ event: "listening", address })}\n`);
  else print(context, `listening on ${address}${keys === undefined ? ", in plaintext" : ""}`);
  const resumed = await daemon.runs.resume();
  for (const id of resumed) log.info({ run: id }, "run goes on");
  const budgetBytes = (config.diskBudgetMegabytes ?? Infinity) * 1_000_000;
  using _budget = Number.isFinite(budgetBytes)
    ? keepWithin({ budgetBytes, store, runs: daemon.runs, runsFolder, log })
    : undefined;
  const stopped = new Promise<"stopped">((done) => {
    const stop = (): void => {
      done("stopped");
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    store.lost.addEventListener("abort", stop, { once: true });
  });
  if (loaded === undefined) await stopped;
  else {
    const { experiment, text: source } = loaded;
    const again = resumed.find((id) => daemon.runs.show(id).name === experiment.name);
    if (again !== undefined) mustBeTheSame(again, daemon.runs.experiment(again), experiment);
    const over = again === undefined && flags.again !== true ? await daemon.runs.concluded(experiment) : undefined;
    if (over !== undefined) return sayOver(over, flags.json ?? false, context);
    const given = {
      ...(flags.clients !== undefined && { clients: flags.clients }),
      ...(flags.workers !== undefined && { workers: flags.workers }),
    };
    const id = again ?? (await daemon.runs.submit({ experiment, source, submittedBy: "serve --run", ...given }));
    using _watching =
      flags.json === true ? daemon.runs.watch(id, jsonLines({ ...context, stdout: patient(context) })) : undefined;
    const outcome = await Promise.race([daemon.runs.result(id), stopped]);
    if (outcome === undefined) throw new TributaryError("worker-failed", daemon.runs.show(id).explanation);
    if (outcome !== "stopped") {
      if (flags.json !== true) print(context, `${id}: ${outcome.explanation}\n${outcome.modelHash}`);
      return exitCodeOfRun(outcome.stopReason);
    }
  }
  if (store.lost.aborted) throw store.lost.reason as Error;
  return exitCodes.done;
}

/** The file, where one is named, with what the command line says instead. Throws "invalid-experiment" with every problem of it. */
function loadConfig(flags: ServeFlags, { cwd }: Context): ServeConfig {
  const said = (setting: Flag["setting"], flag: string, value: Flag["value"] | undefined): Flag[] =>
    value === undefined ? [] : [{ setting, flag, value }];
  const path = flags.config;
  return decodeServeConfig({
    ...(path !== undefined && {
      file: { name: path, text: readText("--config", resolve(cwd, path)), folder: dirname(resolve(cwd, path)) },
    }),
    flags: [
      ...said("listen", "--listen", flags.listen),
      ...said("state", "--state", flags.state),
      ...said("keys", "--keys", flags.keys),
      ...said("insecurePlaintext", plaintextFlag, flags.insecurePlaintext),
      ...said("enrolment", "--enrolment", flags.enrolment),
      ...said("metrics", "--metrics", flags.metrics),
      ...said("absenceSeconds", "--absence", flags.absence),
      ...said("graceSeconds", "--grace", flags.grace),
      ...said("diskBudgetMegabytes", "--disk-budget", flags.diskBudget),
    ],
    cwd,
  });
}

/** A reader of stdout who stops reading stops nothing: the events of a run are in its folder too. */
const patient = ({ stdout }: Context): LineSink =>
  new LineSink(stdout, (lines) => `${JSON.stringify({ event: "dropped", lines })}\n`);

/** A daemon that is started again after its run has ended, as a supervisor does it, trains nothing anew: it ends as the run did. */
function sayOver(
  { id, status, explanation, round, modelHash, stopReason }: RunView,
  json: boolean,
  context: Context,
): number {
  const said = { event: "over", run: id, status, explanation, rounds: round, modelHash };
  if (json) context.stdout.write(`${JSON.stringify(said)}\n`);
  else
    print(
      context,
      `${id} has ended in this folder: ${explanation}\n${modelHash ?? "no model"}\n--again begins another`,
    );
  return stopReason === undefined ? exitCodes.done : exitCodeOfRun(stopReason);
}

/** Throws "invalid-option" when a run that goes on is of other settings than those that are asked for. */
function mustBeTheSame(run: string, there: Experiment, here: Experiment): void {
  const different = differencesBetween(there, JSON.parse(JSON.stringify(here)));
  if (different === "") return;
  throw new TributaryError(
    "invalid-option",
    `--run: ${run} goes on in this folder with other settings: ${different}. Give it those, stop it, or choose another --state`,
  );
}
