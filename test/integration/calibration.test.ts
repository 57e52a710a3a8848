/** Temperature after training, kept with the model and used by it; and what reports say of exactness. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadModel, type TrainedModel } from "../../shared/experiment/trained-model.ts";
import { Random } from "../../shared/random.ts";
import { dealt, drawRows, freshDirectory, scene, simulateHere } from "../support/scene.ts";

const rows = drawRows(300, Random.seeded(17));
/** Trained on few rows without restraint: too sure of itself on the others. */
const overconfident = (sections: Readonly<Record<string, string>> = {}) =>
  scene(dealt(rows, 3), {
    data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } }, split: { test: 0.8 } }",
    model: "{ trunk: { kind: mlp, units: [8] }, heads: { y: 1 } }",
    federation: "{ mode: gradient, rounds: 60, serverOptimizer: { kind: adam, learningRate: 0.1 } }",
    evaluation: "{ everyRounds: 60, calibrate: { y: test } }",
    ...sections,
  });

describe("temperature", () => {
  test("is found after training, kept in the model file, and divides the logits in use", async () => {
    const out = freshDirectory();
    const { calibration, objectives } = await simulateHere(overconfident(), { out });
    const { temperature, on } = calibration!["y"]!;
    expect(on).toBe("test");
    expect(temperature).toBeGreaterThan(1.2);
    const { weight, confidence, correct } = objectives["y"]!.test!.details!["ece"]!;
    expect(weight!.reduce<number>((sum, count) => sum + count!, 0)).toBe(objectives["y"]!.test!.examples);
    const gap = weight!.reduce<number>((sum, _, b) => sum + Math.abs(confidence![b]! - correct![b]!), 0);
    expect(gap / objectives["y"]!.test!.examples).toBeCloseTo(objectives["y"]!.test!.metrics["ece"]!, 12);

    const plain = freshDirectory();
    await simulateHere(overconfident({ evaluation: "{ everyRounds: 60 }" }), { out: plain });
    const [cooled, hot] = [await loadModel(out), await loadModel(join(plain, "model.safetensors"))];
    const asked = rows.slice(0, 20).map(([x1, x2]) => ({ x1, x2 }));
    const logit = (p: number): number => Math.log(p / (1 - p));
    const sure = (model: TrainedModel): number[] => model.predict(asked).map((row) => row!["y"]!.probabilities!["1"]!);
    const before = sure(hot);
    for (const [i, p] of sure(cooled).entries())
      if (before[i]! > 1e-4 && before[i]! < 1 - 1e-4) expect(logit(p)).toBeCloseTo(logit(before[i]!) / temperature, 6);
  });

  test.each([
    ["an unknown objective", "{ calibrate: { z: test } }", {}, /objective "z"/],
    ["rows that are not evaluated", "{ parts: [train], calibrate: { y: test } }", {}, /evaluation.parts leaves out/],
    [
      "a score that is no logit",
      "{ calibrate: { y: test } }",
      { objectives: "{ y: { head: y, target: y, loss: hinge } }" },
      /expected a loss on logits/,
    ],
  ])("%s is refused", (_, evaluation, sections, words) => {
    expect(() => overconfident({ evaluation, ...sections })).toThrow(words);
  });
});

describe("a report says of each objective whether its result is that of one machine", () => {
  const said = async (sections: Readonly<Record<string, string>>) =>
    (await simulateHere(scene(dealt(rows.slice(0, 30), 2), sections))).exactness["y"]!;
  const update = (more: string): string =>
    `{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.1 }, ${more} } }`;
  const dice = "{ y: { head: y, target: y, loss: { kind: dice, activation: sigmoid } } }";

  test.each<readonly [what: string, sections: Readonly<Record<string, string>>, because: readonly RegExp[]]>([
    ["gradient mode", {}, []],
    ["one local step on everything", { federation: update("epochs: 1") }, []],
    ["local steps", { federation: update("epochs: 2, batchSize: 4") }, [/local steps/]],
    [
      "frozen multipliers",
      { federation: update("steps: 3, batchSize: 4"), objectives: dice },
      [/local steps/, /frozen/],
    ],
    [
      "client-local multipliers",
      {
        federation: update("steps: 3, batchSize: 4").replace("rounds: 1", "rounds: 1, multipliers: client-local"),
        objectives: dice,
      },
      [/local steps/, /client-local/],
    ],
    [
      "16-bit transport",
      {
        federation:
          "{ mode: gradient, rounds: 1, transport: bfloat16, serverOptimizer: { kind: sgd, learningRate: 0.1 } }",
        precision: "float32",
      },
      [/bfloat16/],
    ],
    [
      "clipped updates and drawn batches",
      {
        federation:
          "{ mode: gradient, rounds: 1, batch: 8, clip: { perClient: 1 }, serverOptimizer: { kind: sgd, learningRate: 0.1 } }",
      },
      [/batches are drawn/, /update is clipped/],
    ],
  ])("%s", async (_, sections, because) => {
    const found = await said(sections);
    expect(found.exact).toBe(because.length === 0);
    expect(found.because).toHaveLength(because.length);
    for (const [i, words] of because.entries()) expect(found.because[i]).toMatch(words);
  });
});
