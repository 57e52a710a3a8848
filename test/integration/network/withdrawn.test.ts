/** Work that nobody wants any more, work that does not end, and work that is asked for again while it goes on. */
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { Job } from "../../../client/work/desk.ts";
import { Workplace, type OpenPlace, type Place } from "../../../client/work/workplace.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { Random } from "../../../shared/random.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { inThisProcess, openDaemon, startWorker } from "../../support/network.ts";
import { dealt, drawRows, scene, simulateHere } from "../../support/scene.ts";

const rows = dealt(drawRows(40, Random.seeded(8)), 2);
const model = "{ trunk: { kind: mlp, units: [300, 300] }, heads: { y: 1 } }";
const local = "local: { optimizer: { kind: sgd, learningRate: 0.05 }, epochs: 1, drift: { kind: scaffold } }";
const federation = (rounds: number, clients: string, work = local): string =>
  `{ mode: update, rounds: ${rounds}, ${work}, clients: ${clients} }`;
const plain = local.replace(", drift: { kind: scaffold }", "");
const source = (experiment: Experiment, name: string) => experiment.simulation!.clients![name]!;

/** Work threads, in the first of which training goes on for minutes. */
function endlessAtFirst(threads: string[]): OpenPlace {
  return (folder) => {
    const place = new Workplace(folder);
    threads.push(folder);
    if (threads.length > 1) return place;
    const endless: Place["do"] = (job) => place.do(job.kind === "task" ? { ...job, task: longer(job.task) } : job);
    return {
      get isBroken() {
        return place.isBroken;
      },
      do: endless,
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  };
}

const longer = (task: Extract<Job, { kind: "task" }>["task"]): typeof task =>
  task.kind === "train" ? { ...task, epochs: new Map([["c1", 200_000]]) } : task;

test("a task that nobody wants any more is left, and its worker does what is asked next", async () => {
  const clients = "{ select: { count: 1 }, overSelection: 2 }";
  const experiment = scene(rows, { federation: federation(1, clients, plain), evaluation: "{ everyRounds: 1 }" });
  let [opened, closed] = [0, 0];
  const openPlace: OpenPlace = (folder) => {
    const place = inThisProcess(folder);
    const first = opened++ === 0;
    return {
      isBroken: false,
      do: (job) =>
        first && job.kind === "task" && job.task.kind === "train" ? new Promise(() => undefined) : place.do(job),
      [Symbol.asyncDispose]: () => {
        closed++;
        return Promise.resolve();
      },
    };
  };
  await using daemon = await openDaemon();
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using far = startWorker(daemon.port, "c1", [source(experiment, "c1")], { openPlace });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  expect(await daemon.runs.result(id)).toMatchObject({ rounds: 1, stopReason: "rounds" });
  expect([opened, closed >= 1]).toEqual([2, true]);
  expect(far.states.filter(({ state }) => state === "refusing")).toEqual([]);
}, 60_000);

test("a task that does not end is given up after the worker's own limit; done again it gives the same bits, with what its client keeps", async () => {
  const clients = "{ belowQuorum: retry }";
  const experiment = scene(rows, { model, federation: federation(3, clients), evaluation: "{ everyRounds: 3 }" });
  const { modelHash } = await simulateHere(experiment);
  const threads: string[] = [];
  await using daemon = await openDaemon();
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using far = startWorker(daemon.port, "c1", [source(experiment, "c1")], {
    openPlace: endlessAtFirst(threads),
    taskLimitMs: 4000,
  });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  expect(await daemon.runs.result(id)).toMatchObject({ rounds: 3, modelHash });
  expect(threads.length).toBe(2);
  expect(far.states).toContainEqual({
    state: "refusing",
    run: id,
    reason: "it took longer than the 4 s that a task may take here, and was given up",
  });
}, 60_000);

/** Waits in its first training until it is let go on; counts what it is asked to do. */
function held() {
  const jobs: string[] = [];
  let letGo = (): void => undefined;
  let reached = (): void => undefined;
  const gate = new Promise<void>((done) => (letGo = done));
  const training = new Promise<void>((done) => (reached = done));
  const openPlace: OpenPlace = (folder) => {
    const place = inThisProcess(folder);
    return {
      ...place,
      do: async (job) => {
        jobs.push(job.kind === "task" ? job.task.kind : job.kind);
        if (job.kind === "task" && job.task.kind === "train") {
          reached();
          await gate;
        }
        return await place.do(job);
      },
    };
  };
  return { openPlace, jobs, letGo, training };
}

test("whoever comes back in the middle of a long task says at once that it is there, reads no rows again, and is not given up", async () => {
  const experiment = scene(rows, { federation: federation(2, "{}"), evaluation: "{ everyRounds: 2 }" });
  const { modelHash } = await simulateHere(experiment);
  const { openPlace, jobs, letGo, training } = held();
  await using daemon = await openDaemon({ absenceMs: 1000 });
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using far = startWorker(daemon.port, "c1", [source(experiment, "c1")], { openPlace });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  await training;
  daemon.roster.dismiss("come again", 10);
  await expect.poll(() => far.states.filter(({ state }) => state === "waiting").length, { timeout: 20_000 }).toBe(2);
  await new Promise((done) => setTimeout(done, 1500)); // longer than it would be waited for
  letGo();
  expect(await daemon.runs.result(id), daemon.runs.show(id).explanation).toMatchObject({ modelHash, rounds: 2 });
  expect(jobs.filter((job) => job === "open").length).toBe(1);
}, 60_000);

test("a coordinator that begins anew offers the same task under another lease, and it is not worked on twice", async () => {
  const experiment = scene(rows, { federation: federation(1, "{}"), evaluation: "{ everyRounds: 1 }" });
  const { modelHash } = await simulateHere(experiment);
  const store = new MemoryStore();
  const { openPlace, jobs, letGo, training } = held();
  const first = await openDaemon({ store });
  const { port } = first;
  await using _near = startWorker(port, "c0", [source(experiment, "c0")]);
  await using _far = startWorker(port, "c1", [source(experiment, "c1")], { openPlace });
  const id = await first.runs.submit({ experiment, source: "", submittedBy: "test" });
  await training;
  await first[Symbol.asyncDispose]();
  await using second = await openDaemon({ store, port });
  await second.runs.resume();
  const awaited = (): unknown => second.runs.show(id).standing?.awaited.map(({ client }) => client);
  await expect.poll(awaited, { timeout: 30_000 }).toEqual(["c1"]);
  letGo();
  expect(await second.runs.result(id), second.runs.show(id).explanation).toMatchObject({ modelHash, rounds: 1 });
  expect(jobs.filter((job) => job === "train").length).toBe(1);
}, 60_000);

test("a run that has ended while its worker was away is let go of, and with it its thread", async () => {
  const experiment = scene(rows, { federation: federation(1, "{}"), evaluation: "{ everyRounds: 1 }" });
  const { openPlace, letGo, training } = held();
  let closed = false;
  const watched: OpenPlace = (folder) => {
    const place = openPlace(folder);
    return {
      isBroken: false,
      do: (job) => place.do(job),
      [Symbol.asyncDispose]: () => {
        closed = true;
        return Promise.resolve();
      },
    };
  };
  const first = await openDaemon();
  const { port } = first;
  await using _near = startWorker(port, "c0", [source(experiment, "c0")]);
  await using _far = startWorker(port, "c1", [source(experiment, "c1")], { openPlace: watched, forgetMs: 100 });
  await first.runs.submit({ experiment, source: "", submittedBy: "test" });
  await training;
  await first[Symbol.asyncDispose]();
  expect(closed).toBe(false);
  await using _second = await openDaemon({ port }); // knows nothing of it
  await expect.poll(() => closed, { timeout: 20_000 }).toBe(true);
  letGo();
}, 60_000);

test("what a client keeps for a run is there while the run goes on, and goes when it is over", async () => {
  const experiment = scene(rows, { federation: federation(2, "{}"), evaluation: "{ everyRounds: 2 }" });
  let own = "";
  const kept: number[] = [];
  const watched: OpenPlace = (folder) => {
    own = folder;
    const place = inThisProcess(folder);
    return {
      isBroken: false,
      do: async (job) => {
        const result = await place.do(job);
        if (existsSync(folder)) kept.push(readdirSync(folder).length);
        return result;
      },
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  };
  await using daemon = await openDaemon();
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using _far = startWorker(daemon.port, "c1", [source(experiment, "c1")], { openPlace: watched });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  expect(await daemon.runs.result(id), daemon.runs.show(id).explanation).toMatchObject({ rounds: 2 });
  expect(kept.at(-1)).toBe(1); // its control variate
  await expect.poll(() => existsSync(own), { timeout: 20_000 }).toBe(false);
}, 60_000);
