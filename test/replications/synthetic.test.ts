/**
 * FedProx on synthetic(1, 1) with 0, 50 and 90 % of slow devices (Li et al., 2020), which is published as curves over 200 rounds: judged by its
 * shape. TRIBUTARY_ROUNDS=60 is a shorter run.
 */
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { simulateHere } from "../support/scene.ts";
import { columns, writeSynthetic } from "./synthetic.ts";
import { deviation, mean, sweep, writeTable } from "./tables.ts";

const rounds = Number(process.env["TRIBUTARY_ROUNDS"] ?? 200);
const runs: readonly (readonly [name: string, mu: number, work: "keep" | "drop"])[] = [
  ["FedAvg", 0, "drop"],
  ["FedProx, μ = 0", 0, "keep"],
  ["FedProx, μ = 1", 1, "keep"],
];

describe.skipIf(!sweep)("FedProx on synthetic(1, 1)", () => {
  test("its shape at 0, 50 and 90 % of slow devices", { timeout: 7_200_000 }, async () => {
    const { folder, clients } = writeSynthetic(1);
    const text = (mu: number, share: number, work: string): string => `tributary: 1
name: synthetic
seed: 1
data: { features: { numeric: [${columns.join(", ")}] }, targets: { y: { column: y, classes: 10 } }, split: { test: 0.1 } }
model: { heads: { y: 10 } }
objectives: { y: { head: y, target: y, loss: softmax-cross-entropy } }
federation: { strategy: fedprox, rounds: ${String(rounds)}, clients: { select: { count: 10 }, quorum: 1 },
  local: { optimizer: { kind: sgd, learningRate: 0.01 }, epochs: 20, batchSize: 10, drift: { kind: proximal, mu: ${String(mu)} } } }
evaluation: { everyRounds: 5, metrics: { y: [accuracy] } }
simulation: { clients: ${JSON.stringify(clients)}, stragglers: { share: ${String(share)}, work: ${work} } }
`;
    const rows: string[][] = [];
    const bests: boolean[] = [];
    for (const share of [0, 0.5, 0.9]) {
      const found: { loss: number; accuracy: number; unsteady: number }[] = [];
      for (const [, mu, work] of runs) {
        const evaluations: { loss: number; accuracy: number }[] = [];
        const experiment = decodeExperiment("synthetic.yaml", text(mu, share, work), { folder });
        await simulateHere(experiment, {
          baseDirectory: folder,
          onEvent: (event) => {
            if (event.event !== "evaluated") return;
            const { train, test: held } = event.scores["y"]!;
            evaluations.push({ loss: train!.loss!, accuracy: held!.metrics["accuracy"]! });
          },
        });
        const late = evaluations.slice(-9); // of the last 40 rounds
        found.push({
          loss: mean(late.map(({ loss }) => loss)),
          accuracy: mean(late.map(({ accuracy }) => accuracy)),
          unsteady: deviation(evaluations.slice(-10).map(({ loss }) => loss)),
        });
      }
      const [average, zero, one] = found as [(typeof found)[0], (typeof found)[0], (typeof found)[0]]; // a run each
      const best = one.loss < average.loss && one.loss < zero.loss;
      bests.push(best);
      if (share === 0) expect(average.loss).toBe(zero.loss);
      const ratio = (average.unsteady / zero.unsteady).toFixed(1);
      const words = share === 0 ? "equal to μ = 0: yes" : `deviation ${ratio} × that of μ = 0`;
      for (const [i, [name]] of runs.entries()) {
        const { loss, accuracy, unsteady } = found[i]!;
        const verdict = i === 0 ? words : i === 2 ? `μ = 1 is best: ${best ? "yes" : "no"}` : "";
        rows.push([
          `${String(100 * share)} %`,
          name,
          loss.toFixed(4),
          accuracy.toFixed(4),
          unsteady.toFixed(4),
          verdict,
        ]);
        process.stderr.write(`${rows.at(-1)!.join(" | ")}\n`);
      }
    }
    writeTable(
      "synthetic",
      [
        "slow devices",
        "strategy",
        `training loss, rounds ${String(rounds - 40)}–${String(rounds)}`,
        "test accuracy",
        "deviation of the loss",
        "verdict",
      ],
      rows,
    );
    expect(bests).toEqual([true, true, true]);
  });
});
