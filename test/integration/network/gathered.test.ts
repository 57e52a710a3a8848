import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { MemoryStore } from "../../support/memory-store.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/override.ts";
import { openDaemon, startWorker } from "../../support/network.ts";

const path = resolve(import.meta.dirname, "../../../examples/heart-disease.yaml");

const given = decodeExperiment(path, readFileSync(path, "utf8"), {
  folder: resolve(path, ".."),
  overrides: [parseOverride("federation.rounds=2000")!],
});
const { simulation, ...experiment } = given;
const file = (name: string): string => simulation!.clients![name] as string;

test("a run for whoever comes first gathers the same clients when it goes on, whoever comes first by then", async () => {
  const store = new MemoryStore();
  const trained = async (names: readonly string[], id?: string) => {
    await using daemon = await openDaemon({ store });
    if (id !== undefined) await daemon.runs.resume();
    const workers = [];
    for (const name of names) {
      workers.push(startWorker(daemon.port, name, [file(name)]));
      await expect.poll(() => daemon.roster.workers, { timeout: 30_000 }).toContain(name);
    }
    const run = id ?? (await daemon.runs.submit({ experiment, source: "", submittedBy: "test", clients: 2 }));
    const clients = await new Promise<number>((done) => {
      daemon.runs.watch(run, (event) => {
        if (event.event === "round") done(event.clients);
      });
    });
    await daemon.stop();
    for (const worker of workers) await worker.stop();
    return { run, clients, members: Buffer.from((await store.note(run, "members"))!).toString() };
  };
  const first = await trained(["hungarian", "va"]);
  expect(first.members).toBe('["hungarian","va"]');
  const second = await trained(["cleveland", "va", "hungarian"], first.run);
  expect(second).toMatchObject({ clients: 2, members: first.members });
});

test("a client that comes back with other rows after a restart of the coordinator is told so, and waited for with its own", async () => {
  const store = new MemoryStore();
  const first = await openDaemon({ store });
  const run = await first.runs.submit({ experiment, source: "", submittedBy: "test", clients: 1 });
  const begun = new Promise<void>((done) => {
    first.runs.watch(run, (event) => {
      if (event.event === "round") done();
    });
  });
  const before = startWorker(first.port, "va", [file("va")]);
  await begun;
  await first[Symbol.asyncDispose]();
  await before.stop();

  await using second = await openDaemon({ store });
  await second.runs.resume();
  const reason = /^its rows are not those it had: expected \d+ for training and \d+ for tests, got 199 for training/;
  const other = startWorker(second.port, "va", [file("cleveland")]);
  await expect
    .poll(() => other.states, { timeout: 30_000 })
    .toContainEqual({ state: "dismissed", run, reason: expect.stringMatching(reason) as string });
  expect(second.runs.show(run).explanation).toMatch(/waiting for 1 of 1 clients \(va\); va declined: its rows are not/);
  await other.stop();
  const own = startWorker(second.port, "va", [file("va")]);
  await expect.poll(() => second.runs.show(run).status, { timeout: 30_000 }).toBe("running");
  await own.stop();
});
