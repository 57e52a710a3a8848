/**
 * McMahan et al. (2017), table 1: rounds of federated averaging until the 2NN has 97 % of MNIST's test digits right, a tenth of 100 clients a
 * round, one local epoch of batches of 10. The curve is made monotone and the crossing interpolated, as there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { parseOverride } from "../../shared/experiment/override.ts";
import { simulateHere } from "../support/scene.ts";
import { mnist, noDigits, withDigits } from "./digits.ts";
import { sweep, writeTable } from "./tables.ts";

const cells = [
  { name: "IID", published: 87, from: 60, to: 130, rate: 0.1, every: 1, partition: "{ kind: iid, clients: 100 }" },
  {
    name: "two digits a client",
    published: 664,
    from: 400,
    to: 1000,
    rate: 0.05,
    every: 5,
    partition: "{ kind: pathological, clients: 100, shardsPerClient: 2 }",
  },
] as const;

/** The first crossing of the best accuracy so far, between the two evaluations around it. */
export function crossing(
  curve: readonly (readonly [round: number, accuracy: number])[],
  target: number,
): number | undefined {
  let [before, best] = [0, 0];
  for (const [round, accuracy] of curve) {
    if (accuracy >= target) return before + ((target - best) / (accuracy - best)) * (round - before);
    [before, best] = [round, Math.max(best, accuracy)];
  }
  return undefined;
}

describe.skipIf(!sweep)(withDigits("rounds to 97 % on MNIST"), () => {
  test.skipIf(noDigits)("2NN, C = 0.1, E = 1, B = 10", { timeout: 7_200_000 }, async () => {
    const rows: string[][] = [];
    for (const { name, published, from, to, rate, every, partition } of cells) {
      const file = "examples/mnist-2nn.yaml";
      const overrides = [
        `federation.rounds=${String(to)}`,
        `federation.local.optimizer.learningRate=${String(rate)}`,
        `evaluation.everyRounds=${String(every)}`,
        `simulation.partition=${partition}`,
        ...["train", "t10k"].flatMap((part) => {
          const path = part === "train" ? "data" : "test";
          return [
            `simulation.${path}.image=${join(mnist, `${part}-images-idx3-ubyte.gz`)}`,
            `simulation.${path}.label=${join(mnist, `${part}-labels-idx1-ubyte.gz`)}`,
          ];
        }),
      ].map((setting) => parseOverride(setting)!);
      const experiment = decodeExperiment(file, readFileSync(file, "utf8"), { folder: "examples", overrides });
      const curve: (readonly [number, number])[] = [];
      await simulateHere(experiment, {
        baseDirectory: "examples",
        onEvent: (event) => {
          if (event.event !== "evaluated") return;
          curve.push([event.round, event.scores["digit"]!.test!.metrics["accuracy"]!]);
          if (event.round % 50 === 0)
            process.stderr.write(`${name} ${String(event.round)} ${String(curve.at(-1)![1])}\n`);
        },
      });
      const reached = crossing(curve, 0.97);
      const best = Math.max(...curve.map(([, accuracy]) => accuracy));
      const good = reached !== undefined && reached <= to;
      rows.push([
        name,
        String(rate),
        String(published),
        reached === undefined ? `best ${best.toFixed(4)} in ${String(to)}` : reached.toFixed(0),
        !good
          ? "not reached"
          : reached < from
            ? `sooner than ${String(from)}–${String(to)}`
            : `within ${String(from)}–${String(to)}`,
      ]);
      writeTable("mcmahan", ["clients' digits", "rate", "published rounds", "ours", "verdict"], rows);
    }
    expect(rows).toHaveLength(cells.length);
  });
});
