/** A model that fits into no message: it goes out and comes back in chunks, to the same bits. */
import { expect, test } from "vitest";
import { Metrics } from "../../../server/telemetry/metrics.ts";
import { simulate } from "../../../server/simulation/simulate.ts";
import { example, overNetwork } from "../../support/network.ts";

const rounds = 2;
const bytes = 4 * ((15 + 1) * 600 + (600 + 1) * 800 + (800 + 1)); // 15 features, two hidden layers, one head: 2 MB
const wide = example(
  "heart-disease.yaml",
  "model.trunk={ kind: mlp, units: [600, 800] }",
  "evaluation.everyRounds=2",
  `federation.rounds=${rounds}`,
);

test("a model of 2 MB gives the hash of the simulation, and each of its bytes is sent once a round", async () => {
  const metrics = new Metrics();
  const { modelHash } = await simulate(wide, { threads: 1 });
  expect(await overNetwork(wide, { metrics })).toMatchObject({ modelHash });
  const text = await metrics.text();
  const moved = (direction: string): number =>
    Number(new RegExp(`tributary_bytes_total\\{direction="${direction}"\\} (\\d+)`).exec(text)?.[1]);
  expect(moved("up")).toBe(rounds * 4 * bytes);
  expect(moved("down")).toBeGreaterThanOrEqual(rounds * 4 * bytes);
});
