/** Losses tuned by validation: the slope of their parameters in closed form, by finite differences, over any sharding, and in use. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { dealt, distance, scene, simulateHere, trajectory, type Rows } from "../support/scene.ts";
import { house } from "../support/tributary.ts";

const random = Random.seeded(12);
const absent = -999;
/** [x, y of a validation row, y of a training row], one of them absent; some training rows have targets far off. */
const rows: Rows = Array.from({ length: 60 }, (_, i) => {
  const x = random.normal();
  const y = 2 * x - 1 + 0.1 * random.normal();
  return i % 3 === 0 ? [x, y, absent] : [x, absent, i % 4 === 1 ? y + 15 : y];
});
const training = rows.flatMap(([x, , y]) => (y === absent ? [] : [[x!, y!] as const]));
const held = rows.flatMap(([x, y]) => (y === absent ? [] : [[x!, y!] as const]));

const data = `{ features: { numeric: [x1] }, targets: { fit: { column: y }, quality: { column: x2 } }, missing: { columns: { x2: [${absent}], y: [${absent}] }, targets: ignore } }`;
const objectives = (loss: string, tuned: string): string => `{
  fit: { head: y, target: fit, loss: ${loss}, tuned: ${tuned} },
  quality: { head: y, target: quality, loss: { kind: mse, half: true }, weight: 0 } }`;
const federation = (rounds: number, rate = 0.2): string =>
  `{ mode: gradient, rounds: ${rounds}, serverOptimizer: { kind: sgd, learningRate: ${rate} } }`;
const tuningScene = (
  clients: Readonly<Record<string, Rows>>,
  loss: string,
  rounds = 1,
  tuned = "{ on: quality, rows: targets, rate: 3 }",
) => scene(clients, { data, objectives: objectives(loss, tuned), federation: federation(rounds) });

/** V(θ′(φ)) of a line that ρ(e, φ) fits in one round from 0, by plain loops. */
function validationAfter(
  slopeOf: (error: number, parameters: readonly number[]) => number,
  parameters: readonly number[],
): number {
  let [w, b] = [0, 0];
  for (const [x, y] of training) {
    const slope = slopeOf(0 - y, parameters) / training.length;
    w -= 0.2 * slope * x;
    b -= 0.2 * slope;
  }
  return held.reduce((sum, [x, y]) => sum + 0.5 * (w * x + b - y) ** 2, 0) / held.length;
}

/** θ and φ after one round. */
const afterOne = async (experiment: Experiment): Promise<number[]> => [...(await trajectory(experiment)).at(-1)!];

describe("the slope of a loss's parameters", () => {
  test("of φ·½e² is −η·⟨∇V(θ′), ∇½e²⟩, as worked out by hand", async () => {
    const own = `{ kind: module, path: ${resolve(house, "test/support/losses/scaled.ts")}, options: { factor: 0.7 } }`;
    const after = await afterOne(tuningScene({ a: rows.slice(0, 25), b: rows.slice(25) }, own));
    const mean = (of: (x: number, y: number) => number, some: typeof held): number =>
      some.reduce((sum, [x, y]) => sum + of(x, y), 0) / some.length;
    const g = [mean((x, y) => -y * x, training), mean((_, y) => -y, training)]; // ∇ of ½e² at θ = 0
    const [w, b] = g.map((slope) => -0.2 * 0.7 * slope) as [number, number];
    const v = [mean((x, y) => (w * x + b - y) * x, held), mean((x, y) => w * x + b - y, held)];
    const factor = 0.7 - 0.2 * 3 * -0.2 * (v[0]! * g[0]! + v[1]! * g[1]!);
    expect(after).toEqual([expect.closeTo(w, 12), expect.closeTo(b, 12), expect.closeTo(factor, 11)]);
  });

  test("of Barron's α and c is that of central differences of V(θ′)", async () => {
    const slopeOf = (e: number, [alphaLogit, logC]: readonly number[]): number => {
      const alpha = 0.001 + 1.998 / (1 + Math.exp(-alphaLogit!));
      const q = (e / Math.exp(logC!)) ** 2;
      return e * (q / (2 - alpha) + 1) ** (alpha / 2 - 1);
    };
    const first = [Math.log((1 - 0.001) / (1.999 - 1)), Math.log(2)];
    const after = await afterOne(tuningScene(dealt(rows, 3), "{ kind: tuned-barron, alpha: 1, c: 2 }"));
    for (const i of [0, 1]) {
      const at = (step: number): number =>
        validationAfter(
          slopeOf,
          first.map((value, j) => (i === j ? value + step : value)),
        );
      const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
      expect(Math.abs(slope)).toBeGreaterThan(1e-3);
      expect((first[i]! - after[2 + i]!) / (0.2 * 3)).toBeCloseTo(slope, 7);
    }
  });

  test.each(["tuned-barron", "network-loss"])(
    "of %s takes the way of one machine over 2, 3 and 7 clients, in any order",
    async (kind) => {
      const one = await trajectory(tuningScene({ a: rows }, kind, 4));
      for (const clients of [2, 3, 7]) {
        const several = await trajectory(tuningScene(dealt(rows, clients), kind, 4), { order: Random.seeded(clients) });
        expect(distance(one, several)).toBeLessThanOrEqual(1e-12);
      }
    },
  );

  test("is of the survivors where one leaves on the way: the round begins again", async () => {
    const experiment = tuningScene(dealt(rows, 3), "tuned-barron", 2);
    const { c2: _, ...left } = dealt(rows, 3);
    const clients = { ...experiment.federation.clients, quorum: 2 };
    const seen = await trajectory(
      { ...experiment, federation: { ...experiment.federation, clients } },
      { leave: (client, task) => client === "c2" && task.kind === "gradient" && task.along !== undefined },
    );
    expect(distance(await trajectory(tuningScene(left, "tuned-barron", 2)), seen)).toBeLessThanOrEqual(1e-12);
  });
});

