/** Runs under differential privacy: the noise, what is noted of it, and what a client makes of the cost. */
import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodePolicy } from "../../../client/consent/policy.ts";
import { simulate } from "../../../server/simulation/simulate.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import type { RoundEvent, RunEvent } from "../../../server/events.ts";
import { decodeModelFile } from "../../../shared/experiment/model-file.ts";
import { scopeOf, spentAfter } from "../../../shared/privacy/privacy.ts";
import { temporaryFolder } from "../../support/files.ts";
import { example, openDaemon, startWorker } from "../../support/network.ts";
import { simulateHere } from "../../support/scene.ts";
import { hospitals } from "../../support/processes.ts";

const scratch = temporaryFolder();
const declared = (noiseMultiplier: number, ...more: string[]) =>
  example(
    "heart-disease.yaml",
    "federation.rounds=4",
    "federation.clip={perClient: 0.2}",
    "data.standardize=per-client",
    `privacy={noiseMultiplier: ${noiseMultiplier}, delta: 1e-5, expectedClients: 4}`,
    ...more,
  );
const parametersIn = (out: string): number[] => {
  const { tensors } = decodeModelFile(readFileSync(join(out, "model.safetensors")), out);
  return [...tensors.values()].flatMap(({ data }) => [...data].map(Number));
};

test("without noise to speak of it is the plain mean of shortened changes; with noise it is off by what was declared", async () => {
  const plain = example(
    "heart-disease.yaml",
    ...["federation.rounds=1", "federation.clip={perClient: 0.2}", "data.standardize=per-client"],
    "federation.shares={kind: uniform}",
  );
  const out = (name: string): string => join(scratch.path, name);
  await simulate(plain, { threads: 1, out: out("plain") });
  await simulate(declared(1e-9, "federation.rounds=1"), { threads: 1, out: out("quiet") });
  const [exact, quiet] = [parametersIn(out("plain")), parametersIn(out("quiet"))];
  exact.forEach((value, i) => {
    expect(quiet[i]).toBeCloseTo(value, 6);
  });
  const squares: number[] = [];
  for (let seed = 0; seed < 5; seed++) {
    await simulate(declared(50, "federation.rounds=1"), { threads: 1, out: out(`loud-${seed}`) });
    parametersIn(out(`loud-${seed}`)).forEach((value, i) => squares.push((value - exact[i]!) ** 2));
  }
  const deviation = Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length);
  const wanted = (50 * 0.2) / 4; // z·C/m
  expect(deviation / wanted).toBeGreaterThan(0.6); // of 80 numbers: five standard errors are 0.4
  expect(deviation / wanted).toBeLessThan(1.4);
});

test("a run that is resumed draws the noise it would have drawn; another secret draws another", async () => {
  const out = join(scratch.path, "stopped");
  const stop = new AbortController();
  const onEvent = (event: { event: string; round?: number }): void => {
    if (event.event === "round" && event.round === 2) stop.abort();
  };
  const experiment = declared(1, "federation.rounds=6");
  await simulate(experiment, { threads: 1, out, onEvent, signal: stop.signal });
  if (process.platform !== "win32") expect(statSync(join(out, "secret")).mode & 0o777).toBe(0o600);
  const resumed = async (name: string, secret?: Uint8Array): Promise<string> => {
    const copy = join(scratch.path, name);
    cpSync(out, copy, { recursive: true });
    if (secret !== undefined) writeFileSync(join(copy, "secret"), secret);
    return (await simulate(experiment, { threads: 1, out: copy, resume: true })).modelHash;
  };
  const once = await resumed("once");
  expect(await resumed("again")).toBe(once);
  expect(await resumed("other", new Uint8Array(32))).not.toBe(once);
});

