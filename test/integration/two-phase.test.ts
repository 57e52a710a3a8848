/** Objectives that are functions F of sums over all rows, end to end: reports of sums, multipliers back, exact gradients. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { encodeSafetensors } from "../../shared/tensor/safetensors.ts";
import {
  dealt,
  distance,
  drawRows,
  freshDirectory,
  scene,
  simulateHere,
  trajectory,
  type Rows,
} from "../support/scene.ts";

const rows = drawRows(60, Random.seeded(11));
const dice = "{ y: { head: y, target: y, loss: { kind: dice, activation: sigmoid } } }";
const model = "{ trunk: { kind: mlp, units: [4] }, heads: { y: 1 }, initial: { kind: glorot-uniform } }";
const gradientMode = (optimizer = "{ kind: adam, learningRate: 0.1 }", rest = ""): string =>
  `{ mode: gradient, rounds: 6${rest}, serverOptimizer: ${optimizer} }`;
const updateMode = (local: string, rest = ""): string =>
  `{ mode: update, rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.3 }, ${local} }${rest} }`;

describe("Dice over six rows, p = .9 .8 .3 .2 .6 .1 and y = 1 1 1 0 0 0", () => {
  // losses.md (a): .3220338983 for every sharding, gradient −.2240735421 where y = 1 and +.1149095088 where y = 0.
  const probabilities = [0.9, 0.8, 0.3, 0.2, 0.6, 0.1];
  const six: Rows = probabilities.map((_, id) => [id, id < 3 ? 1 : 0]);

  /** A model whose prediction for row i is its i-th parameter, which begins at pᵢ. */
  function sixParameters(clients: Readonly<Record<string, Rows>>): Experiment {
    const folder = mkdtempSync(join(tmpdir(), "tributary-"));
    const tensors = new Map([
      ["trunk/id/weight", { dtype: "float64" as const, shape: [6, 1], data: Float64Array.from(probabilities) }],
      ["heads/y/weight", { dtype: "float64" as const, shape: [1, 1], data: Float64Array.of(1) }],
    ]);
    writeFileSync(join(folder, "six.safetensors"), encodeSafetensors(tensors));
    const experiment = scene(Object.fromEntries(Object.keys(clients).map((client) => [client, []])), {
      data: "{ features: { index: { id: 6 } }, targets: { y: { column: y, above: 0.5 } } }",
      model: `{ trunk: { kind: embedding, tables: { id: 1 } }, heads: { y: { outputs: 1, bias: false } }, initial: { file: ${join(folder, "six.safetensors")} } }`,
      objectives: "{ y: { head: y, target: y, loss: dice } }",
      federation: "{ mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1 } }",
    });
    const files = experiment.simulation!.clients as Record<string, string>;
    for (const [client, own] of Object.entries(clients))
      writeFileSync(files[client]!, ["id,y", ...own.map((row) => row.join(","))].join("\n"));
    return experiment;
  }

  test.each([
    ["one machine", { all: six }],
    ["2 + 4", { a: six.slice(0, 2), b: six.slice(2) }],
    ["3 + 0 + 3", { a: six.slice(0, 3), b: [], c: six.slice(3) }],
    ["a row each", dealt(six, 6)],
  ])("%s gives the value and the gradient", async (_, clients) => {
    const experiment = sixParameters(clients);
    const losses: (number | null)[] = [];
    const out = freshDirectory();
    await simulateHere(experiment, {
      out,
      onEvent: (event) => event.event === "round" && losses.push(event.losses["y"]!),
    });
    expect(losses[0]).toBeCloseTo(0.3220338983, 10);
    const [after] = await trajectory(experiment);
    const gradient = probabilities.map((p, i) => p - after![i]!);
    for (const slope of gradient.slice(0, 3)) expect(slope).toBeCloseTo(-0.2240735421, 10);
    for (const slope of gradient.slice(3)) expect(slope).toBeCloseTo(0.1149095088, 10);
  });
});

