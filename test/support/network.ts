/** A daemon in this process and workers beside it, over real sockets. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runRoom } from "../../client/work/run-room.ts";
import type { Job, JobResult } from "../../client/work/desk.ts";
import type { Place } from "../../client/work/workplace.ts";
import { attendFor, type SessionOptions, type SessionState } from "../../client/session.ts";
import { Daemon, type DaemonOptions } from "../../server/daemon.ts";
import { MemoryStore } from "./memory-store.ts";
import { createLogger, logLevel } from "../../server/telemetry/logger.ts";
import type { RunResult } from "../../server/run/result.ts";
import type { Source } from "../../shared/experiment/data.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { parseOverride } from "../../shared/experiment/override.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";

export interface TestWorker extends AsyncDisposable {
  readonly name: string;
  readonly states: SessionState[];
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

export const openDaemon = (options: Partial<DaemonOptions> = {}): Promise<Daemon> =>
  Daemon.open({
    host: "127.0.0.1",
    port: 0,
    store: new MemoryStore(),
    graceMs: 500,
    log: createLogger(logLevel("silent")),
    ...options,
  });

/** Works in this process: a thread for each worker costs a test more than all that it trains. */
export const inThisProcess = (folder: string, personal?: string): Place => {
  const work = runRoom(folder, personal);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    isBroken: false,
    do: <J extends Job>(job: J) => {
      const mine = turn.then(() => work(job)) as Promise<JobResult<J>>; // what a job of this kind gives
      turn = mine.catch(() => undefined);
      return mine;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};

export function startWorker(
  port: number,
  name: string,
  sources: readonly Source[],
  options: Partial<SessionOptions> = {},
): TestWorker {
  const stop = new AbortController();
  const states: SessionState[] = [];
  const done = attendFor(
    {
      address: `127.0.0.1:${port}`,
      name,
      version: "test",
      sources,
      stateFolder: mkdtempSync(join(tmpdir(), `tributary-${name}-`)),
      onState: (state) => states.push(state),
      openPlace: inThisProcess,
      ...options,
    },
    stop.signal,
  );
  done.catch(() => undefined); // a test that cares awaits it
  const end = async (): Promise<void> => {
    stop.abort();
    await done.catch(() => undefined);
  };
  return { name, states, done, stop: end, [Symbol.asyncDispose]: end };
}

/** An experiment of examples/, with some of it replaced. */
export function example(name: string, ...overrides: string[]): Experiment {
  const path = resolve(import.meta.dirname, "../../examples", name);
  const folder = resolve(path, "..");
  return decodeExperiment(path, readFileSync(path, "utf8"), {
    folder,
    overrides: overrides.map((text) => parseOverride(text)!),
  });
}

/** Runs it on a daemon, with a worker for each client that has that client's own file. */
export async function overNetwork(
  experiment: Experiment,
  options: Partial<DaemonOptions> = {},
  more: Partial<SessionOptions> = {},
): Promise<RunResult | undefined> {
  await using daemon = await openDaemon(options);
  const workers: TestWorker[] = Object.entries(experiment.simulation!.clients!).map(([name, source]) =>
    startWorker(daemon.port, name, [source], more),
  );
  try {
    const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
    return await daemon.runs.result(id);
  } finally {
    for (const worker of workers) await worker.stop();
  }
}
