/** The strategies of the catalogue: they learn, go on where they stop, and the identities between them (`same-bits.test.ts`: on threads, and over a network). */
import { describe, expect, test } from "vitest";
import { ontoSimplex, sharesOf } from "../../server/strategy/shares.ts";
import type { RunEvent } from "../../server/events.ts";
import { Random } from "../../shared/random.ts";
import { checkpointsOf, distance, freshDirectory, resumedHash, simulateHere, trajectory } from "../support/scene.ts";
import { sceneOf, strategyNames, strategyScene } from "../support/strategy-scene.ts";

const plain = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";
const localWith = (more: string): string => plain.replace(" }", ` }, ${more}`).replace("}, ,", "},");
const alike = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, steps: 5, batchSize: 4 }";

describe.each(strategyNames)("%s", (name) => {
  const experiment = sceneOf(name);

  test("learns, and gives the same bits in every order of arrival", async () => {
    const events: RunEvent[] = [];
    const { modelHash } = await simulateHere(experiment, { onEvent: (event) => void events.push(event) });
    const losses = events.flatMap((event) => (event.event === "round" ? [event.losses["y"]!] : []));
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect((await simulateHere(experiment, {}, { order: Random.seeded(8) })).modelHash).toBe(modelHash);
  });

  test("goes on from a checkpoint to the same bits", async () => {
    const { modelHash } = await simulateHere(experiment);
    expect(await resumedHash(experiment)).toBe(modelHash);
  });
});

