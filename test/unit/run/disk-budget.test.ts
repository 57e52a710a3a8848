/** All that a daemon writes, within its budget. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trim } from "../../../server/run/disk-budget.ts";
import type { RunStatus, RunView } from "../../../server/run/run-view.ts";
import { createLogger } from "../../../server/telemetry/logger.ts";
import { temporaryFolder } from "../../support/files.ts";

const scratch = temporaryFolder();

function run(id: string, status: RunStatus): RunView {
  const directory = join(scratch.path, id);
  mkdirSync(join(directory, "checkpoints"), { recursive: true });
  writeFileSync(join(directory, "events.ndjson"), Buffer.alloc(1000));
  writeFileSync(join(directory, "checkpoints", "round-000001.safetensors"), Buffer.alloc(500));
  writeFileSync(join(directory, "model.safetensors"), Buffer.alloc(100));
  const [standing, stopReason] = [undefined, undefined];
  const counted = { rounds: 1, round: 1, losses: {}, adjustments: [] };
  return {
    id,
    name: id,
    status,
    submittedBy: "test",
    explanation: "",
    modelHash: "",
    directory,
    standing,
    stopReason,
    ...counted,
  };
}

test("metrics and checkpoints of runs that are over give way, the oldest first and no more than needed; models stay", async () => {
  const runs = [run("oldest", "finished"), run("goes-on", "running"), run("newest", "stopped")];
  const asked: number[] = [];
  const store = {
    retain: (budgetBytes: number) => {
      asked.push(budgetBytes);
      return Promise.resolve(400);
    },
  };
  const has = (file: string): string[] => runs.filter(({ id }) => existsSync(join(scratch.path, id, file))).map(({ id }) => id); // prettier-ignore
  const within = (budgetBytes: number): Promise<number> =>
    trim({ budgetBytes, store, runs: { list: () => runs }, runsFolder: scratch.path, log: createLogger("silent") });

  expect(await within(10_000)).toBe(3 * 1600 + 400);
  expect(asked).toEqual([10_000 - 3 * 1600]); // what the folders leave is the store's
  expect(has("events.ndjson")).toHaveLength(3);

  expect(await within(4000)).toBe(100 + 2 * 1600 + 400);
  expect(has("events.ndjson")).toEqual(["goes-on", "newest"]);

  expect(await within(1)).toBe(100 + 1600 + 100 + 400); // more is not to be had
  expect(asked.at(-1)).toBe(0);
  expect(has("events.ndjson")).toEqual(["goes-on"]);
  expect(has("model.safetensors")).toHaveLength(3);
});
