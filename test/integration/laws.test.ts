/** The laws of a federated run, on small data: what sharding, order, threads and interruption may not change. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { Random } from "../../shared/random.ts";
import { dealt, distance, drawRows, freshDirectory, scene, simulateHere, trajectory } from "../support/scene.ts";

const rows = drawRows(60, Random.seeded(11));
const gradientMode = (optimizer: string): string => `{ mode: gradient, rounds: 8, serverOptimizer: ${optimizer} }`;
const updateMode = (local: string, rest = ""): string =>
  `{ mode: update, rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.3 }, ${local} }${rest} }`;
const mlp = "{ trunk: { kind: mlp, units: [4] }, heads: { y: 1 }, initial: { kind: glorot-uniform } }";

describe("any sharding is one machine", () => {
  test.each([2, 3, 7])("in gradient mode, %i clients take the steps of one, to 1e-12", async (clients) => {
    const federation = gradientMode("{ kind: adam, learningRate: 0.1 }");
    const one = await trajectory(scene({ all: rows }, { federation, model: mlp }));
    const many = await trajectory(scene(dealt(rows, clients), { federation, model: mlp }));
    expect(one).toHaveLength(8);
    expect(distance(one, many)).toBeLessThanOrEqual(1e-12);
  });

  test("an empty shard changes no bit", async () => {
    const federation = gradientMode("{ kind: sgd, learningRate: 0.5 }");
    const without = await simulateHere(scene(dealt(rows, 3), { federation }));
    const withEmpty = await simulateHere(scene({ ...dealt(rows, 3), empty: [] }, { federation }));
    expect(withEmpty.modelHash).toBe(without.modelHash);
    const update = updateMode("epochs: 1, batchSize: 8");
    const a = await simulateHere(scene(dealt(rows, 3), { federation: update }));
    const b = await simulateHere(scene({ ...dealt(rows, 3), empty: [] }, { federation: update }));
    expect(b.modelHash).toBe(a.modelHash);
  });

  test("one epoch on one full batch of each client is one step of gradient mode", async () => {
    const gradient = gradientMode("{ kind: sgd, learningRate: 0.3 }");
    const sgd = await trajectory(scene(dealt(rows, 3), { federation: gradient, model: mlp }));
    const averaged = await trajectory(
      scene(dealt(rows, 3), { federation: updateMode("epochs: 1").replace("rounds: 4", "rounds: 8"), model: mlp }),
    );
    expect(distance(sgd, averaged)).toBeLessThanOrEqual(1e-12);
  });

  test("a global batch drawn by the coordinator is the same rows under any sharding of the same order", async () => {
    const federation = `{ mode: gradient, rounds: 5, batch: 12, serverOptimizer: { kind: sgd, learningRate: 0.5 } }`;
    const halves = { a: rows.slice(0, 25), b: rows.slice(25) };
    const one = await trajectory(scene({ all: rows }, { federation }));
    expect(distance(one, await trajectory(scene(halves, { federation })))).toBeLessThanOrEqual(1e-12);
  });

  test("a penalty counts once in both modes", async () => {
    const regularizers = "[{ kind: l2, lambda: 0.05 }]";
    const federation = gradientMode("{ kind: sgd, learningRate: 0.3 }");
    const one = await trajectory(scene({ all: rows }, { federation, regularizers }));
    const three = await trajectory(scene(dealt(rows, 3), { federation, regularizers }));
    const averaged = await trajectory(
      scene(dealt(rows, 3), { federation: updateMode("epochs: 1").replace("rounds: 4", "rounds: 8"), regularizers }),
    );
    expect(distance(one, three)).toBeLessThanOrEqual(1e-12);
    expect(distance(one, averaged)).toBeLessThanOrEqual(1e-12);
  });
});

describe("two objectives of unequal denominators", () => {
  // Mean gradients at 0: objective a has 1 at c0 and −2 at c1, b has 3 and 5; rows that count: a 90 and 10, b 10 and 90.
  // (1/2)(θ − t)² has the gradient −t, so the targets are −1, 2, −3 and −5. Together: (.9·1 − .1·2) + (.1·3 + .9·5) = 5.5.
  const client = (a: number, countA: number, b: number, countB: number): string[] => [
    ...Array.from({ length: countA }, () => `1,${a},`),
    ...Array.from({ length: countB }, () => `1,,${b}`),
  ];
  const fiveAndAHalf = async (federation: string): Promise<number> => {
    const experiment = scene(
      { c0: [], c1: [] },
      {
        data: "{ features: { numeric: [x] }, targets: { a: { column: a }, b: { column: b } }, missing: { targets: ignore } }",
        model: "{ heads: { shared: { outputs: 1, bias: false } }, initial: { kind: zeros } }",
        objectives:
          "{ a: { head: shared, target: a, loss: { kind: mse, half: true } }, b: { head: shared, target: b, loss: { kind: mse, half: true } } }",
        federation,
      },
    );
    const { writeFileSync } = await import("node:fs");
    const clients = experiment.simulation!.clients as Record<string, string>;
    writeFileSync(clients["c0"]!, ["x,a,b", ...client(-1, 90, -3, 10)].join("\n"));
    writeFileSync(clients["c1"]!, ["x,a,b", ...client(2, 10, -5, 90)].join("\n"));
    const [model] = await trajectory(experiment);
    return -model![0]!;
  };

  test("step by 5.5 in gradient mode", async () => {
    expect(
      await fiveAndAHalf("{ mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1 } }"),
    ).toBeCloseTo(5.5, 12);
  });

  test("step by 5.5 in update mode, with one epoch on one full batch", async () => {
    expect(
      await fiveAndAHalf(
        "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 1 }, epochs: 1 } }",
      ),
    ).toBeCloseTo(5.5, 12);
  });
});

describe("the same bits", () => {
  const experiment = scene(dealt(rows, 7), {
    federation: updateMode("epochs: 2, batchSize: 4"),
    model: mlp,
    precision: "float32",
  });

  test("for 1, 2 and 8 threads, and for any order of completion", async () => {
    const hashes = new Set<string>();
    for (const threads of [1, 2, 8]) hashes.add((await simulate(experiment, { threads })).modelHash);
    for (let seed = 0; seed < 20; seed++) {
      hashes.add((await simulateHere(experiment, {}, { order: Random.seeded(seed) })).modelHash);
    }
    expect([...hashes]).toHaveLength(1);
  });

  test("after an interruption at any round, and a resumption", async () => {
    const options = {
      checkpoint: { everyRounds: 3, keep: 1 },
      evaluation: { everyRounds: 2, parts: ["train" as const], metrics: {} },
    };
    const longer = {
      ...scene(dealt(rows, 5), {
        federation: updateMode(
          "steps: 3, batchSize: 4, continueAcrossRounds: true",
          ", clients: { select: { count: 3 } }, serverOptimizer: { kind: adam, learningRate: 0.1 }",
        ).replace("rounds: 4", "rounds: 7"),
        stop: "{ watch: y/train/loss, patience: 5 }",
      }),
      ...options,
    };
    const whole = await simulateHere(longer, { out: freshDirectory() });
    for (let stopAfter = 1; stopAfter <= 6; stopAfter++) {
      const out = freshDirectory();
      const stop = new AbortController();
      const first = await simulateHere(longer, {
        out,
        signal: stop.signal,
        onEvent: (event) => {
          if (event.event === "round" && event.round === stopAfter) stop.abort();
        },
      });
      expect(first).toMatchObject({ stopReason: "interrupted" });
      const second = await simulateHere(longer, { out, resume: true });
      expect(second).toMatchObject({
        stopReason: whole.stopReason,
        rounds: whole.rounds,
        modelHash: whole.modelHash,
        best: whole.best,
      });
    }
  });

  test("another seed is another model", async () => {
    const [a, b] = [await simulateHere(experiment), await simulateHere(experiment, { seed: 6 })];
    expect(a.modelHash).not.toBe(b.modelHash);
  });
});
