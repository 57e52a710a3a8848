/** What an operator sees of a run: whom it waits for at this moment, what became of it, and what each client has cost. */
import { expect, test } from "vitest";
import type { Finding } from "../../../client/doctor/finding.ts";
import { examineRun } from "../../../client/doctor/run-doctor.ts";
import { Operator } from "../../../client/rpc/operator.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { temporaryFolder } from "../../support/files.ts";
import { example, openDaemon, startWorker } from "../../support/network.ts";
import { hospitals } from "../../support/processes.ts";

const scratch = temporaryFolder();
const [cleveland, , , va] = hospitals;
const clients = `simulation.clients={cleveland: ${cleveland![1]}, va: ${va![1]}}`;
const never = new AbortController().signal;

test("names who is awaited before the first round and in one; after a restart runs that ended are there, with their models", async () => {
  const store = new MemoryStore();
  const options = { store, runsFolder: scratch.path, absenceMs: 60_000 };
  const experiment = example("heart-disease.yaml", clients, "federation.rounds=100");
  let id = "";
  let modelHash: string | undefined;
  let counted: Awaited<ReturnType<Operator["clients"]>> | undefined;
  {
    await using daemon = await openDaemon(options);
    using operator = new Operator({ address: `127.0.0.1:${daemon.port}` });
    const findings = async (): Promise<Finding[]> => {
      const all: Finding[] = [];
      for await (const finding of examineRun(operator, id)) all.push(finding);
      return all;
    };
    id = await daemon.runs.submit({ experiment, source: "as written", submittedBy: "chief" });
    await using first = startWorker(daemon.port, "cleveland", [cleveland![1]]);
    await expect
      .poll(async () => (await operator.show(id)).standing?.awaited, { timeout: 20_000 })
      .toEqual([{ client: "va", worker: "", doing: "", declined: "" }]);
    expect((await operator.show(id)).standing).toMatchObject({ phase: "gathering", reported: [] });
    expect((await findings()).at(-1)).toMatchObject({
      state: "wrong",
      message: expect.stringMatching(/^va: its worker is not connected: start it.*begins when it is there/) as string,
    });

    const second = startWorker(daemon.port, "va", [va![1]]);
    const stopped = new Promise<void>((done) => {
      daemon.runs.watch(id, ({ event }) => {
        if (event === "round") void second.stop().then(done);
      });
    });
    await stopped;
    await expect
      .poll(async () => (await operator.show(id)).standing, { timeout: 20_000 })
      .toMatchObject({
        phase: "exchanging",
        exchange: "train",
        quorum: 2,
        awaited: [{ client: "va", worker: "" }],
        reported: ["cleveland"],
        left: [],
      });
    expect((await operator.show(id)).waiting).toMatch(
      /waiting for 1 of 2 \(va\) for .*; no deadline; 1 answer, quorum 2/,
    );
    expect((await findings()).at(-1)).toMatchObject({ check: "run", state: "wrong" });

    await using _again = startWorker(daemon.port, "va", [va![1]]);
    const result = await daemon.runs.result(id);
    modelHash = result?.modelHash;
    const { clients: accounts } = await operator.clients();
    expect(accounts.map(({ worker }) => worker)).toEqual(["cleveland", "va"]);
    for (const { upBytes, downBytes, answers, answeringMs } of accounts) {
      expect(answers).toBeGreaterThan(100);
      expect(answeringMs).toBeGreaterThan(0);
      expect(upBytes).toBeGreaterThanOrEqual(100 * 16 * 4); // 16 parameters, once a round
      expect(downBytes).toBeGreaterThan(0);
    }
    expect(await findings()).toMatchObject([{ state: "fine", message: "it is finished: all 100 rounds are done" }]);
    await first.stop();
    counted = await operator.clients();
  }
  await using daemon = await openDaemon(options);
  expect(await daemon.runs.resume()).toEqual([]);
  using operator = new Operator({ address: `127.0.0.1:${daemon.port}` });
  const costs = ({ clients: all, sinceMs }: NonNullable<typeof counted>) => ({
    sinceMs,
    clients: all.map(({ worker, upBytes, downBytes, answers }) => ({ worker, upBytes, downBytes, answers })),
  });
  expect(costs(await operator.clients())).toEqual(costs(counted)); // what clients have cost outlives the coordinator
  expect(daemon.runs.list()).toMatchObject([
    { id, status: "finished", round: 100, submittedBy: "chief", explanation: "all 100 rounds are done", modelHash },
  ]);
  expect(daemon.runs.show(id).losses["disease"]).toBeGreaterThan(0);
  const events: string[] = [];
  for await (const { event } of daemon.runs.events(id, 0, never)) events.push(event.event);
  expect([events[0], events.at(-1)]).toEqual(["started", "finished"]);
  expect((await daemon.runs.model(id)).length).toBeGreaterThan(100);
  expect(await daemon.runs.stop(id)).toMatchObject({ status: "finished" });
  await expect(
    daemon.runs.adjust(id, [{ path: "federation.clients.deadlineMs", value: "5" }], "chief"),
  ).rejects.toThrow(`${id} has ended: all 100 rounds are done`);
  expect(() => daemon.runs.show("other")).toThrow(`Unknown run "other": expected one of ${id}`);
}, 120_000);
