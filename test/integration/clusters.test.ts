/** Clients of several kinds: each finds its own among several models, and what holds of one model holds of each. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import type { RunResult } from "../../server/run/result.ts";
import { simulateOver } from "../../server/simulation/simulate.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { loadModel } from "../../shared/experiment/trained-model.ts";
import { Random } from "../../shared/random.ts";
import { overNetwork } from "../support/network.ts";
import { remoteFleet } from "../support/remote-fleet.ts";
import {
  checkpointsOf,
  distance,
  drawRows,
  freshDirectory,
  scene,
  simulateHere,
  trajectory,
  type Rows,
} from "../support/scene.ts";

const local = "local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 2, batchSize: 8 }";
const apart = "{ heads: { y: 1 }, initial: { kind: glorot-uniform } }";

/** Six clients: of the first three y goes with x1 + x2, of the others against it. */
function opposites(): Record<string, Rows> {
  const random = Random.seeded(3);
  return Object.fromEntries(
    [30, 40, 50, 30, 40, 50].map((count, k) => [
      `${k < 3 ? "with" : "against"}-${String(k)}`,
      drawRows(count, random).map(([x1, x2, y]) => [x1!, x2!, k < 3 ? y! : 1 - y!]),
    ]),
  );
}

const kinds = (federation: string, more: Readonly<Record<string, string>> = {}): Experiment =>
  scene(opposites(), {
    federation: `{ ${federation}, ${local} }`,
    model: apart,
    data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } }, split: { test: 0.3 } }",
    evaluation: "{ metrics: { y: [accuracy] }, parts: [train, test], everyRounds: 5 }",
    ...more,
  });
const ifca = (more = "", rounds = 10): Experiment => kinds(`strategy: ifca, rounds: ${String(rounds)}${more}`);

const accuracy = ({ objectives }: RunResult): number => objectives["y"]!.test!.metrics["accuracy"]!;
const hashes = (result: RunResult | undefined): readonly string[] =>
  result!.clusters!.map(({ modelHash }) => modelHash);

describe("two populations of opposite rules", () => {
  test("have no model in common, and find one each", async () => {
    const events: RunEvent[] = [];
    const out = freshDirectory();
    const one = await simulateHere(kinds("strategy: fedavg, rounds: 10"));
    const two = await simulateHere(ifca(), { out, onEvent: (event) => void events.push(event) });
    expect(accuracy(one)).toBeLessThan(0.6);
    expect(accuracy(two)).toBeGreaterThan(0.7);
    const sides = two.clusters!.map(({ clients }) => clients);
    expect([...sides].sort()).toEqual([
      ["against-3", "against-4", "against-5"],
      ["with-0", "with-1", "with-2"],
    ]);
    for (const { client, cluster } of two.clients) expect(sides[cluster! - 1]).toContain(client);
    const rounds = events.filter((event) => event.event === "round");
    expect(rounds).toHaveLength(10);
    expect(rounds.at(-1)!.clusters).toEqual({ sizes: [3, 3], moved: 0 });
    expect(events.filter((event) => event.event === "evaluated").at(-1)!.clusters).toEqual([3, 3]);
    const files = await Promise.all(two.clusters!.map(({ file }) => loadModel(join(out, file))));
    const answers = files.map((model) => model.predict([{ x1: 2, x2: 2 }])[0]!["y"]!.value);
    expect(new Set(answers).size).toBe(2);
    expect(hashes(two)).toContain(two.modelHash);
    expect(Object.values(checkpointsOf(out).at(-1)!.clusters!.seats)).toHaveLength(6);
  });

  test("are found from a part of them each round, and those never asked are seated all the same", async () => {
    const few = await simulateHere(ifca(", clients: { select: { count: 2 } }", 3));
    expect(few.clusters!.flatMap(({ clients }) => clients)).toHaveLength(6);
    expect(few.clients.every(({ cluster }) => cluster === 1 || cluster === 2)).toBe(true);
  });
});