describe("tuning in use", () => {
  const clean = "{ on: quality, rows: targets, rate: 20 }";
  const lossAfter = async (loss: string, tuned: string): Promise<number> => {
    const experiment = scene(dealt(rows, 3), {
      data,
      objectives: tuned === "" ? objectives(loss, "X").replace(", tuned: X", "") : objectives(loss, tuned),
      federation: federation(100, 0.3),
      evaluation: "{ everyRounds: 100 }",
    });
    const { objectives: scores } = await simulateHere(experiment);
    return scores["quality"]!.train!.loss!;
  };

  test("Barron's α and c find, from clean validation rows, how little outliers may count", async () => {
    const plain = await lossAfter("{ kind: mse, half: true }", "");
    const tuned = await lossAfter("tuned-barron", clean);
    expect(tuned).toBeLessThan(0.2 * plain);
  });

  test("a network as loss begins as mse, and does better for its validation rows than mse does", async () => {
    const plain = await lossAfter("{ kind: mse, half: true }", "");
    expect(await lossAfter("network-loss", "{ on: quality, rows: targets, rate: 2 }")).toBeLessThan(0.9 * plain);
  });

  test("ε of Poly-1 moves from 0 on rows that are held back by share, the same ones for the same seed", async () => {
    const labelled = Array.from({ length: 60 }, (_, i) => [random.normal() + (i % 2), random.normal(), i % 2]);
    const experiment = scene(dealt(labelled, 3), {
      data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, classes: [0, 1] } } }",
      model: "{ heads: { y: 2 } }",
      objectives: `{ y: { head: y, target: y, loss: tuned-poly1-cross-entropy, tuned: { on: quality, rows: 0.25, innerRate: 0.5 } },
        quality: { head: y, target: y, loss: softmax-cross-entropy, weight: 0 } }`,
      federation: "{ mode: gradient, rounds: 8, batch: 20, serverOptimizer: { kind: adam, learningRate: 0.05 } }",
    });
    const [first, second] = [await trajectory(experiment), await trajectory(experiment)];
    expect(first).toEqual(second);
    expect(Math.abs(first.at(-1)!.at(-1)!)).toBeGreaterThan(0.05);
  });
});

describe("what cannot be tuned is refused with what to do", () => {
  const refused = (sections: Readonly<Record<string, string>>) => () =>
    scene(dealt(rows, 2), { data, federation: federation(1), ...sections });
  test.each([
    [
      "a loss that must be tuned and is not",
      { objectives: "{ fit: { head: y, target: fit, loss: tuned-barron } }" },
      /fit: needs tuned: \{ on: … \}/,
    ],
    ["a loss without parameters", { objectives: objectives("mse", "{ on: quality }") }, /mse has none/],
    [
      "an unknown judge",
      { objectives: objectives("tuned-barron", "{ on: qualty }") },
      /qualty.*did you mean "quality"/s,
    ],
    [
      "a judge that trains",
      { objectives: objectives("tuned-barron", "{ on: quality }").replace(", weight: 0", "") },
      /quality.weight: must be 0/,
    ],
    [
      "local steps",
      {
        objectives: objectives("tuned-barron", "{ on: quality }"),
        federation: "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.1 }, steps: 1 } }",
      },
      /needs federation.mode gradient/,
    ],
    [
      "a step without one rate",
      {
        objectives: objectives("tuned-barron", "{ on: quality }"),
        federation: "{ mode: gradient, rounds: 1, serverOptimizer: { kind: adam, learningRate: 0.1 } }",
      },
      /innerRate: is needed: a step of adam/,
    ],
  ])("%s", (_, sections, words) => {
    expect(refused(sections)).toThrow(words);
  });
});
