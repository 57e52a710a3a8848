/** What an objective may be given beside a head and a target: views, several columns, groups, modules, parameters of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { loadModel } from "../../shared/experiment/trained-model.ts";
import { Random } from "../../shared/random.ts";
import { decodeSafetensors } from "../../shared/tensor/safetensors.ts";
import { over, rowsOf, type ColumnTable } from "../support/client-tables.ts";
import { distance, freshDirectory, scene, simulateHere, trajectory } from "../support/scene.ts";

const own = (loss: string): string => join(import.meta.dirname, `../support/losses/${loss}.ts`);
const sgd = (rounds: number, rate = 0.3, rest = ""): string =>
  `{ mode: gradient, rounds: ${rounds}${rest}, serverOptimizer: { kind: sgd, learningRate: ${rate} } }`;

const random = Random.seeded(3);
const numbers = (count: number): number[] => Array.from({ length: count }, () => random.normal());

describe("a view of the features", () => {
  const pairs = { a: numbers(40), b: numbers(40), a2: numbers(40), b2: numbers(40) };
  const bradleyTerry = {
    data: "{ features: { numeric: [a, b] }, views: { other: { a: a2, b: b2 } } }",
    model: "{ heads: { reward: { outputs: 1, bias: false } }, initial: { kind: zeros } }",
    objectives:
      "{ y: { loss: bradley-terry, inputs: { chosen: { head: reward }, rejected: { head: reward, view: other } } } }",
    federation: sgd(5),
  };

  test("is the same head with the same parameters: Bradley–Terry is logistic regression on differences", async () => {
    const differences = {
      a: pairs.a.map((x, i) => x - pairs.a2[i]!),
      b: pairs.b.map((x, i) => x - pairs.b2[i]!),
      y: pairs.a.map(() => 1),
    };
    const logistic = over(
      { all: differences },
      {
        data: "{ features: { numeric: [a, b] }, targets: { y: { column: y, above: 0.5 } } }",
        model: bradleyTerry.model,
        objectives: "{ y: { head: reward, target: y, loss: bce-with-logits } }",
        federation: sgd(5),
      },
    );
    const compared = over({ one: rowsOf(pairs, (i) => i < 15), two: rowsOf(pairs, (i) => i >= 15) }, bradleyTerry);
    const steps = await trajectory(compared);
    expect(steps).toHaveLength(5);
    expect(distance(await trajectory(logistic), steps)).toBeLessThanOrEqual(1e-12);
  });

  test("is standardized like the features, and not asked for by predict", async () => {
    const out = freshDirectory();
    const experiment = over(
      { all: pairs },
      { ...bradleyTerry, data: bradleyTerry.data.replace(/ }$/, ", standardize: global }") },
    );
    const result = await simulateHere(experiment, { out });
    expect(result.metrics["y/train/loss"]).toBeLessThan(Math.LN2);
    const model = await loadModel(out);
    const [answer] = model.predict([{ a: 0.5, b: -1 }]);
    expect(answer!["y"]).toMatchObject({ value: expect.any(Number) as number });
  });

  test("reads other indices: users, items, and items they did not take", async () => {
    const table = {
      user: pairs.a.map((_, i) => i % 5),
      item: pairs.a.map((_, i) => (i * 3) % 7),
      negative: pairs.a.map((_, i) => (i * 3 + 1) % 7),
    };
    const sections = {
      data: "{ features: { index: { user: 5, item: 7 } }, views: { other: { item: negative } } }",
      model: "{ trunk: { kind: embedding, tables: { user: 3, item: 3 }, units: [4] }, heads: { reward: 1 } }",
      objectives: bradleyTerry.objectives,
      federation: sgd(10),
    };
    const one = await trajectory(over({ all: table }, sections));
    const two = await trajectory(
      over({ a: rowsOf(table, (i) => i % 2 === 0), b: rowsOf(table, (i) => i % 2 === 1) }, sections),
    );
    expect(distance(one, two)).toBeLessThanOrEqual(1e-12);
  });
});

describe("a target of several columns", () => {
  const table = { x: numbers(30), y1: numbers(30), y2: numbers(30) };
  test("is learned like its columns one by one", async () => {
    const together = over(
      { all: table },
      {
        data: "{ features: { numeric: [x] }, targets: { both: { columns: [y1, y2] } } }",
        model: "{ heads: { y: 2 }, initial: { kind: zeros } }",
        objectives: "{ y: { head: y, target: both, loss: mse } }",
        federation: sgd(5),
      },
    );
    const apart = over(
      { all: table },
      {
        data: "{ features: { numeric: [x] }, targets: { one: { column: y1 }, two: { column: y2 } } }",
        model: "{ heads: { one: 1, two: 1 }, initial: { kind: zeros } }",
        objectives:
          "{ one: { head: one, target: one, loss: mse, weight: 0.5 }, two: { head: two, target: two, loss: mse, weight: 0.5 } }",
        federation: sgd(5),
      },
    );
    const sorted = (vectors: Float64Array[]): Float64Array[] => vectors.map((vector) => vector.toSorted());
    expect(distance(sorted(await trajectory(together)), sorted(await trajectory(apart)))).toBeLessThanOrEqual(1e-12);
  });
});

describe("whole groups", () => {
  // 14 lists of 2 to 5 rows, shuffled, each named by a text.
  const lists = Array.from({ length: 14 }, (_, list) =>
    Array.from({ length: 2 + (list % 4) }, () => `list ${list}`),
  ).flat();
  const names = random.shuffle(lists);
  const table = {
    x1: numbers(names.length),
    x2: numbers(names.length),
    y: names.map(() => random.integer(3)),
    q: names,
  };
  const sections = {
    data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y }, query: { column: q, group: true } } }",
    model: "{ trunk: { kind: mlp, units: [3] }, heads: { score: 1 } }",
    objectives: `{ rank: { loss: { kind: module, path: ${own("pairwise")} }, head: score, target: y, inputs: { group: query } } }`,
    federation: sgd(5),
  };
  const client = (name: string, clients: number): number => Number(name.slice(5)) % clients;
  const sharded = (clients: number): Record<string, ColumnTable> =>
    Object.fromEntries([
      ...Array.from({ length: clients }, (_, k) => [`c${k}`, rowsOf(table, (i) => client(names[i]!, clients) === k)]),
      ["empty", rowsOf(table, () => false)],
    ]) as Record<string, ColumnTable>;

  test.each([2, 3, 7])("%i clients take the steps of one, to 1e-12", async (clients) => {
    const one = await trajectory(over({ all: table }, sections));
    expect(distance(one, await trajectory(over(sharded(clients), sections)))).toBeLessThanOrEqual(1e-12);
  });

  test("a small batch of the coordinator holds whole groups, whoever has them", async () => {
    const batched = { ...sections, federation: sgd(5, 0.3, ", batch: 9") };
    const sorted = rowsOf(table, () => true);
    const order = names.map((_, i) => i).sort((a, b) => client(names[a]!, 2) - client(names[b]!, 2) || a - b);
    const inOrder = Object.fromEntries(
      Object.entries(sorted).map(([name, column]) => [name, order.map((i) => column[i]!)]),
    );
    const one = await trajectory(over({ all: inOrder }, batched));
    const { empty: _, ...two } = sharded(2);
    expect(distance(one, await trajectory(over(two, batched)))).toBeLessThanOrEqual(1e-12);
  });

  test("in update mode, evaluation and on threads give the same bits", async () => {
    const federation =
      "{ mode: update, rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 2, batchSize: 6 } }";
    const experiment = over(sharded(3), { ...sections, federation, precision: "float32" });
    const results = [
      ...(await Promise.all([1, 2].map((threads) => simulate(experiment, { threads })))),
      ...(await Promise.all([1, 2, 3].map((seed) => simulateHere(experiment, {}, { order: Random.seeded(seed) })))),
    ];
    expect(new Set(results.map(({ modelHash }) => modelHash)).size).toBe(1);
    expect(new Set(results.map(({ metrics }) => metrics["rank/train/loss"])).size).toBe(1);
    expect(results[0]!.metrics["rank/train/loss"]).toBeLessThan(Math.LN2);
  });

  test("are refused when two clients share one, naming the clients", async () => {
    const cut = over({ north: rowsOf(table, (i) => i < 20), south: rowsOf(table, (i) => i >= 20) }, sections);
    await expect(simulateHere(cut)).rejects.toThrow(
      /Clients share groups of "query": north, south\. A group is never cut/,
    );
  });

  test("are refused when a batch cannot hold the largest, before anything runs", async () => {
    const federation =
      "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 1, batchSize: 4 } }";
    await expect(simulateHere(over({ all: table }, { ...sections, federation }))).rejects.toThrow(
      "federation.local.batchSize is 4, but the largest group has 5 rows",
    );
  });

  test("stay whole in a split and in every drawn partition", async () => {
    const split = { ...sections, data: sections.data.replace(/ }$/, ", split: { test: 0.3 } }") };
    const all = over({ all: table }, split);
    const file = (all.simulation!.clients as Record<string, string>)["all"]!;
    for (const rule of [
      "{ kind: iid, clients: 4 }",
      "{ kind: size-skewed, clients: 4, law: linear }",
      "{ kind: dirichlet, clients: 3, by: y, alpha: 1, minimum: 1 }",
    ]) {
      const drawn = scene({}, { ...split, simulation: `{ threads: 1, data: ${file}, partition: ${rule} }` });
      const { clients } = await simulateHere(drawn); // a cut group would be refused
      const [train, test] = clients.reduce(([a, b], one) => [a + one.trainRows, b + one.testRows], [0, 0]);
      expect(train + test).toBe(names.length);
      expect(test).toBeGreaterThan(0);
    }
  });

  test("may be the clients themselves: stratified by client", async () => {
    const byClient = { ...sections, objectives: sections.objectives.replace("group: query", "group: { by: client }") };
    const shards = { a: rowsOf(table, (i) => i < 20), b: rowsOf(table, (i) => i >= 20) };
    const stratified = await trajectory(over(shards, byClient));
    const named = {
      ...table,
      q: names.map((_, i) => (i < 20 ? "first" : "second")),
    };
    const one = await trajectory(over({ all: named }, sections));
    expect(distance(one, stratified)).toBeLessThanOrEqual(1e-12);
  });
});

describe("a loss in a module, with a parameter of its own", () => {
  const table = { x: numbers(24), y: numbers(24).map((y) => 3 * y) };
  const sections = {
    data: "{ features: { numeric: [x] }, targets: { y: { column: y } } }",
    model: "{ heads: { y: 1 }, initial: { kind: zeros } }",
    objectives: `{ y: { loss: { kind: module, path: ${own("laplace")}, options: { start: 0.5 } }, head: y, target: y } }`,
  };

  test("learns it with the model, keeps it in the model file, and predicts without it", async () => {
    const out = freshDirectory();
    await simulateHere(
      over(
        { a: rowsOf(table, (i) => i < 10), b: rowsOf(table, (i) => i >= 10) },
        { ...sections, federation: sgd(1, 0.1) },
      ),
      { out },
    );
    const { tensors } = decodeSafetensors(readFileSync(join(out, "model.safetensors")), "model");
    const mean = table.y.reduce((sum, y) => sum + Math.abs(y), 0) / table.y.length;
    // ∂/∂s of the mean of |y|·e^−s + s at s = ½
    expect(tensors.get("loss/y/logScale")!.data[0]).toBeCloseTo(0.5 - 0.1 * (1 - mean * Math.exp(-0.5)), 12);
    const [answer] = (await loadModel(out)).predict([{ x: 1 }]);
    expect(answer!["y"]!.value).toEqual(expect.any(Number));
  });

  test("is refused when the module exports no loss", async () => {
    const wrong = sections.objectives.replace("laplace", "../scene");
    await expect(simulateHere(over({ a: table }, { ...sections, objectives: wrong }))).rejects.toThrow(
      /objectives\.y\.loss: expected .* to export a loss made by defineLoss/,
    );
  });
});

describe("objectives that train a part of the model, in turns", () => {
  const table = { x1: numbers(24), x2: numbers(24), y: numbers(24).map((y) => Number(y > 0)) };
  const sections = (objectives: string, federation: string): Record<string, string> => ({
    data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } } }",
    model: "{ heads: { a: 1, b: 1 }, initial: { kind: zeros } }",
    objectives,
    federation,
  });
  const clients = { one: rowsOf(table, (i) => i < 9), two: rowsOf(table, (i) => i >= 9) };
  const update = "{ mode: update, rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 1 } }";
  const objective = (head: string, rest: string): string =>
    `${head}: { head: ${head}, target: y, loss: bce-with-logits${rest} }`;

  test.each([
    ["gradient mode", sgd(4)],
    ["update mode", update],
  ])("%s: what no objective trains stays as it was", async (_, federation) => {
    const half = `{ ${objective("a", "")}, ${objective("b", ', parameters: "heads/a/*"')} }`;
    const steps = await trajectory(over(clients, sections(half, federation)));
    const last = steps.at(-1)!;
    expect([...last.subarray(3)]).toEqual([0, 0, 0]); // heads/b
    expect([...last.subarray(0, 3)].every((x) => x !== 0)).toBe(true);
  });

  test.each([
    ["gradient mode", sgd(4)],
    ["update mode", update],
  ])("%s: each moves its own in its own rounds, and is measured in all", async (_, federation) => {
    const turns = `{ ${objective("a", ", schedule: { every: 2 }")}, ${objective("b", ", schedule: { every: 2, offset: 1 }")} }`;
    const experiment = over(clients, sections(turns, federation));
    const steps = await trajectory(experiment);
    const [first, second] = steps.map((vector) => [vector.slice(0, 3), vector.slice(3)]);
    expect([...first![1]!]).toEqual([0, 0, 0]);
    expect([...second![0]!]).toEqual([...first![0]!]);
    expect([...second![1]!].every((x) => x !== 0)).toBe(true);
    const alone = await trajectory(
      over(clients, { ...sections(`{ ${objective("a", "")} }`, federation.replace("rounds: 4", "rounds: 2")) }),
    );
    expect(distance([alone[0]!.slice(0, 3)], [first![0]!])).toBeLessThanOrEqual(1e-12);
    expect(distance([alone[1]!.slice(0, 3)], [steps[2]!.slice(0, 3)])).toBeLessThanOrEqual(1e-12);
  });
});
