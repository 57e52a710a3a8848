/** The same experiment over a network, with the same bits as simulated. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/document.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { openDaemon, startWorker, type TestWorker } from "../../support/network.ts";

function example(name: string, ...overrides: string[]): Experiment {
  const path = resolve(import.meta.dirname, "../../../examples", name);
  const folder = resolve(path, "..");
  return decodeExperiment(path, readFileSync(path, "utf8"), {
    folder,
    overrides: overrides.map((text) => parseOverride(text)!),
  });
}

async function overNetwork(experiment: Experiment): Promise<string | undefined> {
  await using daemon = await openDaemon();
  const workers: TestWorker[] = Object.entries(experiment.simulation!.clients!).map(([name, source]) =>
    startWorker(daemon.port, name, [source]),
  );
  try {
    const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
    const result = await daemon.runs.result(id);
    expect(daemon.runs.show(id)).toMatchObject({ status: "finished" });
    return result?.modelHash;
  } finally {
    for (const worker of workers) await worker.stop();
  }
}

describe.each([
  ["federated averaging", example("heart-disease.yaml", "federation.rounds=10")],
  ["one global gradient, in float64", example("heart-exact.yaml", "federation.rounds=10")],
])("%s", (_name, experiment) => {
  test("gives one model hash, simulated on 1 and 2 threads, and over a network of 4 clients", async () => {
    const { modelHash } = await simulate(experiment, { threads: 1 });
    expect((await simulate(experiment, { threads: 2 })).modelHash).toBe(modelHash);
    expect(await overNetwork(experiment)).toBe(modelHash);
  });
});
