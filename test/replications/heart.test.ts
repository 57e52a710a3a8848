/** Fed-Heart-Disease of FLamby (Ogier du Terrail et al., 2022): six strategies over twenty seeds, the mean over the hospitals' own tests. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { parseOverride } from "../../shared/experiment/override.ts";
import { simulateHere } from "../support/scene.ts";
import { deviation, mean, spread, sweep, writeTable } from "./tables.ts";

const epsilon = "epsilon: 1.0e-8";

/** Settings beside those of FedAvg, and what is published: mean ± deviation over five seeds. */
const strategies: readonly (readonly [name: string, published: number, spread: number, settings: readonly string[]])[] =
  [
    ["FedAvg", 0.685, 0.0253, []],
    ["FedProx", 0.685, 0.0253, ["federation.local.drift={ kind: proximal, mu: 0.01 }"]],
    ["SCAFFOLD", 0.684, 0.025, ["federation.local.drift={ kind: scaffold }", "federation.shares={ kind: uniform }"]],
    [
      "FedAdagrad",
      0.7314,
      0.0112,
      [
        "federation.local.optimizer.learningRate=0.003162",
        `federation.serverOptimizer={ kind: adagrad, learningRate: 0.316228, beta1: 0.9, ${epsilon} }`,
      ],
    ],
    [
      "FedAdam",
      0.7255,
      0.0124,
      [
        "federation.local.optimizer.learningRate=0.01",
        `federation.serverOptimizer={ kind: adam, learningRate: 0.01, biasCorrection: false, ${epsilon} }`,
      ],
    ],
    [
      "FedYogi",
      0.7314,
      0.0112,
      [
        "federation.local.optimizer.learningRate=0.003162",
        `federation.serverOptimizer={ kind: yogi, learningRate: 0.01, beta2: 0.999, ${epsilon} }`,
      ],
    ],
  ];

describe.skipIf(!sweep)("heart disease", () => {
  test("six strategies over twenty seeds", { timeout: 3_600_000 }, async () => {
    const rows: string[][] = [];
    for (const [name, published, publishedSpread, settings] of strategies) {
      const file = "examples/heart-flamby.yaml";
      const overrides = settings.map((setting) => parseOverride(setting)!);
      const experiment = decodeExperiment(file, readFileSync(file, "utf8"), { folder: "examples", overrides });
      const found: number[] = [];
      for (let seed = 1; seed <= 20; seed++) {
        const { clients } = await simulateHere(experiment, { seed, baseDirectory: "examples" });
        found.push(mean(clients.map(({ scores }) => scores["disease"]!.test!.metrics["accuracy"]!)));
      }
      const near = Math.abs(mean(found) - published) < 2 * Math.max(publishedSpread, deviation(found));
      rows.push([
        name,
        `${published.toFixed(4)} ± ${publishedSpread.toFixed(4)}`,
        spread(found),
        near ? "within two deviations" : "apart",
      ]);
      process.stderr.write(`${rows.at(-1)!.join(" | ")}\n`);
    }
    writeTable("heart", ["strategy", "published, 5 seeds", "ours, 20 seeds", "verdict"], rows);
    expect(rows.every((row) => row.at(-1) !== "apart")).toBe(true);
  });
});
