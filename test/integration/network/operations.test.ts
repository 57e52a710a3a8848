/** A daemon with mTLS and everything around it: consent, control, revocation while it runs, renewal, metrics, health, reflection. */
import { join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePolicy } from "../../../client/consent/policy.ts";
import { Operator } from "../../../client/rpc/operator.ts";
import { attendFor, type SessionState } from "../../../client/session.ts";
import { Daemon } from "../../../server/daemon.ts";
import { KeyFolder } from "../../../server/identity/key-folder.ts";
import { simulate } from "../../../server/simulation/simulate.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { createLogger } from "../../../server/telemetry/logger.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/override.ts";
import { readKit, tokenIn } from "../../../shared/identity/kit.ts";
import { temporaryFolder } from "../../support/files.ts";

const scratch = temporaryFolder();
const examples = resolve(import.meta.dirname, "../../../examples");
const request = { hosts: ["localhost", "127.0.0.1"], days: 365, tokenDays: 7 } as const;
const example = (...overrides: string[]) =>
  decodeExperiment("heart-disease.yaml", readFileSync(join(examples, "heart-disease.yaml"), "utf8"), {
    folder: examples,
    overrides: overrides.map((text) => parseOverride(text)!),
  });

let keys: KeyFolder;
let daemon: Daemon;
const store = new MemoryStore();
const kit = (name: string): string => join(keys.path, name);
const workers: { stop: AbortController; done: Promise<void>; states: SessionState[] }[] = [];

function work(name: string, file: string, consent?: string) {
  const stop = new AbortController();
  const states: SessionState[] = [];
  const done = attendFor(
    {
      address: `localhost:${daemon.port}`,
      name,
      version: "test",
      sources: [join(examples, "data/heart_disease", file)],
      stateFolder: join(scratch.path, `${name}.state`),
      kit: () => readKit(kit(name)),
      token: () => tokenIn(kit(name)),
      onState: (state) => states.push(state),
      ...(consent !== undefined && { consent: decodePolicy("consent.yaml", `consent: 1\n${consent}`) }),
    },
    stop.signal,
  ).catch(() => undefined);
  const worker = { stop, done, states };
  workers.push(worker);
  return worker;
}

beforeAll(async () => {
  keys = await KeyFolder.create(join(scratch.path, "keys"));
  await keys.issue({ ...request, name: "server", role: "server" });
  await keys.issue({ ...request, name: "chief", role: "operator" });
  await keys.issue({ ...request, name: "onlooker", role: "viewer" });
  for (const name of ["cleveland", "hungarian", "switzerland", "va"])
    await keys.issue({ ...request, name, role: "client" });
  const log = createLogger("silent");
  daemon = await Daemon.open({
    host: "127.0.0.1",
    port: 0,
    keys: kit("server"),
    store,
    runsFolder: join(scratch.path, "runs"),
    graceMs: 300,
    log,
  });
  for (const name of ["cleveland", "hungarian", "switzerland"]) work(name, `processed.${name}.data`);
});
afterAll(async () => {
  for (const { stop } of workers) stop.abort();
  await Promise.all(workers.map(({ done }) => done));
  await daemon[Symbol.asyncDispose]();
});

const operator = (name = "chief"): Operator =>
  new Operator({ address: `localhost:${daemon.port}`, kit: readKit(kit(name)) });
const never = new AbortController().signal;

