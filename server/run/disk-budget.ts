/**
 * Keeps all that a daemon writes within its disk budget: the store, whose runs that are over give way (`store/retention.ts`), and the
 * folders of runs. When that is not enough, runs that are over lose their metrics (`events.ndjson`) and checkpoints too, the oldest
 * first. Models, summaries and experiments stay: they are for their owner to remove.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../telemetry/logger.ts";
import { isOver, type RunView } from "./run-view.ts";

export interface DiskBudgetOptions {
  readonly budgetBytes: number;
  readonly store: { retain(budgetBytes: number): Promise<number> };
  readonly runs: { list(): readonly RunView[] };
  /** Where runs are written, a folder each. */
  readonly runsFolder: string;
  readonly log: Logger;
}

/** What of a run's folder gives way once the run is over. */
const transient = ["events.ndjson", "checkpoints"];
const everyMs = 600_000;

/** Looks at once and every ten minutes, until it is disposed of. */
export function keepWithin(options: DiskBudgetOptions): Disposable {
  const { budgetBytes, log } = options;
  const look = (): void => {
    void trim(options).then(
      (bytes) => {
        if (bytes > budgetBytes)
          log.warn(
            { bytes, budgetBytes },
            "models and the runs that go on need more than the disk budget: remove folders of old runs, or raise it",
          );
      },
      (error: unknown) => {
        log.warn({ err: error }, "the disk budget could not be looked after");
      },
    );
  };
  look();
  const timer = setInterval(look, everyMs).unref();
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}

/** Once; answers with what is taken afterwards, in bytes. */
export async function trim({ budgetBytes, store, runs, runsFolder, log }: DiskBudgetOptions): Promise<number> {
  let folders = await sizeOf(runsFolder);
  const journal = await store.retain(Math.max(0, budgetBytes - folders));
  for (const run of runs.list()) {
    if (folders + journal <= budgetBytes) break;
    if (!isOver(run) || run.directory === undefined) continue;
    let freed = 0;
    for (const name of transient) {
      const path = join(run.directory, name);
      freed += await sizeOf(path);
      await rm(path, { recursive: true, force: true });
    }
    folders -= freed;
    if (freed > 0) log.info({ run: run.id, freed }, "its metrics gave way to the disk budget");
  }
  return folders + journal;
}

/** Of a file, or of all files of a folder; 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) return found?.size ?? 0;
  let bytes = 0;
  for (const entry of await readdir(path)) bytes += await sizeOf(join(path, entry));
  return bytes;
}
