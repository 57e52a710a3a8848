/** `tributary serve`: the coordinator daemon, until it is told to stop; with `--run` until that run has ended. */
import { resolve } from "node:path";
import { Daemon } from "../server/daemon.ts";
import type { EnrolmentPolicy } from "../server/identity/enrolment-policy.ts";
import { mustBeFree } from "../server/rpc/front-door.ts";
import { DiskStore } from "../server/store/disk-store.ts";
import { WatchPort } from "../server/telemetry/watch-port.ts";
import { createLogger, logLevel } from "../server/telemetry/logger.ts";
import { TributaryError } from "../shared/errors.ts";
import { readKit } from "../shared/identity/kit.ts";
import { mustBearPlaintext, splitAddress } from "../shared/identity/plaintext.ts";
import type { Override } from "../shared/experiment/document.ts";
import { differencesBetween } from "../shared/experiment/differences.ts";
import type { Experiment } from "../shared/experiment/schema.ts";
import { print, type Context } from "./context.ts";
import { exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { jsonLines } from "./json-lines.ts";
import { loadExperiment } from "./load-experiment.ts";

export interface ServeFlags {
  readonly listen: string;
  readonly state: string;
  readonly keys?: string;
  readonly insecurePlaintext?: boolean;
  readonly run?: string;
  readonly set: readonly Override[];
  readonly clients?: number;
  readonly workers?: number;
  readonly enrolment: EnrolmentPolicy;
  /** host:port of the HTTP port for watchers. */
  readonly metrics?: string;
  readonly absence: number;
  readonly grace: number;
  readonly diskBudget?: number;
  readonly takeOver?: boolean;
  readonly json?: boolean;
}

export async function serveCommand(flags: ServeFlags, context: Context): Promise<number> {
  const { cwd, signal } = context;
  const { host, port } = splitAddress("--listen", flags.listen);
  const keys = flags.keys === undefined ? undefined : resolve(cwd, flags.keys);
  if (keys === undefined) mustBearPlaintext(host, flags.insecurePlaintext ?? false);
  const loaded = flags.run === undefined ? undefined : loadExperiment(flags.run, flags.set, cwd);
  const log = createLogger(logLevel("info"));
  const state = resolve(cwd, flags.state);
  if (keys !== undefined) readKit(keys);
  await mustBeFree(host, port);
  await using store = await DiskStore.open(state, {
    log,
    takeOver: flags.takeOver ?? false,
    ...(flags.diskBudget !== undefined && { diskBudgetBytes: flags.diskBudget * 1_000_000 }),
  });
  await using daemon = await Daemon.open({
    host,
    port,
    ...(keys !== undefined && { keys }),
    enrolment: flags.enrolment,
    store,
    runsFolder: resolve(state, "runs"),
    absenceMs: flags.absence * 1000,
    graceMs: flags.grace * 1000,
    log,
  });
  const watched = flags.metrics === undefined ? undefined : splitAddress("--metrics", flags.metrics);
  const notReady = (): string | undefined =>
    store.accepting ? undefined : "the disk is full: nothing is accepted until space is freed";
  await using _watchers = watched && (await WatchPort.open({ ...watched, metrics: daemon.metrics, notReady }));
  const address = `${host.includes(":") ? `[${host}]` : host}:${daemon.port}`;
  if (flags.json === true) context.stdout.write(`${JSON.stringify({ event: "listening", address })}\n`);
  else print(context, `listening on ${address}${keys === undefined ? ", in plaintext" : ""}`);
  const resumed = await daemon.runs.resume();
  for (const id of resumed) log.info({ run: id }, "run goes on");
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
    const given = {
      ...(flags.clients !== undefined && { clients: flags.clients }),
      ...(flags.workers !== undefined && { workers: flags.workers }),
    };
    const id = again ?? (await daemon.runs.submit({ experiment, source, submittedBy: "serve --run", ...given }));
    using _watching = flags.json === true ? daemon.runs.watch(id, jsonLines(context)) : undefined;
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

/** Throws "invalid-option" when a run that goes on is of other settings than those that are asked for. */
function mustBeTheSame(run: string, there: Experiment, here: Experiment): void {
  const different = differencesBetween(there, JSON.parse(JSON.stringify(here)));
  if (different === "") return;
  throw new TributaryError(
    "invalid-option",
    `--run: ${run} goes on in this folder with other settings: ${different}. Give it those, stop it, or choose another --state`,
  );
}
