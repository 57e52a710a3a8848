/**
 * Strategies that keep state, ask for each update, or take several exchanges a round, and ways to weigh objectives: over a network as
 * simulated. Always a few; TRIBUTARY_SWEEP=1 for the whole catalogue of each.
 */
import { describe, expect, test } from "vitest";
import { weightings } from "../../../shared/objectives/catalogue.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { Random } from "../../../shared/random.ts";
import { overNetwork } from "../../support/network.ts";
import { dealt, drawRows, scene, simulateHere } from "../../support/scene.ts";
import { sceneOf, strategyNames, strategyScene } from "../../support/strategy-scene.ts";

const sweep = process.env["TRIBUTARY_SWEEP"] === "1";
const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";

async function expectSameBits(experiment: Experiment): Promise<void> {
  const { modelHash } = await simulateHere(experiment);
  expect(await overNetwork(experiment)).toMatchObject({ modelHash });
}

describe("one model hash, simulated and over a network:", () => {
  const bySimulatedClock = ["fedbuff", "fedasync"];
  const overNetworks = strategyNames.filter((name) => !bySimulatedClock.includes(name));

  test.each(sweep ? overNetworks : ["scaffold", "fednova"])("strategy %s", async (name) => {
    await expectSameBits(sceneOf(name));
  });

  test("krum, which is shown each update", async () => {
    await expectSameBits(strategyScene(`mode: update, rounds: 3, ${local}, aggregation: { rule: krum, f: 0 }`));
  });

  test("dice, a function of sums over everybody's rows, under mgda", async () => {
    const objectives =
      "{ dice: { head: y, target: y, loss: { kind: dice, activation: sigmoid } }, y: { head: y, target: y, loss: bce-with-logits } }";
    const federation = "mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.5 }";
    await expectSameBits(strategyScene(federation, { objectives, weighting: "{ method: mgda }" }));
  });

  test("nash-mtl from sketches, one change for both objectives", async () => {
    const experiment = scene(dealt(drawRows(30, Random.seeded(4)), 3), {
      data: "{ features: { numeric: [x1] }, targets: { a: { column: x2 }, b: { column: y } } }",
      model: "{ trunk: { kind: mlp, units: [3] }, heads: { a: 1, b: 1 }, initial: { kind: glorot-uniform } }",
      objectives: "{ a: { head: a, target: a, loss: mse }, b: { head: b, target: b, loss: mse } }",
      weighting: "{ method: nash-mtl }",
      federation: `{ mode: update, rounds: 3, ${local.replace("epochs: 2", "epochs: 2, sketch: 8")} }`,
    });
    await expectSameBits(experiment);
  });

  test.runIf(sweep).each(Object.keys(weightings))("weighting %s", async (name) => {
    const method = name === "weighted" ? "{ method: weighted, weights: { a: 1, b: 0.5 } }" : `{ method: ${name} }`;
    const experiment = scene(dealt(drawRows(30, Random.seeded(4)), 3), {
      data: "{ features: { numeric: [x1] }, targets: { a: { column: x2 }, b: { column: y } } }",
      model: "{ trunk: { kind: mlp, units: [3] }, heads: { a: 1, b: 1 }, initial: { kind: glorot-uniform } }",
      objectives: "{ a: { head: a, target: a, loss: mse }, b: { head: b, target: b, loss: mse } }",
      weighting: method,
      federation: "{ mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.1 } }",
    });
    await expectSameBits(experiment);
  });
});