describe("identities", () => {
  test("one cluster is federated averaging, bit for bit", async () => {
    const plain = await trajectory(kinds("strategy: fedavg, rounds: 3"));
    expect(await trajectory(ifca(", clustering: { clusters: 1 }", 3))).toEqual(plain);
  });

  test("of clusters that share everything each is federated averaging, but for rounding", async () => {
    const plain = await trajectory(kinds("strategy: fedavg, rounds: 3"));
    const out = freshDirectory();
    const shared = ifca(', clustering: { clusters: 3, shared: ["*"] }', 3);
    await simulateHere({ ...shared, checkpoint: { everyRounds: 1, keep: 9 } }, { out });
    const states = checkpointsOf(out).map(({ clusters }) => clusters!.models.map(({ parameters }) => parameters));
    for (const j of [0, 1, 2])
      expect(
        distance(
          plain,
          states.map((own) => own[j]!),
        ),
      ).toBeLessThan(1e-12);
  });

  test("a model that nobody trains stands still", async () => {
    const out = freshDirectory();
    const many = ifca(", clustering: { clusters: 9 }", 4);
    await simulateHere({ ...many, checkpoint: { everyRounds: 1, keep: 9 } }, { out });
    const states = checkpointsOf(out).map(({ clusters }) => clusters!);
    const chosen = new Set(states.flatMap(({ seats }) => Object.values(seats)));
    const idle = states[0]!.models.flatMap((_, j) => (chosen.has(j) ? [] : [j]));
    expect(idle.length).toBeGreaterThan(0);
    for (const j of idle) expect(states.at(-1)!.models[j]!.parameters).toEqual(states[0]!.models[j]!.parameters);
  });
});

describe("the same bits of every model", () => {
  const experiment = { ...ifca(", clients: { select: { count: 4 } }", 5), checkpoint: { everyRounds: 1, keep: 9 } };

  test("in any order of answers, over messages, over sockets, and after a stop", async () => {
    const expected = hashes(await simulateHere(experiment));
    expect(hashes(await simulateHere(experiment, {}, { order: Random.seeded(8) }))).toEqual(expected);
    expect(hashes(await simulateOver((clients) => remoteFleet(clients).fleet, experiment))).toEqual(expected);
    expect(hashes(await overNetwork(experiment))).toEqual(expected);
    const out = freshDirectory();
    const stop = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.event === "round" && event.round === 3) stop.abort();
    };
    await simulateHere(experiment, { out, signal: stop.signal, onEvent });
    expect(checkpointsOf(out).at(-1)!.model.version).toBeLessThan(5);
    expect(hashes(await simulateHere(experiment, { out, resume: true }))).toEqual(expected);
  });

  test("whoever leaves is left out of its cluster alone", async () => {
    const some = ifca(", clients: { quorum: 4 }", 3);
    const leave = (client: string, { kind }: { kind: string }): boolean => client === "with-1" && kind === "train";
    const [a, b] = [
      await simulateHere(some, {}, { leave }),
      await simulateHere(some, {}, { leave, order: Random.seeded(9) }),
    ];
    expect(hashes(a)).toEqual(hashes(b));
    const { clients } = some.simulation!;
    const without = Object.fromEntries(Object.entries(clients!).filter(([client]) => client !== "with-1"));
    const five = await simulateHere({ ...some, simulation: { ...some.simulation!, clients: without } });
    expect(hashes(a)).toEqual(hashes(five));
  });
});

test.each([
  ["models that begin at 0", "strategy: ifca, rounds: 3", { model: "{ heads: { y: 1 } , initial: { kind: zeros } }" }, /begin at 0 would be one for ever/], // prettier-ignore
  ["control variates", `strategy: ifca, rounds: 3, ${local.replace("epochs", "drift: { kind: scaffold }, epochs")}`, {}, /scaffold corrects towards one model/], // prettier-ignore
  ["a robust rule", "strategy: ifca, rounds: 3, aggregation: { rule: median }", {}, /median counts on so many clients/],
  [
    "rounds that wait for nobody",
    "strategy: ifca, rounds: 3, asynchrony: { kind: buffered }",
    {},
    /leave out asynchrony/,
  ],
  ["models of one's own", "strategy: ifca, rounds: 3, personal: { kind: ditto }", {}, /has its cluster's model/],
  [
    "a stop by the best",
    "strategy: ifca, rounds: 3",
    { stop: "{ watch: y/train/loss, patience: 3 }" },
    /leave out stop.watch/,
  ],
])("beside %s clusters are refused", (_name, federation, more, message) => {
  const lines = federation.includes("local:") ? federation : `${federation}, ${local}`;
  expect(() => scene(opposites(), { federation: `{ ${lines} }`, model: apart, ...more })).toThrow(message);
});

test("patterns of shared parameters that there are not are refused", async () => {
  const wrong = ifca(', clustering: { shared: ["body/*"] }', 3);
  await expect(simulateHere(wrong)).rejects.toThrow(/clustering.shared: expected some of heads\/y\/weight.*got body/);
});
