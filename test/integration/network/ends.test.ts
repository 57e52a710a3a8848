/** How a run ends other than by its last round, and what everybody is told of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { submitCommand, watchCommand } from "../../../cli/runs.ts";
import { examine } from "../../../client/doctor/doctor.ts";
import { Operator } from "../../../client/rpc/operator.ts";
import { parseOverride } from "../../../shared/experiment/override.ts";
import { decodeSafetensors } from "../../../shared/tensor/safetensors.ts";
import { contextIn } from "../../support/context.ts";
import { temporaryFolder } from "../../support/files.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { example, openDaemon, startWorker, type TestWorker } from "../../support/network.ts";
import { heartExample, hospitals } from "../../support/processes.ts";

const scratch = temporaryFolder();
const [cleveland, , , va] = hospitals;
const never = new AbortController().signal;
const long = { timeout: 30_000 };
const clients = (...names: (readonly [string, string])[]): string =>
  `simulation.clients={ ${names.map(([name, file]) => `${name}: "${file}"`).join(", ")} }`;
const told = (worker: TestWorker): unknown[] =>
  worker.states.flatMap((state) => (state.state === "dismissed" ? [state.reason] : []));

test("stopped while it gathers its clients, a run lets go of those who have come", async () => {
  await using daemon = await openDaemon();
  await using worker = startWorker(daemon.port, "cleveland", [cleveland![1]]);
  const experiment = example("heart-disease.yaml", clients(cleveland!, va!));
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  await expect.poll(() => daemon.runs.show(id).explanation, long).toBe("waiting for 1 of 2 clients (va)");
  expect(await daemon.runs.stop(id)).toMatchObject({ status: "stopped", explanation: "stopped before it began" });
  await expect.poll(() => told(worker), long).toEqual(["the run was stopped"]);
  await expect(daemon.runs.model(id)).rejects.toThrow(`${id} has left no model: stopped before it began`);
});

test("the newest model of a run is there while it goes on, and after it has failed; whoever watches is told why it failed", async () => {
  await using daemon = await openDaemon({ runsFolder: scratch.path, absenceMs: 300 });
  await using near = startWorker(daemon.port, "cleveland", [cleveland![1]]);
  const far = startWorker(daemon.port, "va", [va![1]]);
  const context = contextIn(scratch.path);
  const flags = {
    coordinator: `127.0.0.1:${daemon.port}`,
    set: [clients(cleveland!, va!), "federation.rounds=100000"].map((text) => parseOverride(text)!),
  };
  expect(await submitCommand(heartExample, flags, context)).toBe(0);
  const { id } = daemon.runs.list()[0]!;
  expect(context.printed()).toContain(`runs watch ${id} --coordinator ${flags.coordinator}\n`);
  await expect.poll(() => daemon.runs.show(id).round, long).toBeGreaterThan(1);
  using operator = new Operator({ address: flags.coordinator });
  const during = decodeSafetensors(await operator.model(id, never), "the model");
  expect([...during.tensors.keys()].length).toBeGreaterThan(0);
  expect(existsSync(join(scratch.path, id, "model.safetensors"))).toBe(false);

  await far.stop();
  await daemon.runs.result(id);
  expect(await watchCommand(id, { ...flags, after: 100_000 }, context)).toBe(1);
  const why =
    /failed: Round \d+ was abandoned, quorum not reached \(va: .*\); federation\.clients\.belowQuorum: retry would/;
  expect(context.printed()).toMatch(why);
  const after = decodeSafetensors(await operator.model(id, never), "the model");
  expect([...after.tensors.keys()]).toEqual([...during.tensors.keys()]);
  await expect.poll(() => told(near), long).toEqual(["the run has failed"]);
}, 60_000);

test("while its disk is full a coordinator answers that it accepts nothing, and doctor passes it on", async () => {
  const store = new MemoryStore();
  await using daemon = await openDaemon({ store });
  const last = async (): Promise<string | undefined> => {
    let message: string | undefined;
    for await (const finding of examine({ coordinator: `127.0.0.1:${daemon.port}` })) ({ message } = finding);
    return message;
  };
  expect(await last()).toBe("it answers");
  store.accepting = false;
  await expect.poll(last, long).toMatch(/^it answers, and accepts nothing at the moment: its disk is full/);
  store.accepting = true;
  await expect.poll(last, long).toBe("it answers");
});
