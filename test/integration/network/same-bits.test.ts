/** The same experiment over a network, with the same bits as simulated. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { example, overNetwork } from "../../support/network.ts";

describe.each([
  ["federated averaging", example("heart-disease.yaml", "federation.rounds=10")],
  ["one global gradient, in float64", example("heart-exact.yaml", "federation.rounds=10")],
])("%s", (_name, experiment) => {
  test("gives one model hash, simulated on 1 and 2 threads, and over a network of 4 clients", async () => {
    const { modelHash } = await simulate(experiment, { threads: 1 });
    expect((await simulate(experiment, { threads: 2 })).modelHash).toBe(modelHash);
    expect(await overNetwork(experiment)).toMatchObject({ modelHash });
  });
});