describe("any sharding is one machine", () => {
  test.each([2, 3, 7])("for Dice in gradient mode, %i clients take the steps of one, to 1e-12", async (clients) => {
    const sections = { objectives: dice, federation: gradientMode(), model };
    const one = await trajectory(scene({ all: rows }, sections));
    const many = await trajectory(scene({ ...dealt(rows, clients), empty: [] }, sections));
    expect(one).toHaveLength(6);
    expect(distance(one, many)).toBeLessThanOrEqual(1e-12);
  });

  test("and for a global batch, drawn once for both phases", async () => {
    const sections = {
      objectives: dice,
      federation: gradientMode("{ kind: sgd, learningRate: 0.5 }", ", batch: 12"),
      model,
    };
    const one = await trajectory(scene({ all: rows }, sections));
    const two = await trajectory(scene({ a: rows.slice(0, 25), b: rows.slice(25) }, sections));
    expect(distance(one, two)).toBeLessThanOrEqual(1e-12);
  });

  test("one epoch on one full batch of each client is one step of gradient mode, with multipliers frozen", async () => {
    const gradient = gradientMode("{ kind: sgd, learningRate: 0.3 }").replace("rounds: 6", "rounds: 4");
    const exact = await trajectory(scene(dealt(rows, 3), { objectives: dice, federation: gradient, model }));
    const local = await trajectory(
      scene(dealt(rows, 3), { objectives: dice, federation: updateMode("epochs: 1"), model }),
    );
    expect(distance(exact, local)).toBeLessThanOrEqual(1e-12);
  });

  test("a loss of rows beside it is trained as if it were alone", async () => {
    const both = `{ y: { head: y, target: y, loss: { kind: dice, activation: sigmoid }, weight: 0.5 }, z: { head: z, target: y, loss: bce-with-logits } }`;
    const heads = "{ heads: { y: 1, z: 1 }, initial: { kind: zeros } }";
    const sgd = "{ kind: sgd, learningRate: 0.5 }";
    const alone = await trajectory(
      scene(dealt(rows, 3), {
        objectives: "{ z: { head: z, target: y, loss: bce-with-logits } }",
        model: heads.replace("y: 1, ", ""),
        federation: gradientMode(sgd),
      }),
    );
    const mixed = await trajectory(
      scene(dealt(rows, 3), { objectives: both, model: heads, federation: gradientMode(sgd) }),
    );
    const size = alone[0]!.length;
    expect(
      distance(
        alone,
        mixed.map((vector) => vector.subarray(size)),
      ),
    ).toBeLessThanOrEqual(1e-12);
  });
});

describe("who leaves between the phases", () => {
  test("is left out of both: the numbers are exactly those of the survivors", async () => {
    const federation = gradientMode("{ kind: sgd, learningRate: 0.5 }", ", clients: { quorum: 2 }");
    const clients = dealt(rows, 4);
    const survivors = Object.fromEntries(Object.entries(clients).filter(([client]) => client !== "c2"));
    const left = await trajectory(scene(clients, { objectives: dice, federation, model }), {
      leave: (client, task) => client === "c2" && task.kind === "gradient",
    });
    const never = await trajectory(scene(survivors, { objectives: dice, federation, model }));
    expect(left).toEqual(never);
  });
});

describe("the same bits", () => {
  test.each([
    ["gradient mode", gradientMode()],
    ["update mode, frozen", updateMode("epochs: 2, batchSize: 4")],
    ["update mode, client-local", updateMode("epochs: 2, batchSize: 8", ", multipliers: client-local")],
  ])("%s: for 1, 2 and 8 threads and any order, and after an interruption", async (_, federation) => {
    const experiment = scene(dealt(rows, 7), { objectives: dice, federation, model, precision: "float32" });
    const hashes = new Set<string>();
    for (const threads of [1, 2, 8]) hashes.add((await simulate(experiment, { threads })).modelHash);
    for (let seed = 0; seed < 5; seed++)
      hashes.add((await simulateHere(experiment, {}, { order: Random.seeded(seed) })).modelHash);
    const out = freshDirectory();
    const stop = new AbortController();
    const often = { ...experiment, checkpoint: { everyRounds: 1, keep: 2 } };
    await simulateHere(often, {
      out,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.event === "round" && event.round === 2) stop.abort();
      },
    });
    hashes.add((await simulateHere(often, { out, resume: true })).modelHash);
    expect([...hashes]).toHaveLength(1);
  });
});

describe("local steps learn", () => {
  test.each(["frozen", "client-local"])("with multipliers %s, Dice falls", async (multipliers) => {
    const federation = updateMode("epochs: 2, batchSize: 10", `, multipliers: ${multipliers}`).replace(
      "rounds: 4",
      "rounds: 20",
    );
    const losses: (number | null)[] = [];
    await simulateHere(scene(dealt(rows, 3), { objectives: dice, federation }), {
      onEvent: (event) => {
        if (event.event === "round") losses.push(event.losses["y"]!);
      },
    });
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
  });
});

describe("a function that is not estimable", () => {
  test("sits the round out: shown as nothing, and the other objective goes on", async () => {
    const none: Rows = rows.map(([x1, x2]) => [x1!, x2!, 0]);
    const objectives = `{ y: { head: y, target: y, loss: generalized-dice }, z: { head: z, target: y, loss: bce-with-logits } }`;
    const heads = "{ heads: { y: 1, z: 1 }, initial: { kind: zeros } }";
    const seen: Readonly<Record<string, number | null>>[] = [];
    const result = await simulateHere(scene(dealt(none, 3), { objectives, model: heads }), {
      onEvent: (event) => {
        if (event.event === "round") seen.push(event.losses);
      },
    });
    expect(result.stopReason).toBe("rounds");
    expect(seen.every(({ y, z }) => y === null && z !== null)).toBe(true);
    expect(result.objectives["y"]?.train?.loss).toBeNull();
  });
});
