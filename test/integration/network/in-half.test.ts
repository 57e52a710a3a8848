/** A model and updates in 16 bits take half the bytes of a network, both ways, and end in the model of the simulation. */
import { expect, test } from "vitest";
import { Metrics } from "../../../server/telemetry/metrics.ts";
import { simulate } from "../../../server/simulation/simulate.ts";
import { example, overNetwork } from "../../support/network.ts";

const rounds = 2;
const parameters = (15 + 1) * 200 + (200 + 1) * 300 + (300 + 1);

test.each(["float16", "bfloat16"])(
  "in %s each number of a model of 64 thousand takes two bytes, and the model hash is that of the simulation",
  async (dtype) => {
    const experiment = example(
      "heart-disease.yaml",
      "model.trunk={ kind: mlp, units: [200, 300] }",
      `federation.transport=${dtype}`,
      `evaluation.everyRounds=${rounds}`,
      `federation.rounds=${rounds}`,
    );
    const metrics = new Metrics();
    const { modelHash } = await simulate(experiment, { threads: 1 });
    expect(await overNetwork(experiment, { metrics })).toMatchObject({ modelHash });
    const up = /tributary_bytes_total\{direction="up"\} (\d+)/.exec(await metrics.text());
    expect(Number(up?.[1])).toBe(rounds * 4 * 2 * parameters);
  },
);
