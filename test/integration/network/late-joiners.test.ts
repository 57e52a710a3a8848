/** Clients that come once a run has begun: from the next round on where that is allowed, and told why not where it is not. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { Operator } from "../../../client/rpc/operator.ts";
import type { Place } from "../../../client/work/workplace.ts";
import type { RunEvent } from "../../../server/events.ts";
import { DiskStore } from "../../../server/store/disk-store.ts";
import type { Store } from "../../../server/store/store.ts";
import { createLogger, logLevel } from "../../../server/telemetry/logger.ts";
import { temporaryFolder } from "../../support/files.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { example, inThisProcess, openDaemon, startWorker, type TestWorker } from "../../support/network.ts";
import { freePort, hospitals, start } from "../../support/processes.ts";

const scratch = temporaryFolder();
const [cleveland, hungarian, , va] = hospitals as readonly (readonly [string, string])[];
const joining = (how: string, ...more: string[]) => {
  const { simulation: _, ...experiment } = example(
    "heart-disease.yaml",
    "federation.rounds=20",
    "evaluation.everyRounds=50",
    `federation.clients.joining=${how}`,
    ...more,
  );
  return experiment;
};

/** Works as any other, but waits before the third round until it is let go on. */
function held(): { readonly openPlace: (folder: string) => Place; readonly letGo: () => void } {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((done) => (letGo = done));
  const openPlace = (folder: string): Place => {
    const place = inThisProcess(folder);
    return {
      ...place,
      do: async (job) => {
        if (job.kind === "task" && "round" in job.task && job.task.round >= 3) await gate;
        return await place.do(job);
      },
    };
  };
  return { openPlace, letGo };
}

/** Tells when its rows have been prepared. */
function telling(prepared: () => void): (folder: string) => Place {
  return (folder) => {
    const place = inThisProcess(folder);
    return {
      ...place,
      do: async (job) => {
        const done = await place.do(job);
        if (job.kind === "task" && job.task.kind === "prepare") prepared();
        return done;
      },
    };
  };
}

/** A journal that knows what this run is, who began it, and who came late: nothing of its rounds. */
async function journalOf(id: string, run: Parameters<Store["createRun"]>[0], known: Store): Promise<MemoryStore> {
  const journal = new MemoryStore();
  await journal.createRun(run);
  await journal.setNote(id, "members", (await known.note(id, "members"))!);
  for (const [key, admission] of await known.records("admission")) await journal.setRecord("admission", key, admission);
  return journal;
}

const stopAll = async (workers: readonly TestWorker[]): Promise<void> => {
  for (const worker of workers) await worker.stop();
};

test("one that comes later takes part from the next round on, and the journal played again gives the same bits", async () => {
  const store = new MemoryStore();
  const experiment = joining("open");
  const cohorts = new Map<number, number>();
  const joined: Extract<RunEvent, { event: "joined" }>[] = [];
  const { openPlace, letGo } = held();
  let id = "";
  let first: string | undefined;
  {
    await using daemon = await openDaemon({ store });
    id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test", clients: 2 });
    const third = new Promise<void>((done) => {
      daemon.runs.watch(id, (event) => {
        if (event.event === "joined") joined.push(event);
        if (event.event === "round") cohorts.set(event.round, event.clients);
        if (event.event === "round" && event.round === 2) done();
      });
    });
    const workers = [
      startWorker(daemon.port, cleveland![0], [cleveland![1]], { openPlace }),
      startWorker(daemon.port, hungarian![0], [hungarian![1]]),
    ];
    await third;
    workers.push(startWorker(daemon.port, va![0], [va![1]], { openPlace: telling(letGo) }));
    first = (await daemon.runs.result(id))?.modelHash;
    await stopAll(workers);
  }
  expect(joined).toMatchObject([{ client: "va", clients: 3, trainRows: expect.any(Number) as number }]);
  const from = joined[0]!.round;
  expect(from).toBeGreaterThan(3);
  expect([...cohorts.values()]).toEqual(Array.from({ length: 20 }, (_, i) => (i + 1 < from ? 2 : 3)));

  const journal = await journalOf(id, (await store.runs())[0]!, store);
  let last: string | undefined;
  for (const until of [from + 1, 20]) {
    await using daemon = await openDaemon({ store: journal });
    await daemon.runs.resume();
    const workers = [cleveland!, hungarian!, va!].map(([name, file]) => startWorker(daemon.port, name, [file]));
    await new Promise<void>((done) => {
      daemon.runs.watch(id, (event) => {
        if (event.event === "finished" || (event.event === "round" && event.round === until)) done();
      });
    });
    if (until === 20) last = (await daemon.runs.result(id))?.modelHash;
    await daemon.stop();
    await stopAll(workers);
  }
  expect(last).toBe(first);
}, 120_000);

/** The others behind a flag: each costs two daemons. */
const killedAt = process.env["TRIBUTARY_SWEEP"] === "1" ? ["joiner.prepared", "joiner.admitted"] : ["joiner.admitted"];

