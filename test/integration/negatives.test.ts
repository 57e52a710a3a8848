/** Recommendations from what people took alone: the last of each held out, and negatives drawn, in the experiment itself. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { Random } from "../../shared/random.ts";
import { over, rowsOf, type ColumnTable } from "../support/client-tables.ts";
import { overNetwork } from "../support/network.ts";
import { distance, resumedHash, simulateHere, trajectory } from "../support/scene.ts";

const random = Random.seeded(4);
const people = 12;
const taken = Array.from({ length: people }, (_, user) =>
  random
    .shuffle(Array.from({ length: 20 }, (_x, item) => item))
    .slice(0, 6)
    .map((item) => [user, item] as const),
).flat();
const table: ColumnTable = {
  user: taken.map(([user]) => user),
  item: taken.map(([, item]) => item),
  when: taken.map((_, i) => i),
};
const sections = {
  data: `{ features: { index: { user: ${people}, item: 20 } }, views: { other: {} }, targets: { person: { column: user, group: true } }, negatives: { view: other, feature: item, per: person, train: 3, test: 10 }, split: { last: when, per: person } }`,
  model: "{ trunk: { kind: embedding, tables: { user: 3, item: 3 }, product: true }, heads: { score: 1 } }",
  objectives: "{ taste: { loss: bpr, inputs: { positive: { head: score }, negative: { head: score, view: other } } } }",
  federation: "{ mode: gradient, rounds: 4, serverOptimizer: { kind: sgd, learningRate: 0.5 } }",
  evaluation: "{ metrics: { taste: [hit-rate@3] }, groups: { taste: person } }",
};

describe("an experiment that draws negatives", () => {
  test("tests each person on the last thing among ten others, whoever the clients are", async () => {
    const cut = (clients: number) =>
      over(
        Object.fromEntries(
          Array.from({ length: clients }, (_, k) => [
            `c${String(k)}`,
            rowsOf(table, (i) => taken[i]![0] % clients === k),
          ]),
        ),
        sections,
      );
    const whole = await simulateHere(cut(1));
    expect(whole.clients[0]).toMatchObject({ trainRows: people * 5 * 3, testRows: people * 10 });
    expect(whole.metrics["taste/test/hit-rate@3"]).toBeGreaterThan(0);
  });

  test("is the same over clients that a data set is cut into", async () => {
    const file = over({ all: table }, sections).simulation!.clients!["all"] as string;
    const cut = (clients: number) =>
      over({}, { ...sections, simulation: `{ data: ${file}, partition: { kind: iid, clients: ${String(clients)} } }` });
    const [one, three] = await Promise.all([1, 3].map((clients) => trajectory(cut(clients))));
    expect(distance(one!, three!)).toBeLessThanOrEqual(1e-12);
  });

  /** Two clients with a file each. */
  const apart = (federation: string, drawn = "each-round") =>
    over(Object.fromEntries([0, 1].map((k) => [`c${String(k)}`, rowsOf(table, (i) => taken[i]![0] % 2 === k)])), {
      ...sections,
      federation,
      data: sections.data.replace("test: 10", `test: 10, drawn: ${drawn}`),
    });
  const exact = sections.federation;
  const local =
    "{ mode: update, rounds: 3, local: { optimizer: { kind: sgd, learningRate: 0.5 }, epochs: 2, batchSize: 8 } }";

  test.each([
    ["one exact step a round", exact],
    ["local steps", local],
  ])("gives the same bits on one thread and two, after a stop, and over a network: %s", async (_, federation) => {
    const experiment = apart(federation);
    const { modelHash } = await simulate(experiment, { threads: 1 });
    expect((await simulate(experiment, { threads: 2 })).modelHash).toBe(modelHash);
    expect(await resumedHash({ ...experiment, federation: { ...experiment.federation, rounds: 4 } })).toBe(
      (await simulateHere({ ...experiment, federation: { ...experiment.federation, rounds: 4 } })).modelHash,
    );
    expect(await overNetwork(experiment)).toMatchObject({ modelHash });
  });

  test("MimeLite's momentum is of the draw its local steps see: one full step is one machine's momentum", async () => {
    const local =
      "{ optimizer: { kind: sgd, learningRate: 0.5 }, drift: { momentum: 0.8 }, epochs: 1, batchSize: full }";
    const mime = apart(`{ strategy: mimelite, rounds: 4, local: ${local} }`);
    const machine = apart(
      "{ strategy: fedsgd, rounds: 4, serverOptimizer: { kind: sgd, learningRate: 0.1, momentum: 0.8 } }",
    ); // v ← βv + g, so 0.5·(1 − β)
    expect(distance(await trajectory(machine), await trajectory(mime))).toBeLessThan(1e-12);
  });

  test("draws anew each round: what is drawn once gives another model, and both the same one twice", async () => {
    const models = [apart(exact), apart(exact), apart(exact, "once"), apart(exact, "once")];
    const [fresh, again, once, onceAgain] = await Promise.all(models.map((one) => simulateHere(one)));
    expect([again!.modelHash, onceAgain!.modelHash]).toEqual([fresh!.modelHash, once!.modelHash]);
    expect(fresh!.modelHash).not.toBe(once!.modelHash);
  });

  test("is refused at decoding, with every thing that does not fit", () => {
    const data =
      "{ features: { index: { item: 20 } }, views: { other: { item: it } }, targets: { y: { column: y } }, negatives: { view: others, feature: thing, per: y } }";
    const text = [
      "tributary: 1",
      "name: films",
      `data: ${data}`,
      "model: { trunk: { kind: embedding, tables: { item: 3 } }, heads: { score: 1 } }",
      sections.objectives.replace("{", "objectives: {"),
      `federation: ${sections.federation}`,
      "simulation: { data: a.csv, partition: { kind: iid, clients: 2 }, test: b.csv }",
    ].join("\n");
    let said = "";
    try {
      decodeExperiment("films.yaml", text);
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain('data.negatives.view: names the view "others"');
    expect(said).toContain('data.negatives.feature: names the index feature "thing"');
    expect(said).toContain("data.negatives.per: needs a target with group: true");
    expect(said).toContain("simulation.test: has rows of which data.negatives does not know");
  });
});
