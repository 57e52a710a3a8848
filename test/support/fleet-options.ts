import { settingOf } from "../../server/simulation/setting.ts";
import type { ThreadFleetOptions } from "../../server/fleet/threads.ts";
import { Random } from "../../shared/random.ts";
import { dealt, drawRows, scene } from "./scene.ts";

/** Five clients with 40 rows and a small network in update mode: what a fleet is opened with, and a model to send it. */
export async function fleetOptions(): Promise<{ options: ThreadFleetOptions; parameters: Float64Array }> {
  const experiment = scene(dealt(drawRows(40, Random.seeded(2)), 5), {
    model: "{ trunk: { kind: mlp, units: [4] }, heads: { y: 1 } }",
    federation:
      "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 } }",
  });
  const { fleet, compiled } = await settingOf(experiment, ".", Random.seeded(experiment.seed));
  return { options: { ...fleet, threads: 1 }, parameters: compiled.initial };
}
