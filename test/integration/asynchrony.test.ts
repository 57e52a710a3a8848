/** Rounds that wait for nobody: the identities of FedBuff and FedAsync, the same bits wherever they run and stop, and what is refused. */
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import { checkpointsOf, distance, freshDirectory, simulateHere, trajectory } from "../support/scene.ts";
import { strategyScene } from "../support/strategy-scene.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";

const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";
const clock = { kind: "declared", seconds: { c0: 1, c1: 2, c2: 5, c3: 20 }, otherwise: 1, jitter: 0.1 } as const;

/** The scene with a clock by which one client takes twenty times as long as another. */
function timed(federation: string): Experiment {
  const experiment = strategyScene(federation);
  return { ...experiment, simulation: { ...experiment.simulation!, clock } };
}
const buffered = (more: string, rounds = 4): Experiment =>
  timed(`strategy: fedbuff, rounds: ${String(rounds)}, ${local}, asynchrony: { ${more} }`);

async function staleness(experiment: Experiment): Promise<readonly (readonly number[])[]> {
  const events: RunEvent[] = [];
  await simulateHere(experiment, { onEvent: (event) => void events.push(event) });
  return events.flatMap((event) => (event.event === "round" ? [event.asynchrony!.staleness] : []));
}

describe("identities", () => {
  test("FedBuff with everybody at work and K = N is uniform FedAvg", async () => {
    const uniform = strategyScene(`strategy: fedavg, shares: { kind: uniform }, rounds: 4, ${local}`);
    const all = buffered("size: 4, concurrency: 4");
    expect(distance(await trajectory(uniform), await trajectory(all))).toBeLessThan(1e-12);
    expect((await staleness(all)).flat().every((s) => s === 0)).toBe(true);
  });

  test("FedAsync with α = 1 and one client at work goes to where that client's steps end", async () => {
    const one = timed(`strategy: fedasync, rounds: 1, ${local}, asynchrony: { alpha: 1, concurrency: 1 }`);
    const half = timed(`strategy: fedasync, rounds: 1, ${local}, asynchrony: { alpha: 0.5, concurrency: 1 }`);
    const [[whole], [part]] = [await trajectory(one), await trajectory(half)];
    expect(distance([whole!.map((x) => x / 2)], [part!])).toBeLessThan(1e-12); // it began at 0
  });

  test("the same work counts less the staler it is", async () => {
    const [alike, less] = [
      buffered("size: 2, concurrency: 4, staleness: { kind: constant }", 8),
      buffered("size: 2, concurrency: 4", 8),
    ];
    expect(await staleness(alike)).toEqual(await staleness(less));
    expect(Math.max(...(await staleness(less)).flat())).toBeGreaterThan(1);
    const [a, b] = [await trajectory(alike), await trajectory(less)];
    const first = (await staleness(less)).findIndex((own) => own.some((s) => s > 0));
    expect(distance(a.slice(0, first), b.slice(0, first))).toBe(0);
    expect(distance(a, b)).toBeGreaterThan(1e-4);
  });
});

test("what flies is in the checkpoint, and a run goes on from it to the same bits", async () => {
  const experiment = { ...buffered("size: 2, concurrency: 3", 8), checkpoint: { everyRounds: 1, keep: 9 } };
  const whole = await simulateHere(experiment);
  const out = freshDirectory();
  const stop = new AbortController();
  const onEvent = (event: RunEvent): void => {
    if (event.event === "round" && event.round === 5) stop.abort();
  };
  await simulateHere(experiment, { out, signal: stop.signal, onEvent });
  const { flights } = checkpointsOf(out).at(-1)!.asynchrony!;
  expect(flights.length).toBeGreaterThan(0);
  for (const { vector } of flights) expect(vector).toBeInstanceOf(Float64Array);
  expect((await simulateHere(experiment, { out, resume: true })).modelHash).toBe(whole.modelHash);
});

test.each([
  ["a drawn cohort", "clients: { select: { count: 2 } }", /whoever is idle may begin/],
  ["a rule that compares clients", "aggregation: { rule: median }", /median compares the clients of one model/],
  [
    "parts of one's own",
    'personal: { kind: parts, keep: ["*weight"] }',
    /what a client keeps is of rounds it was waited for/,
  ],
])("beside %s it is refused", (_name, more, message) => {
  expect(() => strategyScene(`strategy: fedbuff, rounds: 4, ${local}, ${more}`)).toThrow(message);
});
