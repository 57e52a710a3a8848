/** Metrics that join the rows of a group: the same over any clients, beside any loss, and never over groups that were cut. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { Random } from "../../shared/random.ts";
import { over, rowsOf, type ColumnTable } from "../support/client-tables.ts";
import { simulateHere } from "../support/scene.ts";

const random = Random.seeded(8);
const names = random.shuffle(
  Array.from({ length: 200 }, (_, list) => Array.from({ length: 2 + (list % 5) }, () => `q${list}`)).flat(),
);
const numbers = names.map(() => random.normal());
const table: ColumnTable = {
  x1: numbers,
  x2: names.map(() => Math.round(random.normal())), // few values, so that scores tie
  y: names.map(() => random.integer(4)),
  q: names,
};
const sections = {
  data: "{ features: { numeric: [x2] }, targets: { y: { column: y }, query: { column: q, group: true } } }",
  model: "{ heads: { score: 1 }, initial: { kind: zeros } }",
  objectives: "{ rank: { loss: mse, head: score, target: y } }",
  federation: "{ mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.1 } }",
  evaluation:
    "{ metrics: { rank: [ndcg@3, ndcg-linear, hit-rate@1, reciprocal-rank, mean-average-precision] }, groups: { rank: query } }",
};
const numberOf = (name: string): number => Number(name.slice(1));
const sharded = (clients: number): Record<string, ColumnTable> =>
  Object.fromEntries(
    Array.from({ length: clients }, (_, k) => [`c${k}`, rowsOf(table, (i) => numberOf(names[i]!) % clients === k)]),
  );

describe("metrics of groups, beside a loss that joins nothing", () => {
  test("are those of one machine, over 2, 3 and 7 clients and on threads", async () => {
    const { metrics } = await simulateHere(over({ all: table }, sections));
    const measured = Object.entries(metrics).filter(([name]) => !name.endsWith("/loss"));
    expect(measured.map(([name]) => name)).toContain("rank/train/ndcg@3");
    for (const clients of [2, 3, 7]) {
      const split = await simulateHere(over(sharded(clients), sections));
      for (const [name, value] of measured) expect(split.metrics[name], name).toBeCloseTo(value!, 12);
    }
    const threads = await simulate(over(sharded(3), sections), { threads: 2 });
    for (const [name, value] of measured) expect(threads.metrics[name], name).toBeCloseTo(value!, 12);
  });

  test("tell groups apart whose numbers float32 would round to one, and give what small numbers give", async () => {
    const measuredOf = async (first: number): Promise<unknown> => {
      const numbered = { ...table, q: names.map((name) => first + numberOf(name)) };
      const rank = "{ rank: { loss: lambdarank, head: score, target: y, inputs: { group: query } } }";
      const experiment = over({ all: numbered }, { ...sections, precision: "float32", objectives: rank });
      const { metrics, modelHash } = await simulateHere(experiment);
      return { metrics, modelHash };
    };
    expect(await measuredOf(2 ** 31 - 300)).toEqual(await measuredOf(0));
  });

  test("leave batches as small as they are", async () => {
    const federation =
      "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1, batchSize: 2 } }";
    const { metrics } = await simulateHere(over(sharded(2), { ...sections, federation }));
    expect(metrics["rank/train/ndcg@3"]).toBeGreaterThan(0.3);
  });

  test("are refused when two clients share a group", async () => {
    const cut = over({ north: rowsOf(table, (i) => i < 300), south: rowsOf(table, (i) => i >= 300) }, sections);
    await expect(simulateHere(cut)).rejects.toThrow(
      /Clients share groups of "query": north, south\. A group is never cut/,
    );
  });

  test("look at training and held-out rows apart, so that a group may lie in both", async () => {
    const experiment = over({ all: rowsOf(table, (i) => i % 2 === 0) }, sections);
    const tests = over({ all: rowsOf(table, (i) => i % 2 === 1) }, sections).simulation!.clients!;
    const simulation = { ...experiment.simulation!, clientTests: tests };
    const { metrics } = await simulateHere({ ...experiment, simulation });
    expect(metrics["rank/test/ndcg@3"]).toEqual(expect.any(Number));
  });
});

describe("metrics of pairs", () => {
  // 30 users and 12 items: each row is an item that a user took, beside one of four that the user did not.
  const cases = Array.from({ length: 120 }, (_, i) => ({ user: i >> 2, item: (i >> 2) % 6, other: 6 + (i % 6) }));
  const pairs = {
    user: cases.map(({ user }) => user),
    item: cases.map(({ item }) => item),
    other: cases.map(({ other }) => other),
  };
  const experiment = {
    data: "{ features: { index: { user: 30, item: 12 } }, views: { other: { item: other } }, targets: { case: { column: user, group: true } } }",
    model: "{ trunk: { kind: embedding, tables: { user: 2, item: 2 }, units: [] }, heads: { score: 1 } }",
    objectives:
      "{ taste: { loss: bpr, inputs: { positive: { head: score }, negative: { head: score, view: other } } } }",
    federation: "{ mode: gradient, rounds: 30, serverOptimizer: { kind: adam, learningRate: 0.1 } }",
    evaluation:
      "{ everyRounds: 30, metrics: { taste: [accuracy, hit-rate@1, reciprocal-rank] }, groups: { taste: case } }",
  };

  test("say how high what a user took stands among what was not taken", async () => {
    const { metrics } = await simulateHere(
      over({ a: rowsOf(pairs, (i) => i < 60), b: rowsOf(pairs, (i) => i >= 60) }, experiment),
    );
    expect(metrics["taste/train/accuracy"]).toBe(1); // items 0 … 5 are taken, the others never
    expect(metrics["taste/train/hit-rate@1"]).toBe(1);
    expect(metrics["taste/train/reciprocal-rank"]).toBe(1);
  });

  test("are refused where they mean nothing", () => {
    const squared = { ...experiment, evaluation: "{ metrics: { taste: [ndcg@5] }, groups: { taste: case } }" };
    expect(() => over({ all: pairs }, squared)).toThrow("ndcg@5 means nothing of pairs, got bpr");
  });
});

describe("concordance", () => {
  const patients = 90;
  const x1 = Array.from({ length: patients }, () => random.normal());
  const table = {
    x1,
    days: x1.map((x) => Math.ceil(20 * Math.exp(-x) * (0.2 + random.uniform()))),
    died: x1.map(() => Number(random.uniform() < 0.7)),
    site: x1.map((_, i) => i % 3),
  };
  const cox = {
    data: "{ features: { numeric: [x1] }, targets: { days: { column: days }, died: { column: died, above: 0.5 }, site: { column: site, group: true } } }",
    model: "{ heads: { risk: { outputs: 1, bias: false } }, initial: { kind: zeros } }",
    objectives: "{ risk: { loss: cox, head: risk, inputs: { time: days, event: died, group: { by: client } } } }",
    federation: "{ mode: gradient, rounds: 20, serverOptimizer: { kind: sgd, learningRate: 0.5 } }",
    evaluation: "{ everyRounds: 20, metrics: { risk: [concordance] } }",
  };

  test("joins what the loss joins: stratified by client is as by a column", async () => {
    const sites = Object.fromEntries([0, 1, 2].map((site) => [`s${site}`, rowsOf(table, (i) => i % 3 === site)]));
    const { metrics } = await simulateHere(over(sites, cox));
    const named = { ...cox, objectives: cox.objectives.replace("{ by: client }", "site") };
    const one = await simulateHere(over({ all: table }, named));
    expect(metrics["risk/train/concordance"]).toBeGreaterThan(0.7);
    expect(metrics["risk/train/concordance"]).toBeCloseTo(one.metrics["risk/train/concordance"]!, 12);
  });
});
