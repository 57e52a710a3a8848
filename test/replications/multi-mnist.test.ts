/**
 * Multi-MNIST with two heads on one trunk: the left and the right digit of a canvas, 10,000 pairs at two clients (in gradient mode
 * their number changes nothing) and 2,000 held out.
 *
 *     TRIBUTARY_MNIST=… TRIBUTARY_SWEEP=1 npx vitest run --config .ci/vitest.config.ts test/replications/multi-mnist.test.ts
 */
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { Random } from "../../shared/random.ts";
import { simulateHere } from "../support/scene.ts";
import { noDigits, pairsOf, readDigits, withDigits, writeDigits } from "./digits.ts";
import { mean, spread, sweep, writeTable } from "./tables.ts";

const rounds = 40;
const seeds = [1, 2];
const arms = [
  ["the left digit alone", "weights: { right: 0 }", "fixed"],
  ["the right digit alone", "weights: { left: 0 }", "fixed"],
  ["fixed, 1 : 1", "", "fixed"],
  ["fixed, 1 : 2", "weights: { right: 2 }", "fixed"],
  ["fixed, 2 : 1", "weights: { left: 2 }", "fixed"],
  ...["uncertainty", "dwa", "famo", "mgda", "pcgrad", "cagrad", "nash-mtl", "imtl-g", "aligned-mtl", "upgrad"].map(
    (method) => [method, "", method] as const,
  ),
] as const;

describe.skipIf(!sweep)(withDigits("Multi-MNIST"), () => {
  test.skipIf(noDigits)("two heads, one trunk", { timeout: 7_200_000 }, async () => {
    const train = writeDigits(pairsOf(readDigits("train", 60_000), 10_000, Random.seeded(1)));
    const held = writeDigits(pairsOf(readDigits("t10k", 10_000), 2_000, Random.seeded(2)));
    const source = (folder: string): string =>
      `{ image: ${folder}/image.idx, left: ${folder}/label-0.idx, right: ${folder}/label-1.idx }`;
    const table: string[][] = [];
    for (const [name, options, method] of arms) {
      const scores: { left: number; right: number }[] = [];
      for (const seed of seeds) {
        const text = `tributary: 1
name: multi-mnist
seed: ${String(seed)}
data: { format: idx, features: { image: { column: image, shape: [36, 36, 1], scale: 1/255 } },
  targets: { left: { column: left, classes: 10 }, right: { column: right, classes: 10 } } }
model: { trunk: { kind: mlp, units: [128, 64] }, heads: { left: 10, right: 10 } }
objectives:
  left: { head: left, target: left, loss: softmax-cross-entropy }
  right: { head: right, target: right, loss: softmax-cross-entropy }
weighting: { method: ${method}${options === "" ? "" : `, ${options}`} }
federation: { mode: gradient, rounds: ${String(rounds)}, batch: 240, serverOptimizer: { kind: adam, learningRate: 0.002 } }
evaluation: { everyRounds: ${String(rounds)}, parts: [test], metrics: { left: [accuracy], right: [accuracy] } }
simulation: { data: ${source(train)}, partition: { kind: iid, clients: 2 }, test: ${source(held)} }
`;
        const experiment = decodeExperiment("multi-mnist.yaml", text, { folder: train });
        const { metrics } = await simulateHere(experiment, { baseDirectory: train });
        scores.push({ left: metrics["left/test/accuracy"]!, right: metrics["right/test/accuracy"]! });
      }
      const [left, right] = [scores.map((one) => one.left), scores.map((one) => one.right)];
      const both = scores.map((one) => (one.left + one.right) / 2);
      table.push([name, spread(left), spread(right), spread(both)]);
      const note = table.length < arms.length ? `${String(table.length)} of ${String(arms.length)} were run.` : "";
      writeTable("multi-mnist", ["weighting", "left", "right", "mean of both"], table, note); // what an interrupted run has
      if (name === "fixed, 1 : 1") expect(mean(both)).toBeGreaterThan(0.6);
    }
  });
});