describe("identities", () => {
  const bits = async (federation: string): Promise<Float64Array[]> => trajectory(strategyScene(federation));
  const avg = `strategy: fedavg, rounds: 4, ${plain}`;

  test("FedProx with μ = 0 is FedAvg, bit for bit", async () => {
    const prox = `strategy: fedprox, rounds: 4, ${localWith("drift: { kind: proximal, mu: 0 }")}`;
    expect(await bits(prox)).toEqual(await bits(avg));
  });

  test("FedProx with a large μ stays nearer to where it began", async () => {
    const prox = `strategy: fedprox, rounds: 4, ${localWith("drift: { kind: proximal, mu: 5 }")}`;
    const [far, near] = [(await bits(avg))[0]!, (await bits(prox))[0]!];
    const length = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    expect(length(near)).toBeLessThan(0.8 * length(far));
  });

  test("FedAvgM without momentum is FedAvg, bit for bit", async () => {
    const still = `strategy: fedavgm, serverOptimizer: { kind: sgd, learningRate: 1, momentum: 0 }, rounds: 4, ${plain}`;
    expect(await bits(still)).toEqual(await bits(avg));
  });

  test("FedNova with equal steps is FedAvg, and with unequal ones is not", async () => {
    const equal = `rounds: 4, ${alike}`;
    const nova = await bits(`strategy: fednova, ${equal}`);
    expect(distance(await bits(`strategy: fedavg, ${equal}`), nova)).toBeLessThan(1e-12);
    expect(distance(await bits(avg), await bits(`strategy: fednova, rounds: 4, ${plain}`))).toBeGreaterThan(1e-3);
  });

  test("MimeLite of one full local step is one machine's momentum, and without momentum FedAvg, but for a last bit", async () => {
    const one = "local: { optimizer: { kind: sgd, learningRate: 0.5 }, epochs: 1, batchSize: full }";
    const mime = (beta: number, local: string): string =>
      `strategy: mimelite, rounds: 6, ${local.replace(" }", ` }, drift: { momentum: ${String(beta)} }`)}`;
    const momentum = "strategy: fedsgd, rounds: 6, serverOptimizer: { kind: sgd, learningRate: 0.1, momentum: 0.8 }"; // v ← βv + g, so 0.5·(1 − β)
    expect(distance(await bits(momentum), await bits(mime(0.8, one)))).toBeLessThan(1e-12);
    const still = await bits(avg.replace("rounds: 4", "rounds: 6"));
    expect(distance(still, await bits(mime(0, plain)))).toBeLessThan(1e-14);
    expect(distance(await bits(momentum), await bits(mime(0.8, plain)))).toBeGreaterThan(1e-3);
  });

  test("q-FedAvg with q = 0, and TERM with t = 0, are the means they tilt", async () => {
    const uniform = await bits(`strategy: fedavg, shares: { kind: uniform }, rounds: 4, ${plain}`);
    expect(distance(uniform, await bits(`strategy: q-fedavg, shares: { q: 0 }, rounds: 4, ${plain}`))).toBeLessThan(
      1e-12,
    );
    expect(distance(await bits(avg), await bits(`strategy: term, shares: { t: 0 }, rounds: 4, ${plain}`))).toBeLessThan(
      1e-12,
    );
  });

  test("SCAFFOLD's first round is uniform FedAvg; with everybody there, Σ cₖ = N·c after every round", async () => {
    const uniform = await bits(`strategy: fedavg, shares: { kind: uniform }, rounds: 4, ${plain}`);
    const out = freshDirectory();
    const experiment = strategyScene(`strategy: scaffold, rounds: 4, ${plain}`);
    await simulateHere({ ...experiment, checkpoint: { everyRounds: 1, keep: 10 } }, { out });
    const states = checkpointsOf(out);
    expect(distance([uniform[0]!], [states[0]!.model.parameters])).toBeLessThan(1e-13);
    expect(
      distance(
        uniform,
        states.map(({ model }) => model.parameters),
      ),
    ).toBeGreaterThan(1e-4);
    for (const { model, kept } of states) {
      const total = model.parameters.map((_, j) => [...kept!.values()].reduce((sum, own) => sum + own[j]!, 0));
      expect(kept!.size).toBe(4);
      expect(distance([total], [model.clients!.drift!.map((c) => 4 * c)])).toBeLessThan(1e-12);
      expect(Math.max(...total.map(Math.abs))).toBeGreaterThan(1e-3);
    }
  });

  test("FedAvg with one full step of everybody is FedSGD", async () => {
    const local = "local: { optimizer: { kind: sgd, learningRate: 0.5 }, steps: 1, batchSize: full }";
    const sgd = await bits("strategy: fedsgd, rounds: 4, serverOptimizer: { kind: sgd, learningRate: 0.5 }");
    expect(distance(sgd, await bits(`strategy: fedavg, rounds: 4, ${local}`))).toBeLessThan(1e-12);
  });

  test("slow clients whose work is kept make fewer steps; dropped, they are not in the round", async () => {
    const rounds = async (work: string): Promise<number[]> => {
      const events: RunEvent[] = [];
      const simulation = (strategyScene(avg).simulation ?? {}) as object;
      const experiment = { ...strategyScene(avg), simulation: { ...simulation, stragglers: { share: 0.5, work } } };
      await simulateHere(experiment as ReturnType<typeof strategyScene>, {
        onEvent: (event) => void events.push(event),
      });
      return events.flatMap((event) => (event.event === "round" ? [event.clients] : []));
    };
    expect(await rounds("keep")).toEqual([4, 4, 4, 4]);
    expect(await rounds("drop")).toEqual([2, 2, 2, 2]);
  });
});

describe("shares", () => {
  const clients = [1, 2, 4].map((loss, i) => ({ client: `c${i}`, share: [0.2, 0.3, 0.5][i]!, loss }));

  test("agnostic: ⅓ each, losses 1, 2, 4 and rate .1 give .2, .3, .5", () => {
    const shares = sharesOf({ kind: "agnostic", learningRate: 0.1 })!;
    const state = shares.next(clients, {});
    ["c0", "c1", "c2"].forEach((client, i) => {
      expect(state[client]).toBeCloseTo([0.2, 0.3, 0.5][i]!, 12);
    });
    expect([...shares.weights(clients, state).values()]).toEqual(["c0", "c1", "c2"].map((client) => state[client]));
  });

  test("tilted: weights in proportion to p·exp(t·F), without overflow", () => {
    const weights = [...sharesOf({ kind: "tilted", t: 1000 })!.weights(clients, {}).values()];
    expect(weights).toEqual([0, 0, 0.5]);
  });

  test("the projection onto the simplex is its nearest point", () => {
    expect(ontoSimplex([0.5, 0.5])).toEqual([0.5, 0.5]);
    expect(ontoSimplex([5, 0, -3])).toEqual([1, 0, 0]);
  });
});
