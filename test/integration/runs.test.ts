/** Runs that go wrong, stop early, or have strange clients: each a clear error or the right result. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import { Random } from "../../shared/random.ts";
import { checkpointsOf, dealt, drawRows, freshDirectory, scene, simulateHere } from "../support/scene.ts";

const rows = drawRows(60, Random.seeded(3));
const update = (rest: string): string => `{ mode: update, rounds: 6, ${rest} }`;
const local = "local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 1, batchSize: 8 }";

describe("a diverging run", () => {
  const regression = (learningRate: string, precision: string): ReturnType<typeof scene> =>
    scene(dealt(rows, 3), {
      precision,
      data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y } } }",
      objectives: "{ y: { head: y, target: y, loss: mse } }",
      federation: `{ mode: update, rounds: 100, local: { optimizer: { kind: sgd, learningRate: ${learningRate} }, epochs: 1, batchSize: 8 } }`,
      checkpoint: "{ everyRounds: 1, keep: 2 }",
    });

  test.each(["float32", "float64"])(
    "stops with a clear reason and the last good checkpoint, in %s",
    async (precision) => {
      const out = freshDirectory();
      const result = await simulateHere(regression("50", precision), { out });
      expect(result.stopReason).toBe("diverged");
      expect(result.explanation).toMatch(
        /^Round \d+ diverged: the (loss or the update of c0.*|train(ing)? loss of y) is (not a finite number|.* began with .*); try a smaller learning rate$/,
      );
      const last = checkpointsOf(out).at(-1)!;
      expect(last.model.version).toBe(result.rounds);
      expect(last.model.parameters.every(Number.isFinite)).toBe(true);
      expect(existsSync(join(out, "model.safetensors"))).toBe(true);
    },
  );

  test.each([1e6, 100])(
    "stops once a loss is beyond its bound, though it is still finite (divergence %d)",
    async (divergence) => {
      const slow = { ...regression("1.4", "float64"), stop: { minImprovement: 0, divergence } };
      const events: RunEvent[] = [];
      const result = await simulateHere(slow, { onEvent: (event) => events.push(event) });
      expect(result.stopReason).toBe("diverged");
      expect(result.explanation).toMatch(
        /^Round \d+ diverged: the (training|train) loss of y is .*, more than \d+ times what it began with \(.*\); try a smaller learning rate$/,
      );
      const first = events.find((event) => event.event === "round")!.losses["y"]!;
      expect(result.metrics["y/train/loss"]!).toBeLessThanOrEqual(divergence * Math.max(1, first));
    },
  );

  test("that diverges at once keeps the model it began with", async () => {
    const result = await simulateHere(regression("1e300", "float64"));
    expect(result).toMatchObject({ stopReason: "diverged", rounds: 0 });
  });
});

describe("strange clients", () => {
  test("a client with one class only takes part", async () => {
    const single = {
      mixed: rows,
      positive: rows.filter(([, , y]) => y === 1),
      negative: rows.filter(([, , y]) => y === 0),
    };
    const result = await simulateHere(
      scene(single, { federation: update(local), evaluation: "{ metrics: { y: [accuracy, auc] } }" }),
    );
    const aucs = result.clients.map(({ scores }) => scores["y"]?.train?.metrics["auc"]);
    expect(result.metrics["y/train/auc"]).toBeGreaterThan(0.8);
    expect(aucs).toEqual([expect.any(Number), null, null]); // sorted by name: mixed, negative, positive
  });

  test("when nobody has a row the model stays, and no score exists", async () => {
    const result = await simulateHere(scene({ a: [], b: [] }, { federation: update(local) }));
    expect(result).toMatchObject({ stopReason: "rounds", rounds: 6, metrics: {} });
  });

  test("an objective counts only at the clients it is declared for", async () => {
    const [mine, other] = [rows.slice(0, 30), rows.slice(30)];
    const only = scene(
      { a: mine, b: other },
      { objectives: "{ y: { head: y, target: y, loss: bce-with-logits, clients: { only: [a] } } }" },
    );
    const alone = scene({ a: mine }, {});
    expect((await simulateHere(only)).modelHash).toBe((await simulateHere(alone)).modelHash);
  });

  test("more clients than rows are refused with both numbers, or take part without rows, as declared", async () => {
    const experiment = scene({ a: rows.slice(0, 4) }, {});
    const { a } = experiment.simulation!.clients as Record<string, string>;
    const cut = {
      ...experiment,
      simulation: { emptyClients: "refuse" as const, data: a!, partition: { kind: "iid" as const, clients: 5 } },
    };
    await expect(simulateHere(cut)).rejects.toThrow(
      "Expected at least one row for each client, got 5 clients and 4 rows",
    );
  });
});

test("the problems of all clients' files are told at once", async () => {
  const experiment = scene({ good: rows, wrong: [[1, NaN, 0]] }, {});
  const { good, wrong } = experiment.simulation!.clients as Record<string, string>;
  const broken = { good: good!, missing: "/nowhere.csv", wrong: wrong! };
  await expect(
    simulateHere({ ...experiment, simulation: { ...experiment.simulation!, clients: broken } }),
  ).rejects.toThrow(
    /^No file \/nowhere.csv, wanted by client missing\n.*wrong.csv:2, column "x2": expected a finite number, got NaN[^\n]*$/,
  );
});

describe("clients that leave", () => {
  test("below the quorum the run fails, and says who left; or it draws again, as declared", async () => {
    const clients = (rest: string): string => update(`clients: { quorum: all${rest} }, ${local}`);
    const leave = (client: string): boolean => client === "c1";
    const failing = scene(dealt(rows, 3), { federation: clients("") });
    await expect(
      simulateHere(failing, {}, { leave: (client, task) => task.kind === "train" && leave(client) }),
    ).rejects.toMatchObject({
      code: "quorum-not-reached",
      message:
        "Round 1 was abandoned, quorum not reached (c1: gone); federation.clients.belowQuorum: retry would draw it again",
    });
    let refusals = 2;
    const events: RunEvent[] = [];
    const retried = await simulateHere(
      scene(dealt(rows, 3), { federation: clients(", belowQuorum: retry") }),
      { onEvent: (event) => events.push(event) },
      { leave: (client, task) => task.kind === "train" && leave(client) && refusals-- > 0 },
    );
    expect(retried.stopReason).toBe("rounds");
    expect(events.filter(({ event }) => event === "abandoned")).toEqual([
      { event: "abandoned", round: 1, attempt: 0, reason: "quorum not reached" },
      { event: "abandoned", round: 1, attempt: 1, reason: "quorum not reached" },
    ]);
  });

  test("above the quorum the round goes on without them", async () => {
    const federation = update(`clients: { quorum: 2 }, ${local}`);
    const events: RunEvent[] = [];
    await simulateHere(
      scene(dealt(rows, 3), { federation }),
      { onEvent: (event) => events.push(event) },
      { leave: (client, task) => task.kind === "train" && client === "c1" },
    );
    expect(events.flatMap((event) => (event.event === "round" ? [event.clients] : []))).toEqual([2, 2, 2, 2, 2, 2]);
  });
});

describe("standardization", () => {
  const shifted = rows.map(([x1, x2, y]) => [1000 + 50 * x1!, x2!, y!]);
  const data = (scope: string): string =>
    `{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } }, standardize: ${scope} }`;

  test("global is that of all rows together, so sharding changes nothing", async () => {
    const federation = "{ mode: gradient, rounds: 5, serverOptimizer: { kind: sgd, learningRate: 0.5 } }";
    const run = async (clients: number): Promise<number> => {
      const { metrics } = await simulateHere(scene(dealt(shifted, clients), { data: data("global"), federation }));
      return metrics["y/train/loss"]!;
    };
    const one = await run(1);
    for (const clients of [2, 3, 7]) expect(Math.abs((await run(clients)) - one)).toBeLessThan(1e-13);
  });

  test("per client is each one's own", async () => {
    const own = await simulateHere(scene({ a: shifted, b: rows }, { data: data("per-client") }));
    const apart = await simulateHere(scene({ a: rows, b: rows }, { data: data("per-client") }));
    expect(Math.abs(own.metrics["y/train/loss"]! - apart.metrics["y/train/loss"]!)).toBeLessThan(1e-12);
  });
});

describe("the classes of all clients", () => {
  const counted = async (clients: Parameters<typeof scene>[0], data?: string): Promise<RunEvent | undefined> => {
    const seen: RunEvent[] = [];
    await simulateHere(scene(clients, data === undefined ? {} : { data }), { onEvent: (event) => seen.push(event) });
    return seen.find(({ event }) => event === "prepared");
  };
  const positives = rows.filter(([, , y]) => y === 1).length;
  const summary = { count: rows.length, missing: 0, classes: [rows.length - positives, positives] };

  test.each([1, 2, 3, 7])("are counted before the first round, the same over %i clients", async (clients) => {
    expect(await counted(dealt(rows, clients))).toEqual({ event: "prepared", targets: { y: summary } });
  });

  test("are counted where a client has none of one class, and each standardizes its own", async () => {
    const apart = { ones: rows.filter(([, , y]) => y === 1), zeros: rows.filter(([, , y]) => y === 0) };
    const data =
      "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } }, standardize: per-client }";
    expect(await counted(apart, data)).toEqual({ event: "prepared", targets: { y: summary } });
  });

  test("are not asked for where the target is a number", async () => {
    const data = "{ features: { numeric: [x1, x2] }, targets: { y: { column: y } } }";
    const seen: RunEvent[] = [];
    const objectives = "{ y: { head: y, target: y, loss: mse } }";
    await simulateHere(scene(dealt(rows, 2), { data, objectives }), { onEvent: (event) => seen.push(event) });
    expect(seen.find(({ event }) => event === "prepared")).toEqual({ event: "prepared", targets: {} });
  });
});

describe("a run directory", () => {
  test("holds the experiment, the events, the model and the summary", async () => {
    const out = freshDirectory();
    const seen: RunEvent[] = [];
    const result = await simulateHere(scene(dealt(rows, 3), { stop: "{ watch: y/train/loss, patience: 3 }" }), {
      out,
      source: "as written",
      onEvent: (event) => seen.push(event),
    });
    const read = (name: string): string => readFileSync(join(out, name), "utf8");
    const events = read("events.ndjson")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RunEvent);
    expect(read("experiment.yaml")).toBe("as written");
    expect(events).toEqual(JSON.parse(JSON.stringify(seen)));
    expect(events.map(({ event }) => event)).toEqual([
      "started",
      "prepared",
      ...Array.from({ length: 5 }, () => ["round", "evaluated"]).flat(),
      "checkpoint",
      "finished",
    ]);
    expect(JSON.parse(read("summary.json"))).toEqual(JSON.parse(JSON.stringify(result)));
    for (const name of ["model.safetensors", "best.safetensors"]) expect(existsSync(join(out, name))).toBe(true);
  });

  test("cannot be resumed where there is none", async () => {
    await expect(simulateHere(scene(dealt(rows, 2)), { out: freshDirectory(), resume: true })).rejects.toMatchObject({
      code: "corrupt-run",
    });
    await expect(simulateHere(scene(dealt(rows, 2)), { resume: true })).rejects.toMatchObject({
      code: "invalid-option",
    });
  });
});

test("a run stops when its target is reached", async () => {
  const result = await simulateHere(scene(dealt(rows, 3), { stop: "{ watch: y/train/loss, target: 0.6 }" }));
  expect(result.stopReason).toBe("target");
  expect(result.rounds).toBeLessThan(5);
});
