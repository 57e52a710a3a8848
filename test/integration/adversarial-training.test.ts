/** Adversarial training, end to end: the attack is in the program, and clients train on what it shows. */
import { describe, expect, test } from "vitest";
import { Random } from "../../shared/random.ts";
import { dealt, distance, drawRows, scene, simulateHere, trajectory, type Rows } from "../support/scene.ts";

const rows = drawRows(60, Random.seeded(11));
const objective = (adversarial: string, loss = "bce-with-logits"): string =>
  `{ y: { head: y, target: y, loss: ${loss}, adversarial: ${adversarial} } }`;

/** Gradient descent on the mean of sp(−(s·f(x) − ε‖w‖₁)), the worst case of a linear model in closed form. */
function worstCaseDescent(data: Rows, epsilon: number, rate: number, rounds: number): Float64Array[] {
  let [w1, w2, b] = [0, 0, 0];
  return Array.from({ length: rounds }, () => {
    const slope = [0, 0, 0];
    for (const [x1, x2, y] of data as readonly (readonly [number, number, number])[]) {
      const s = 2 * y - 1;
      const margin = s * (w1 * x1 + w2 * x2 + b) - epsilon * (Math.abs(w1) + Math.abs(w2));
      const pull = -1 / (1 + Math.exp(margin)) / data.length;
      slope[0]! += pull * (s * x1 - epsilon * Math.sign(w1));
      slope[1]! += pull * (s * x2 - epsilon * Math.sign(w2));
      slope[2]! += pull * s;
    }
    [w1, w2, b] = [w1 - rate * slope[0]!, w2 - rate * slope[1]!, b - rate * slope[2]!];
    return Float64Array.of(w1, w2, b);
  });
}

describe("a linear model", () => {
  test.each(["{ method: fgsm, epsilon: 0.2 }", "{ method: pgd, epsilon: 0.2, start: clean, steps: 4 }"])(
    "descends its worst case under %s, over any sharding",
    async (adversarial) => {
      const wanted = worstCaseDescent(rows, 0.2, 0.5, 5);
      for (const clients of [{ all: rows }, { ...dealt(rows, 3), empty: [] }]) {
        const seen = await trajectory(scene(clients, { objectives: objective(adversarial) }));
        expect(distance(wanted, seen)).toBeLessThanOrEqual(1e-12);
      }
    },
  );

  test("leaves alone what separates best and can be faked, once it is attacked", async () => {
    const random = Random.seeded(4);
    const fragile = Array.from({ length: 200 }, (_, i) => {
      const s = i % 2 === 0 ? 1 : -1;
      return [s + 0.7 * random.normal(), 0.1 * s + 0.01 * random.normal(), s > 0 ? 1 : 0];
    });
    const federation = "{ mode: gradient, rounds: 150, serverOptimizer: { kind: adam, learningRate: 1 } }";
    const trained = async (objectives: string): Promise<Float64Array> =>
      (await trajectory(scene(dealt(fragile, 2), { objectives, federation }))).at(-1)!;
    const plain = await trained("{ y: { head: y, target: y, loss: bce-with-logits } }");
    const robust = await trained(objective("{ method: pgd, epsilon: 0.2 }"));
    /** The share that is right when every feature is moved by 0.2 against it. */
    const right = ([w1, w2, b]: Float64Array): number =>
      fragile.filter(([x1, x2, y]) => {
        const s = 2 * y! - 1;
        return s * (w1! * x1! + w2! * x2! + b!) > 0.2 * (Math.abs(w1!) + Math.abs(w2!));
      }).length / fragile.length;
    expect(Math.abs(plain[1]! / plain[0]!)).toBeGreaterThan(2);
    expect(Math.abs(robust[1]! / robust[0]!)).toBeLessThan(0.2);
    expect(right(plain)).toBeLessThan(0.3);
    expect(right(robust)).toBeGreaterThan(0.75);
  });
});

describe("a network", () => {
  const model = "{ trunk: { kind: mlp, units: [5], dropout: 0.1 }, heads: { y: 1 } }";
  const federation =
    "{ mode: update, rounds: 3, local: { optimizer: { kind: sgd, learningRate: 0.2 }, epochs: 1, batchSize: 8 } }";

  test.each([
    "{ method: pgd, epsilon: 0.1, norm: '2', steps: 3 }",
    "{ method: trades, epsilon: 0.1, steps: 3, beta: 2 }",
  ])("trains under %s, twice to the same bits, and otherwise than without", async (adversarial) => {
    const run = async (objectives: string): Promise<Float64Array> =>
      (await trajectory(scene(dealt(rows, 3), { objectives, federation, model }))).at(-1)!;
    const [once, again] = [await run(objective(adversarial)), await run(objective(adversarial))];
    expect(once).toEqual(again);
    expect(once.every(Number.isFinite)).toBe(true);
    const plain = await run("{ y: { head: y, target: y, loss: bce-with-logits } }");
    expect(distance([once], [plain])).toBeGreaterThan(1e-6);
  });

  test("is evaluated on the rows as they are", async () => {
    const scores = async (objectives: string): Promise<unknown[]> => {
      const seen: unknown[] = [];
      const experiment = scene(
        { all: rows },
        {
          objectives,
          federation: "{ mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1e-300 } }",
          evaluation: "{ everyRounds: 1, metrics: { y: [log-loss] } }",
          model: "{ trunk: { kind: mlp, units: [5] }, heads: { y: 1 } }",
        },
      );
      await simulateHere(experiment, { onEvent: (event) => event.event === "evaluated" && seen.push(event.scores) });
      return seen;
    };
    const clean = await scores("{ y: { head: y, target: y, loss: bce-with-logits } }");
    expect(await scores(objective("{ method: trades, epsilon: 0.5, steps: 2 }"))).toEqual(clean);
    expect(clean.length).toBeGreaterThan(0);
  });
});

describe("refused", () => {
  test.each([
    [
      "{ method: trades, epsilon: 0.1 }",
      "hinge",
      "trades compares answers: expected softmax-cross-entropy or bce-with-logits",
    ],
    ["{ method: fgsm, epsilon: 0.1 }", "dice", "expected a loss of single rows, got dice"],
    ["{ method: trades, epsilon: 0.1, start: clean }", "bce-with-logits", "expected random for trades"],
    ["{ method: fgsm, epsilon: 0 }", "bce-with-logits", "epsilon"],
  ])("%s with %s", (adversarial, loss, says) => {
    expect(() => scene({ all: rows }, { objectives: objective(adversarial, loss) })).toThrow(says);
  });
});
