import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { MemoryStore } from "../../support/memory-store.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/override.ts";
import { openDaemon, startWorker } from "../../support/network.ts";

const path = resolve(import.meta.dirname, "../../../examples/heart-disease.yaml");

test("a run for whoever comes first gathers the same clients when it goes on, whoever comes first by then", async () => {
  const given = decodeExperiment(path, readFileSync(path, "utf8"), {
    folder: resolve(path, ".."),
    overrides: [parseOverride("federation.rounds=2000")!],
  });
  const { simulation: _, ...experiment } = given;
  const file = (name: string): string => given.simulation!.clients![name] as string;
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
