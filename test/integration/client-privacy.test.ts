/** Privacy that clients keep for themselves, in whole runs: what is computed, how much noise there is, and what stays where it is. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import { simulate } from "../../server/simulation/simulate.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Account } from "../../shared/privacy/accountant.ts";
import { drawLinear, linearScene } from "../support/linear.ts";
import { distance, freshDirectory, roundsOf, simulateHere, trajectory } from "../support/scene.ts";

const data = drawLinear(40, [3, -1, 0.5], 9);
const sections = (federation: string, privacy: string) => ({
  data: "{ features: { numeric: [x0, x1, x2] }, targets: { y: { column: y } }, split: { test: 0.2 } }",
  evaluation: "{ parts: [test] }",
  federation,
  privacy,
});
const perRow = (
  z: number,
  { rounds = 6, steps = 1, batch = "full", clip = 1, optimizer = "kind: sgd" } = {},
): Experiment =>
  linearScene(
    data,
    1,
    sections(
      `{ mode: update, rounds: ${String(rounds)}, clip: { perExample: ${String(clip)} }, local: { optimizer: { ${optimizer}, learningRate: 0.3 }, steps: ${String(steps)}, batchSize: ${batch} } }`,
      `{ mechanism: dp-sgd, noiseMultiplier: ${String(z)}, delta: 1.0e-5 }`,
    ),
  );
const perClient = (z: number, clients: number, more = "", rounds = 6): Experiment =>
  linearScene(
    data,
    clients,
    sections(
      `{ mode: update, rounds: ${String(rounds)}, clip: { perClient: 0.2 }, local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 1 }${more} }`,
      `{ mechanism: local, noiseMultiplier: ${String(z)}, delta: 1.0e-5 }`,
    ),
  );
/** The same without privacy. */
const plain = ({ privacy: _, ...experiment }: Experiment, shares?: "uniform"): Experiment =>
  shares === undefined
    ? experiment
    : { ...experiment, federation: { ...experiment.federation, shares: { kind: shares } } };

const pick = ({ objectives }: Experiment): Pick<Experiment, "objectives"> => ({ objectives });

/** The root of the mean square of so many final parameters about those of a run without noise. */
async function deviation(noisy: Experiment, exact: readonly Float64Array[], runs: number): Promise<number> {
  let [squares, count] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const [first] = await trajectory(noisy);
    first!.forEach((value, i) => {
      const off = value - exact[0]![i]!;
      squares += off * off;
      count++;
    });
  }
  return Math.sqrt(squares / count);
}

describe("dp-sgd", () => {
  test.each(["kind: sgd", "kind: sgd, momentum: 0.9", "kind: adam"])(
    "without noise to speak of, on all rows, is descent on shortened slopes: %s",
    async (optimizer) => {
      const quiet = perRow(1e-9, { optimizer, steps: 3 });
      expect(distance(await trajectory(plain(quiet)), await trajectory(quiet))).toBeLessThan(1e-7);
    },
  );

  test("weighs several objectives by their weights alone, and leaves out those whose turn it is not", async () => {
    const half = (more: string): string => `{ head: y, target: y, loss: { kind: mse, half: true }, ${more} }`;
    const quiet = {
      ...perRow(1e-9, { rounds: 4, clip: 1e3 }),
      ...pick(linearScene(data, 1, { objectives: `{ a: ${half("weight: 2, schedule: { every: 2 }")}, b: ${half("weight: 0.5")} }` })), // prettier-ignore
    };
    expect(distance(await trajectory(plain(quiet)), await trajectory(quiet))).toBeLessThan(1e-7);
  });

  test("adds z·C/B to the mean of a step's rows: a step of rate 0.3 is off by 0.3·z·C/B", async () => {
    const options = { rounds: 1, clip: 0.01, batch: "16" };
    const found = await deviation(
      perRow(20, options),
      await trajectory(plain(perRow(20, { ...options, batch: "full" }))),
      60,
    );
    const wanted = (0.3 * 20 * 0.01) / 16; // shortened to 0.01, what is drawn moves it by less than 0.003
    expect(found / wanted).toBeGreaterThan(0.6); // of 90 numbers: five standard errors are 0.37
    expect(found / wanted).toBeLessThan(1.5);
  });

  test("says nothing but its change: no loss, no count of rows that were shortened; the account goes by the fewest rows", async () => {
    const experiment = perRow(2, { rounds: 3, steps: 5, batch: "8" });
    const rounds = await roundsOf(experiment);
    expect(rounds.map(({ losses }) => losses["y"])).toEqual([null, null, null]);
    expect(rounds.map(({ clipped }) => clipped)).toEqual([{}, {}, {}]);
    const { privacy } = await simulateHere(experiment);
    const account = new Account({ sigma: 2 / 1.00001, q: 8 / 32 }, { releases: 15, delta: 1e-5 }); // 40 rows, 8 held out
    expect(privacy).toEqual({
      ...account.costOf(15),
      delta: 1e-5,
      unit: "example",
      where: "client",
      adjacency: "add-or-remove-one",
      samplingRate: 0.25,
    });
  });

  test("stops before the round that would cost more than the budget, however many rows there turn out to be", async () => {
    const experiment = perRow(2, { rounds: 3, steps: 5, batch: "8" });
    const account = new Account({ sigma: 2 / 1.00001, q: 0.25 }, { releases: 15, delta: 1e-5 });
    experiment.privacy!.mostEpsilon = (account.costOf(10).epsilon + account.costOf(15).epsilon) / 2;
    await expect(simulateHere(experiment)).rejects.toMatchObject({
      code: "exhausted",
      message: expect.stringContaining("the model of round 2 is the last") as string,
    });
  });
});