test("an adaptive clip moves to where half of the changes are whole, goes on from where it stopped, and costs no more", async () => {
  const adaptive = (initial: number, rounds: number) =>
    declared(0.01, "privacy.adaptiveClip={countNoise: 0.01, learningRate: 1}", `federation.clip={perClient: ${initial}}`, `federation.rounds=${rounds}`); // prettier-ignore
  const clips: number[] = [];
  const clipped: (number | undefined)[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.event !== "round") return;
    clips.push(event.privacy?.clipNorm ?? NaN);
    clipped.push(event.clipped.perClient);
  };
  const out = join(scratch.path, "adaptive");
  const stop = new AbortController();
  await simulateHere(adaptive(1e-3, 12), {
    out,
    onEvent: (event) => {
      onEvent(event);
      if (event.event === "round" && event.round === 5) stop.abort();
    },
    signal: stop.signal,
  });
  expect(clips[0]).toBe(1e-3);
  expect(clipped.slice(0, 3)).toEqual([4, 4, 4]);
  expect(clips[1]! / clips[0]!).toBeCloseTo(Math.exp(0.5), 1); // nobody is whole: e^(η·½), but for the count's noise
  const copy = join(scratch.path, "adaptive-again");
  cpSync(out, copy, { recursive: true });
  clips.length = 5;
  const resumed = await simulateHere(adaptive(1e-3, 12), { out, resume: true, onEvent });
  const once = clips.slice(5);
  clips.length = 5;
  const again = await simulateHere(adaptive(1e-3, 12), { out: copy, resume: true, onEvent });
  expect(clips.slice(5)).toEqual(once);
  expect(again.modelHash).toBe(resumed.modelHash);
  expect(once.at(-1)).toBeGreaterThan(0.05);
  expect(resumed.privacy?.epsilon).toBe(spentAfter(12, declared(0.01))?.epsilon);
});

test("a round for which nobody was drawn releases noise like any other; who is drawn goes by the secret, not by the seed", async () => {
  const drawn = (fraction: number) =>
    declared(1, `federation.clients.select={fraction: ${fraction}}`, "federation.clients.draw={kind: poisson}");
  const rounds: RoundEvent[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.event === "round") rounds.push(event);
  };
  const { privacy } = await simulateHere(drawn(1e-9), { onEvent });
  expect(rounds.map(({ clients }) => clients)).toEqual([0, 0, 0, 0]);
  expect(rounds.every(({ stepNorm }) => stepNorm > 0.05)).toBe(true); // 14 numbers of the deviation 0.05
  expect(privacy).toMatchObject({ samplingRate: 1e-9, epsilon: 0 });

  const seen = new Set<string>();
  for (let run = 0; run < 6; run++) {
    rounds.length = 0;
    await simulateHere(drawn(0.5), { onEvent });
    seen.add(rounds.map(({ clients }) => clients).join());
  }
  expect(seen.size).toBeGreaterThan(1); // the same experiment and seed: by the seed they would all be one
});

test("over a network each round says what is spent, and it is noted before the round is told; a client's policy decides by it", async () => {
  const [cleveland, , , va] = hospitals;
  const clients = `simulation.clients={cleveland: ${cleveland![1]}, va: ${va![1]}}`;
  const experiment = declared(3, clients, "privacy.expectedClients=2");
  const whole = spentAfter(4, experiment)!.epsilon;
  const run = async (mostEpsilon: number) => {
    const store = new MemoryStore();
    await using daemon = await openDaemon({ store });
    const consent = decodePolicy("consent.yaml", `consent: 1\nmostEpsilon: ${mostEpsilon}\n`);
    await using one = startWorker(daemon.port, "cleveland", [cleveland![1]], { consent });
    await using _two = startWorker(daemon.port, "va", [va![1]]);
    const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
    const rounds: RoundEvent[] = [];
    const noted: number[] = [];
    daemon.runs.watch(id, (event) => {
      if (event.event !== "round") return;
      rounds.push(event);
      void store.charges(id).then((charges) => noted.push(charges.length));
    });
    const result = await daemon.runs.result(id);
    const refusals = one.states.filter(({ state }) => state === "refusing");
    return {
      result,
      refusals,
      rounds,
      noted,
      explanation: daemon.runs.show(id).explanation,
      charges: await store.charges(id),
    };
  };
  const agreed = await run(whole + 0.01);
  expect(agreed.result?.privacy).toEqual({
    epsilon: whole,
    delta: 1e-5,
    accountant: "analytic-gaussian",
    ...scopeOf(experiment),
  });
  expect(agreed.rounds.map(({ privacy }) => privacy?.epsilon)).toEqual(
    [1, 2, 3, 4].map((round) => spentAfter(round, experiment)!.epsilon),
  );
  expect(agreed.noted).toEqual([1, 2, 3, 4]);
  expect(agreed.charges.map(({ entry }) => entry)).toEqual([1, 2, 3, 4].map((round) => spentAfter(round, experiment)));
  const refused = await run(whole - 0.01);
  expect(refused.result).toBeUndefined();
  expect(refused.explanation).toMatch(/cleveland: no consent: ε is [\d.]+: expected at most [\d.]+ \(mostEpsilon\)/);
  expect(refused.charges).toEqual([]);
  expect(agreed.refusals).toEqual([]);
  expect(refused.refusals[0]).toMatchObject({ reason: expect.stringContaining("no consent: ε is") as string });
}, 60_000);

