/** Clients that leave in the middle of rounds: a quorum carries them, and whoever comes back in time has not left. */
import { expect, test } from "vitest";
import type { Place } from "../../../client/work/workplace.ts";
import type { RunEvent } from "../../../server/events.ts";
import { Random } from "../../../shared/random.ts";
import { inThisProcess, openDaemon, startWorker } from "../../support/network.ts";
import { dealt, drawRows, scene } from "../../support/scene.ts";

const experiment = (rounds: number, clients: string) =>
  scene(dealt(drawRows(60, Random.seeded(6)), 10), {
    evaluation: `{ everyRounds: ${rounds} }`,
    federation: `{ mode: update, rounds: ${rounds}, clients: ${clients}, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1 } }`,
  });

test.each([0, 1, 3, 5])("rounds go on under a quorum with %i of 10 clients gone in the middle", async (leavers) => {
  await using daemon = await openDaemon({ absenceMs: 200 });
  const given = experiment(6, "{ quorum: 5 }");
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
  expect(rounds.slice(0, 2)).toEqual([10, 10]);
  expect(rounds.at(-1)).toBe(10 - leavers);
});

test("a run that nobody's rows fit says so, and a stop ends it", async () => {
  await using daemon = await openDaemon();
  const given = experiment(6, "{ quorum: 5 }");
  await using _worker = startWorker(daemon.port, "c0", [import.meta.filename]); // a test is no rows
  const id = await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test" });
  await expect
    .poll(() => daemon.runs.show(id).explanation, { timeout: 30_000 })
    .toMatch(/c0 declined: .*leavers\.test\.ts/);
  expect(await daemon.runs.stop(id)).toMatchObject({ status: "stopped" });
});

test("of more than are needed those who are quick make the round; whoever is slow is let go, and nothing waits for it", async () => {
  await using daemon = await openDaemon();
  const given = experiment(4, "{ select: { count: 2 }, overSelection: 5 }"); // all ten are asked
  let wake = (): void => undefined;
  const rested = new Promise<void>((done) => (wake = done));
  const slow = (folder: string): Place => {
    const place = inThisProcess(folder);
    const work: Place["do"] = async (job) => {
      if (job.kind === "task" && job.task.kind === "train") await rested;
      return await place.do(job);
    };
    return { ...place, do: work };
  };
  const workers = Object.entries(given.simulation!.clients!).map(([name, source], i) =>
    startWorker(daemon.port, name, [source], i < 8 ? { openPlace: slow } : {}),
  );
  const id = await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test" });
  const cohorts: number[] = [];
  daemon.runs.watch(id, (event: RunEvent) => {
    if (event.event === "round") cohorts.push(event.clients);
    if (cohorts.length === 4) wake(); // the evaluation asks everyone
  });
  const result = await daemon.runs.result(id);
  expect(cohorts).toEqual([2, 2, 2, 2]);
  expect(result).toMatchObject({ rounds: 4, stopReason: "rounds" });
  for (const worker of workers) await worker.stop();
});
