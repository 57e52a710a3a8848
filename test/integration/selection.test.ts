/** Selection in whole runs: clients who are not there, who are slow, and who are asked beside those that are needed. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import { cohortIn } from "../../server/round/cohort.ts";
import { simulate } from "../../server/simulation/simulate.ts";
import { distance, simulateHere, trajectory } from "../support/scene.ts";
import { strategyScene } from "../support/strategy-scene.ts";
import { selectionOf } from "../../server/selection/catalogue.ts";
import { Random } from "../../shared/random.ts";

const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";
const update = (clients: string, rounds = 6): string =>
  `mode: update, rounds: ${rounds}, clients: ${clients}, ${local}`;

/** The scene with more in its simulation. */
function simulated(federation: string, more: object): ReturnType<typeof strategyScene> {
  const experiment = strategyScene(federation);
  return { ...experiment, simulation: { ...experiment.simulation, ...more } as typeof experiment.simulation };
}

async function clientsOf(experiment: ReturnType<typeof strategyScene>): Promise<number[]> {
  const events: RunEvent[] = [];
  await simulateHere(experiment, { onEvent: (event) => void events.push(event) });
  return events.flatMap((event) => (event.event === "round" ? [event.clients] : []));
}

const shifts = { availability: { kind: "shifts", period: 2, on: 1 } };
const clock = { clock: { kind: "declared", seconds: { c0: 9, c1: 1, c2: 2, c3: 3 }, otherwise: 1, jitter: 0 } };

test("whoever is not there leaves the round, unless only those who are there are drawn", async () => {
  const there = await clientsOf(simulated(update("{ quorum: 1, available: only }"), shifts));
  expect(there.every((count) => count > 0 && count < 4)).toBe(true);
  expect(await clientsOf(simulated(update("{ quorum: 1 }"), shifts))).toEqual(there);
  await expect(clientsOf(simulated(update("{ quorum: all }"), shifts))).rejects.toThrow(/is not there in round 1/);
});

test("asked beside those that are needed, the quickest make the round, whoever carries it", async () => {
  const over = simulated(update("{ select: { count: 2 }, overSelection: 2 }"), clock);
  expect(await clientsOf(over)).toEqual([2, 2, 2, 2, 2, 2]);
  const quickest = { c1: 1, c2: 1 };
  const alone = { ...over.simulation!.clients };
  const two = Object.fromEntries(Object.entries(alone).filter(([client]) => client in quickest));
  const those = { ...strategyScene(update("{}")), simulation: { threads: 1, clients: two } } as typeof over;
  expect(distance(await trajectory(over), await trajectory(those))).toBe(0);
  expect((await simulate(over, { threads: 2 })).modelHash).toBe((await simulateHere(over)).modelHash);
});

test("a cohort of nobody leaves the model as it was, and counts as a round", async () => {
  const rare = strategyScene(update("{ select: { fraction: 0.05 }, draw: { kind: poisson } }", 8));
  const counts = await clientsOf(rare);
  expect(counts).toHaveLength(8);
  expect(counts).toContain(0);
  const models = await trajectory(rare);
  counts.forEach((count, round) => {
    if (round > 0 && count === 0) expect(models[round]).toEqual(models[round - 1]);
  });
});

test("one that is drawn three times of four counts three times", async () => {
  const roster = { denominators: new Map([["a", [9]], ["b", [1]]]), trainRows: new Map() }; // prettier-ignore
  const selection = selectionOf({ kind: "by-size", replacement: true });
  const experiment = strategyScene(update("{ select: { count: 4 }, draw: { kind: by-size } }"));
  const { clients, weights } = await cohortIn(1, Random.seeded(0), ["a", "a", "a", "b"], {
    experiment,
    selection,
    fleet: { members: ["a", "b"], run: () => { throw new Error("asks nobody"); }, [Symbol.asyncDispose]: () => Promise.resolve() }, // prettier-ignore
    roster,
    objectiveWeights: [1],
    run: Random.seeded(0),
    state: undefined,
    ask: () => Promise.resolve(new Map()),
  });
  expect(clients).toEqual(["a", "a", "a", "b"]);
  expect([...weights!]).toEqual([["a", 3], ["b", 1]]); // prettier-ignore
});