test.each(killedAt)(
  "killed at %s a coordinator goes on by itself, to the model that its journal gives when it is played again",
  async (place) => {
    const adam = "federation.serverOptimizer={ kind: adam, learningRate: 0.01 }";
    const experiment = joining("open", adam);
    const port = await freePort();
    const state = join(scratch.path, place);
    const args = ["serve", "--listen", `127.0.0.1:${port}`, "--state", state, "--json"];
    const killed = start(args, { environment: { TRIBUTARY_FAILPOINT: place } });
    await killed.line("listening");
    using operator = new Operator({ address: `127.0.0.1:${port}` });
    const { id } = await operator.submit({ experiment: JSON.stringify(experiment), source: "", clients: 2 });
    const { openPlace, letGo } = held();
    const workers = [
      startWorker(port, cleveland![0], [cleveland![1]], { openPlace }),
      startWorker(port, hungarian![0], [hungarian![1]]),
    ];
    const shown = async (): Promise<Awaited<ReturnType<Operator["list"]>>[number] | undefined> =>
      (await operator.list().catch(() => [])).find((run) => run.id === id);
    await expect.poll(async () => (await shown())?.round, { timeout: 60_000 }).toBe(2);
    workers.push(startWorker(port, va![0], [va![1]], { openPlace: telling(letGo) }));
    await killed.ended;
    expect(killed.child.signalCode).toBe("SIGKILL");

    const second = start(args);
    await second.line("listening");
    await expect.poll(async () => (await shown())?.status, { timeout: 60_000 }).toBe("finished");
    let modelHash: string | undefined;
    for await (const { event } of operator.watch(id, 0, new AbortController().signal)) {
      const told = JSON.parse(event) as RunEvent;
      if (told.event === "finished") ({ modelHash } = told);
    }
    expect(modelHash).toMatch(/^sha256:/);
    second.child.kill("SIGTERM");
    await second.ended;
    await stopAll(workers);

    await using store = await DiskStore.open(state, { log: createLogger(logLevel("silent")) });
    expect([...(await store.records("admission")).keys()]).toEqual([`${id}/va`]);
    const created = (await store.runs())[0]!;
    await using daemon = await openDaemon({ store: await journalOf(id, created, store) });
    await daemon.runs.resume();
    const again = [cleveland!, hungarian!, va!].map(([name, file]) => startWorker(daemon.port, name, [file]));
    expect((await daemon.runs.result(id))?.modelHash).toBe(modelHash);
    await stopAll(again);
  },
  180_000,
);

test("a run that is closed tells one that comes later, and its operator, why it has no part in it", async () => {
  await using daemon = await openDaemon();
  const { openPlace, letGo } = held();
  const experiment = joining("closed");
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test", clients: 1 });
  const workers = [startWorker(daemon.port, cleveland![0], [cleveland![1]], { openPlace })];
  await expect.poll(() => daemon.runs.show(id).status, { timeout: 20_000 }).toBe("running");
  workers.push(startWorker(daemon.port, va![0], [va![1]]));
  const reason =
    "the run is for cleveland, and closed to others, va among them (federation.clients.joining: open would let others join)";
  await expect
    .poll(() => workers[1]!.states, { timeout: 20_000 })
    .toContainEqual({ state: "dismissed", run: id, reason });
  expect(daemon.runs.show(id).standing?.turnedAway).toEqual([{ client: "va", reason }]);
  letGo();
  await daemon.runs.result(id);
  await stopAll(workers);
});

test("one whose rows do not fit is told so, and the run goes on without it", async () => {
  await using daemon = await openDaemon();
  const { openPlace, letGo } = held();
  const id = await daemon.runs.submit({ experiment: joining("open"), source: "", submittedBy: "test", clients: 1 });
  const workers = [startWorker(daemon.port, cleveland![0], [cleveland![1]], { openPlace })];
  await expect.poll(() => daemon.runs.show(id).status, { timeout: 20_000 }).toBe("running");
  workers.push(startWorker(daemon.port, va![0], []));
  await expect
    .poll(() => workers[1]!.states, { timeout: 20_000 })
    .toContainEqual(expect.objectContaining({ state: "refusing", run: id }) as object);
  await expect
    .poll(() => daemon.runs.show(id).standing?.turnedAway, { timeout: 20_000 })
    .toMatchObject([{ client: "va", reason: expect.stringContaining("Expected --data") as string }]);
  letGo();
  expect((await daemon.runs.result(id))?.stopReason).toBe("rounds");
  await stopAll(workers);
});

test.each([
  ["data.placement=coordinator", "the coordinator's shards are all there from the start"],
  ["federation.local.drift={ kind: scaffold }", "the correction scaffold is a mean over all clients"],
])("open is refused beside %s", (override, why) => {
  expect(() => example("heart-disease.yaml", "federation.clients.joining=open", override)).toThrow(why);
});
