/** Strategies that keep state, ask for each update, or take several exchanges a round: over a network as simulated. */
import { expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { example, overNetwork } from "../../support/network.ts";

const local = "optimizer: { kind: sgd, learningRate: 0.05 }, batchSize: 16";
const update = (more: string, epochs = 1): string =>
  `federation={ mode: update, rounds: 3, local: { ${local}, epochs: ${epochs} }, ${more} }`;
const dice = "objectives={ disease: { head: disease, target: disease, loss: { kind: dice, activation: sigmoid } } }";

test.each<[string, readonly string[]]>([
  ["control variates that clients keep", [update("strategy: scaffold")]],
  ["stragglers, who make fewer epochs", [update("strategy: fednova", 4), "simulation.stragglers={ share: 0.5 }"]],
  ["krum, which is shown each update", [update("aggregation: { rule: krum, f: 0 }")]],
  [
    "dice, a function of sums over everybody's rows",
    [dice, "federation={ mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.5 } }"],
  ],
])("%s: one model hash, simulated and over a network", async (_name, overrides) => {
  const experiment = example("heart-disease.yaml", "evaluation.everyRounds=3", ...overrides);
  const { modelHash } = await simulate(experiment, { threads: 1 });
  expect(await overNetwork(experiment)).toMatchObject({ modelHash });
});