describe("local", () => {
  test("without noise to speak of is the mean of shortened changes, every client counted alike", async () => {
    const quiet = perClient(1e-9, 3);
    expect(distance(await trajectory(plain(quiet, "uniform")), await trajectory(quiet))).toBeLessThan(1e-8);
  });

  test("adds z·C to every client's change: the mean of n is off by z·C/√n", async () => {
    for (const clients of [1, 8]) {
      const exact = await trajectory(plain(perClient(5, clients, "", 1), "uniform"));
      const found = await deviation(perClient(5, clients, "", 1), exact, 30);
      const wanted = (5 * 0.2) / Math.sqrt(clients);
      expect(found / wanted).toBeGreaterThan(0.62);
      expect(found / wanted).toBeLessThan(1.38);
    }
  });

  test("goes with secure sums, of which nobody sees a single noised change", async () => {
    const secure = ", secureSums: { clip: 4, inTheClear: [evaluations] }";
    const [open, masked] = [perClient(1e-9, 5), perClient(1e-9, 5, secure)];
    expect(distance(await trajectory(open), await trajectory(masked))).toBeLessThan(1e-4); // of 2²² levels
    const { privacy } = await simulateHere(perClient(4, 5, secure));
    expect(privacy).toMatchObject({ unit: "client", where: "client" });
  });

  test("goes with a median of what the clients send, and says nothing of their losses", async () => {
    const rounds = await roundsOf(perClient(0.01, 5, ", aggregation: { rule: median }"));
    expect(rounds.map(({ losses }) => losses["y"])).toEqual(Array(6).fill(null));
    expect(rounds.at(-1)?.stepNorm).toBeGreaterThan(0.01);
    const quiet = perClient(1e-9, 5, ", aggregation: { rule: median }");
    expect(distance(await trajectory(plain(quiet)), await trajectory(quiet))).toBeLessThan(1e-8);
  });
});

describe.each([
  ["dp-sgd", perRow(1, { rounds: 5, steps: 4, batch: "8" })],
  ["local", perClient(1, 4, "", 5)],
])("%s", (_, experiment) => {
  test("draws the same after an interruption, on one thread or two; another secret draws another", async () => {
    const out = freshDirectory();
    const stop = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.event === "round" && event.round === 2) stop.abort();
    };
    await simulate(experiment, { threads: 1, out, onEvent, signal: stop.signal });
    const resumed = async (threads: number, secret?: Uint8Array): Promise<string> => {
      const copy = freshDirectory();
      cpSync(out, copy, { recursive: true });
      if (secret !== undefined) writeFileSync(join(copy, "secret"), secret);
      return (await simulate(experiment, { threads, out: copy, resume: true })).modelHash;
    };
    const once = await resumed(1);
    expect(await resumed(2)).toBe(once);
    expect(await resumed(1, new Uint8Array(32))).not.toBe(once);
  });
});