describe("a run that an operator submits", () => {
  test("says why it waits, goes on when the client is there, is adjusted, and gives the bits of its journal's replay", async () => {
    using chief = operator();
    const experiment = example("federation.rounds=40");
    const submitted = await chief.submit({ experiment: JSON.stringify(experiment), source: "as written" });
    expect(submitted).toMatchObject({ name: "heart-disease", submittedBy: "chief" });
    const { id } = submitted;
    await expect.poll(async () => (await chief.show(id)).waiting, { timeout: 20_000 }).toContain("va");
    const path = "federation.local.optimizer.learningRate";
    const adjustment = await chief.adjust(id, [{ path, value: "0.01" }]);
    expect(adjustment).toMatchObject({ fromRound: 2, by: "chief" });
    await expect(chief.adjust(id, [{ path: "federation.rounds", value: "3" }])).rejects.toThrow(
      "cannot change while a run goes on",
    );

    work("va", "processed.va.data");
    const seen: unknown[] = [];
    for await (const { seq, event } of chief.watch(id, 0, never))
      seen.push([seq, (JSON.parse(event) as { event: string }).event]);
    expect(seen[0]).toEqual([1, "started"]);
    expect(seen.at(-1)).toEqual([seen.length, "finished"]);
    const { summary, modelHash, adjustments } = await chief.show(id);
    expect(summary).toMatchObject({ status: "finished", round: 40, rounds: 40 });
    const replay = adjustments.map(({ fromRound, settings, by, atMs }) => ({ fromRound, settings, by, at: atMs }));
    expect(modelHash).toBe((await simulate(experiment, { threads: 1, adjustments: replay })).modelHash);
    expect((await chief.model(id, never)).length).toBeGreaterThan(100);
    expect((await chief.list()).map((run) => run.id)).toContain(id);
    expect((await store.audits()).map(({ actor, action }) => `${actor} ${action}`)).toContain("chief adjust-run");
    expect([...(await store.records("adjustment")).keys()]).toEqual([`${id}/000001`]);
  }, 60_000);

  test("is looked at by a viewer, and changed by an operator alone", async () => {
    using onlooker = operator("onlooker");
    const [run] = await onlooker.list();
    await expect(onlooker.stop(run!.id)).rejects.toThrow("StopRun is for operator, and onlooker is a viewer");
    using client = operator("cleveland");
    await expect(client.list()).rejects.toThrow("ListRuns is for operator or viewer, and cleveland is a client");
    const refusals = (await store.audits()).filter(({ action }) => action === "refused");
    expect(refusals.map(({ actor }) => actor)).toEqual(expect.arrayContaining(["onlooker", "cleveland"]));
  });
});

test("a client without consent reports why, and the round counts it among those who left", async () => {
  const stopped = workers.splice(0, 1)[0]!;
  stopped.stop.abort();
  await stopped.done;
  work("cleveland", "processed.cleveland.data", "cost: { memoryMegabytes: 0.000001 }");
  using chief = operator();
  const experiment = example("federation.rounds=2", "federation.clients.belowQuorum=fail");
  const { id } = await chief.submit({ experiment: JSON.stringify(experiment), source: "" });
  await expect.poll(async () => (await chief.show(id)).summary?.status, { timeout: 30_000 }).toBe("failed");
  const { summary } = await chief.show(id);
  expect(summary?.explanation).toMatch(/quorum not reached \(cleveland: no consent: .*memoryMegabytes/);
}, 60_000);

test("a revocation in the kit's folder ends the worker's stream while the daemon runs", async () => {
  const { states } = workers.at(-1)!;
  keys.revoke("cleveland");
  await expect
    .poll(() => states.findLast(({ state }) => state === "disconnected"), { timeout: 15_000 })
    .toMatchObject({
      reason: expect.stringContaining("The key of cleveland has been revoked") as string,
    });
  await expect.poll(() => daemon.roster.workers).not.toContain("cleveland");
}, 30_000);

test("what the daemon counts names runs, never clients", async () => {
  const text = await daemon.metrics.text();
  expect(text).toMatch(
    /tributary_rounds_total\{run="heart-disease-[0-9a-f]+",algorithm="fedavg",outcome="committed"\} 40/,
  );
  expect(text).toContain('tributary_refusals_total{outcome="PERMISSION_DENIED"} 2');
  expect(text).not.toMatch(/cleveland|hungarian|switzerland|onlooker/);
});
