/** Clients that leave in the middle of rounds: a quorum carries them, and whoever comes back in time has not left. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/document.ts";
import type { RunEvent } from "../../../server/events.ts";
import { openDaemon, startWorker } from "../../support/network.ts";

const path = resolve(import.meta.dirname, "../../../examples/heart-disease.yaml");
const experiment = (...overrides: string[]) =>
  decodeExperiment(path, readFileSync(path, "utf8"), {
    folder: resolve(path, ".."),
    overrides: overrides.map((text) => parseOverride(text)!),
  });

test.each([1, 2])("rounds go on under a quorum with %i of 4 clients gone in the middle", async (leavers) => {
  await using daemon = await openDaemon({ absenceMs: 200 });
  const given = experiment("federation.rounds=6", "federation.clients.quorum=2", "evaluation.everyRounds=6");
  const workers = Object.entries(given.simulation!.clients!).map(([name, source]) =>
    startWorker(daemon.port, name, [source]),
  );
  const id = await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test" });
  const rounds: number[] = [];
  daemon.runs.watch(id, (event: RunEvent) => {
    if (event.event !== "round") return;
    rounds.push(event.clients);
    if (event.round === 2) for (const worker of workers.slice(0, leavers)) void worker.stop();
  });
  const result = await daemon.runs.result(id);
  for (const worker of workers) await worker.stop();
  expect(result).toMatchObject({ rounds: 6, stopReason: "rounds" });
  expect(rounds.slice(0, 2)).toEqual([4, 4]);
  expect(rounds.at(-1)).toBe(4 - leavers);
});

test("a run that nobody's rows fit says so, and a stop ends it", async () => {
  await using daemon = await openDaemon();
  const given = experiment();
  const [first] = Object.keys(given.simulation!.clients!);
  await using _worker = startWorker(daemon.port, first!, [path]); // an experiment is no rows
  const id = await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test" });
  await expect
    .poll(() => daemon.runs.show(id).explanation, { timeout: 30_000 })
    .toMatch(/cleveland declined: .*heart-disease\.yaml/);
  expect(await daemon.runs.stop(id)).toMatchObject({ status: "stopped" });
});
