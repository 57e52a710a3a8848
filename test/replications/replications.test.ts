/**
 * Published results, ours, and a verdict, as one table:
 *
 *     TRIBUTARY_SWEEP=1 npx vitest run --config .ci/vitest.config.ts test/replications
 *
 * Heart disease over twenty seeds (Ogier du Terrail et al., 2022), and FedProx on synthetic(1, 1) with 0, 50 and 90 % of slow devices (Li et
 * al., 2020), judged by its shape: μ = 1 is best at every level, FedAvg is unsteady at 90 %, and without slow devices μ = 0 is FedAvg.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { parseOverride } from "../../shared/experiment/document.ts";
import { columns, writeSynthetic } from "./synthetic.ts";

const say = (...row: string[]): void => void process.stdout.write(`${row.join(" | ")}\n`);

const sweep = process.env["TRIBUTARY_SWEEP"] !== undefined;
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((x) => (x - mean(values)) * (x - mean(values)))) * (values.length / (values.length - 1)));

const adaptive = "epsilon: 1.0e-8";
if (sweep) say("task", "strategy", "published", "ours", "verdict");

/** Settings beside those of FedAvg, and what is published: mean ± deviation over five seeds of the mean over the hospitals' tests. */
const heart: readonly (readonly [name: string, published: number, spread: number, settings: readonly string[]])[] = [
  ["fedavg", 0.685, 0.0253, []],
  ["fedprox", 0.685, 0.0253, ["federation.local.drift={ kind: proximal, mu: 0.01 }"]],
  ["scaffold", 0.684, 0.025, ["federation.local.drift={ kind: scaffold }", "federation.shares={ kind: uniform }"]],
  [
    "fedadagrad",
    0.7314,
    0.0112,
    [
      "federation.local.optimizer.learningRate=0.003162",
      `federation.serverOptimizer={ kind: adagrad, learningRate: 0.316228, beta1: 0.9, ${adaptive} }`,
    ],
  ],
  [
    "fedadam",
    0.7255,
    0.0124,
    [
      "federation.local.optimizer.learningRate=0.01",
      `federation.serverOptimizer={ kind: adam, learningRate: 0.01, biasCorrection: false, ${adaptive} }`,
    ],
  ],
  [
    "fedyogi",
    0.7314,
    0.0112,
    [
      "federation.local.optimizer.learningRate=0.003162",
      `federation.serverOptimizer={ kind: yogi, learningRate: 0.01, beta2: 0.999, ${adaptive} }`,
    ],
  ],
];

describe.runIf(sweep)("heart disease, twenty seeds", () => {
  test.each(heart)("%s", async (name, published, spread, settings) => {
    const file = "examples/heart-flamby.yaml";
    const overrides = settings.map((setting) => parseOverride(setting)!);
    const experiment = decodeExperiment(file, readFileSync(file, "utf8"), { folder: "examples", overrides });
    const found: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const { clients } = await simulate(experiment, { seed, threads: 1, baseDirectory: "examples" });
      found.push(mean(clients.map(({ scores }) => scores["disease"]!.test!.metrics["accuracy"]!)));
    }
    const good = Math.abs(mean(found) - published) < 2 * Math.max(spread, deviation(found));
    say(
      "heart",
      name,
      `${published} ± ${spread}`,
      `${mean(found).toFixed(4)} ± ${deviation(found).toFixed(4)}`,
      good ? "within" : "apart",
    );
    expect(found).toHaveLength(20);
  });
});

describe.runIf(sweep)("FedProx, synthetic(1, 1)", () => {
  const rounds = 200;
  const runs: readonly (readonly [name: string, mu: number, work: "keep" | "drop"])[] = [
    ["fedavg", 0, "drop"],
    ["fedprox μ = 0", 0, "keep"],
    ["fedprox μ = 1", 1, "keep"],
  ];

  test("its shape at 0, 50 and 90 % of slow devices", async () => {
    const { folder, clients } = writeSynthetic(1);
    const text = (mu: number, share: number, work: string): string => `tributary: 1
name: synthetic
seed: 1
data: { features: { numeric: [${columns.join(", ")}] }, targets: { y: { column: y, classes: 10 } }, split: { test: 0.1 } }
model: { heads: { y: 10 } }
objectives: { y: { head: y, target: y, loss: softmax-cross-entropy } }
federation: { strategy: fedprox, rounds: ${rounds}, clients: { select: { count: 10 }, quorum: 1 },
  local: { optimizer: { kind: sgd, learningRate: 0.01 }, epochs: 20, batchSize: 10, drift: { kind: proximal, mu: ${mu} } } }
evaluation: { everyRounds: 5, metrics: { y: [accuracy] } }
simulation: { clients: ${JSON.stringify(clients)}, stragglers: { share: ${share}, work: ${work} } }
`;
    const found = new Map<string, { loss: number; accuracy: number; unsteady: number }>();
    for (const share of [0, 0.5, 0.9]) {
      for (const [name, mu, work] of runs) {
        const losses: number[] = [];
        const experiment = decodeExperiment("synthetic.yaml", text(mu, share, work), { folder });
        const { metrics } = await simulate(experiment, {
          threads: 1,
          baseDirectory: folder,
          onEvent: (event) => {
            if (event.event === "evaluated") losses.push(event.scores["y"]!.train!.loss!);
          },
        });
        const late = losses.slice(-9);
        found.set(`${name} ${share}`, {
          loss: mean(late),
          accuracy: metrics["y/test/accuracy"]!,
          unsteady: deviation(losses.slice(-10)),
        });
        const { loss, accuracy, unsteady } = found.get(`${name} ${share}`)!;
        say(
          `synthetic, ${share * 100} % slow`,
          name,
          "",
          `loss ${loss.toFixed(4)} (± ${unsteady.toFixed(4)}), accuracy ${accuracy.toFixed(4)}`,
          "",
        );
      }
      const [avg, zero, one] = ["fedavg", "fedprox μ = 0", "fedprox μ = 1"].map((name) =>
        found.get(`${name} ${share}`)!,
      );
      if (avg === undefined || zero === undefined || one === undefined) throw new Error("a run is missing");
      say(
        `synthetic, ${share * 100} % slow`,
        "μ = 1 is best",
        "yes",
        String(one.loss < avg.loss && one.loss < zero.loss),
        "",
      );
      if (share === 0) say("synthetic, 0 % slow", "FedAvg = FedProx(0)", "yes", String(avg.loss === zero.loss), "");
      if (share === 0.9)
        say(
          "synthetic, 90 % slow",
          "FedAvg unsteady",
          "> 5 ×",
          `${(avg.unsteady / Math.max(zero.unsteady, one.unsteady)).toFixed(1)} ×`,
          "",
        );
    }
    expect(found.size).toBe(9);
  }, 3_600_000);
});