test("clients that keep it for themselves draw from secrets of their own over a network, and agree by what it costs their own rows", async () => {
  const [cleveland, , , va] = hospitals;
  const experiment = example(
    "heart-disease.yaml",
    ...["federation.rounds=2", "federation.clip={perExample: 1}", "data.standardize=none", "evaluation.parts=[test]"],
    "federation.local={optimizer: {kind: sgd, learningRate: 0.05}, steps: 5, batchSize: 16}",
    `simulation.clients={cleveland: ${cleveland![1]}, va: ${va![1]}}`,
    "privacy={mechanism: dp-sgd, noiseMultiplier: 2, delta: 1e-5}",
  );
  const run = async (mostEpsilon: number) => {
    await using daemon = await openDaemon({ store: new MemoryStore() });
    const consent = decodePolicy("consent.yaml", `consent: 1\nmostEpsilon: ${mostEpsilon}\n`);
    await using _one = startWorker(daemon.port, "cleveland", [cleveland![1]], { consent });
    await using _two = startWorker(daemon.port, "va", [va![1]]);
    const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
    const result = await daemon.runs.result(id);
    return { result, explanation: daemon.runs.show(id).explanation };
  };
  const { result } = await run(100);
  expect(result?.privacy).toMatchObject({ unit: "example", where: "client", accountant: "pld" });
  const own = result!.privacy!; // of the client with the fewest rows, va; cleveland's rows are drawn less often
  expect(own.epsilon).toBeLessThan(spentAfter(2, experiment, { rows: 16 / own.samplingRate - 1 })!.epsilon);
  expect((await run(100)).result?.modelHash).not.toBe(result?.modelHash); // other workers, other secrets
  const refused = await run(0.01);
  expect(refused.result).toBeUndefined();
  expect(refused.explanation).toMatch(/cleveland: no consent: ε is [\d.]+: expected at most 0\.01 \(mostEpsilon\)/);
}, 60_000);

describe("the budget", () => {
  const [cleveland, , , va] = hospitals;
  const clients = `simulation.clients={cleveland: ${cleveland![1]}, va: ${va![1]}}`;
  const experiment = declared(3, clients, "privacy.expectedClients=2");
  const cost = (rounds: number): number => spentAfter(rounds, experiment)!.epsilon;
  const carriedOut = async (store: MemoryStore, given: typeof experiment, id?: string) => {
    await using daemon = await openDaemon({ store });
    if (id !== undefined) await daemon.runs.resume();
    await using _one = startWorker(daemon.port, "cleveland", [cleveland![1]]);
    await using _two = startWorker(daemon.port, "va", [va![1]]);
    const run = id ?? (await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test" }));
    const result = await daemon.runs.result(run);
    return { run, result, view: daemon.runs.show(run) };
  };

  test("is never overspent: the round that would is refused, also when the run is gone on with, and whatever let it in", async () => {
    const narrow = structuredClone(experiment);
    narrow.privacy!.mostEpsilon = (cost(2) + cost(3)) / 2; // decoded, it would have been refused
    const store = new MemoryStore();
    const { run, result, view } = await carriedOut(store, narrow);
    expect(result).toBeUndefined();
    expect(view).toMatchObject({ status: "failed", round: 2 });
    expect(view.explanation).toMatch(/^Round 3 would bring ε to .* the model of round 2 is the last$/);
    expect((await store.charges(run)).map(({ round }) => round)).toEqual([1, 2]);

    const out = join(scratch.path, "narrow");
    for (const resume of [false, true])
      await expect(simulate(narrow, { threads: 1, out, resume })).rejects.toMatchObject({
        code: "exhausted",
        message: expect.stringContaining("the model of round 2 is the last") as string,
      });
  }, 60_000);

  test("is charged once for a round that is done again after a crash, and the noise is that of the first time", async () => {
    const store = new MemoryStore();
    const { run, result } = await carriedOut(store, experiment);
    const crashed = new MemoryStore(); // charged, and nothing committed
    await crashed.createRun((await store.runs())[0]!);
    await crashed.setNote(run, "secret", (await store.note(run, "secret"))!);
    for (const { round, entry } of await store.charges(run))
      await crashed.charge(run, round, { ...(entry as object), first: true });
    const again = await carriedOut(crashed, experiment, run);
    expect(again.result?.modelHash).toBe(result?.modelHash);
    expect(
      (await crashed.charges(run)).map(({ round, entry }) => [round, (entry as { first: boolean }).first]),
    ).toEqual([1, 2, 3, 4].map((round) => [round, true]));
  }, 60_000);
});
