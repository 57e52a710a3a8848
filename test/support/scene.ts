/** Small federated experiments on data written for a test: a folder of CSV files, and an experiment that reads them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RoundEvent, RunEvent } from "../../server/events.ts";
import { simulateOver } from "../../server/simulation/simulate.ts";
import type { RunResult } from "../../server/run/result.ts";
import type { SimulateOptions } from "../../server/simulation/options.ts";
import { decodeCheckpoint, type Checkpoint } from "../../server/store/checkpoint.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { MemoryFleet, type MemoryFleetOptions } from "./memory-fleet.ts";

/** Rows of [x1, x2, y]. */
export type Rows = readonly (readonly number[])[];

/** Rows whose y is 1 more often where x1 + x2 is large. */
export function drawRows(count: number, random: Random): Rows {
  return Array.from({ length: count }, () => {
    const [x1, x2] = [random.normal(), random.normal()];
    return [x1, x2, x1 + x2 + random.normal() > 0 ? 1 : 0];
  });
}

/** Deals rows out to clients in turn: row i to client i mod k. */
export const dealt = (rows: Rows, clients: number): Record<string, Rows> =>
  Object.fromEntries(Array.from({ length: clients }, (_, k) => [`c${k}`, rows.filter((_row, i) => i % clients === k)]));

/** An experiment over these clients. `sections` are YAML lines that replace the default ones of the same key. */
export function scene(
  clients: Readonly<Record<string, Rows>>,
  sections: Readonly<Record<string, string>> = {},
): Experiment {
  const folder = mkdtempSync(join(tmpdir(), "tributary-"));
  mkdirSync(join(folder, "data"));
  for (const [client, rows] of Object.entries(clients)) {
    writeFileSync(join(folder, "data", `${client}.csv`), ["x1,x2,y", ...rows.map((row) => row.join(","))].join("\n"));
  }
  const files = Object.keys(clients).map((client) => `${client}: data/${client}.csv`);
  const lines: Record<string, string> = {
    tributary: "1",
    name: "scene",
    seed: "5",
    precision: "float64",
    data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } } }",
    model: "{ heads: { y: 1 }, initial: { kind: zeros } }",
    objectives: "{ y: { head: y, target: y, loss: bce-with-logits } }",
    federation: "{ mode: gradient, rounds: 5, serverOptimizer: { kind: sgd, learningRate: 0.5 } }",
    simulation: `{ threads: 1, clients: { ${files.join(", ")} } }`,
    ...sections,
  };
  const text = Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n");
  return decodeExperiment("scene.yaml", text, { folder });
}

/** Simulates in this thread, in an order of its own. */
export const simulateHere = (
  experiment: Experiment,
  options: SimulateOptions = {},
  fleet: MemoryFleetOptions = {},
): Promise<RunResult> => simulateOver((clients) => new MemoryFleet(clients, fleet), experiment, options);

/** What is told of each round. */
export async function roundsOf(experiment: Experiment): Promise<RoundEvent[]> {
  const rounds: RoundEvent[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.event === "round") rounds.push(event);
  };
  await simulateHere(experiment, { onEvent });
  return rounds;
}

/** A path for a run directory that is not there yet. */
export const freshDirectory = (): string => join(mkdtempSync(join(tmpdir(), "tributary-run-")), "run");

/** The checkpoints of a run, oldest first. */
export function checkpointsOf(directory: string): Checkpoint[] {
  const folder = join(directory, "checkpoints");
  return readdirSync(folder)
    .sort()
    .map((name) => decodeCheckpoint(readFileSync(join(folder, name)), name));
}

/** The model of a run that is interrupted in its third round and gone on with from its last checkpoint. */
export async function resumedHash(experiment: Experiment): Promise<string> {
  const out = freshDirectory();
  const stop = new AbortController();
  const kept = { ...experiment, checkpoint: { everyRounds: 1, keep: 3 } };
  const onEvent = (event: RunEvent): void => {
    if (event.event === "round" && event.round === 3) stop.abort();
  };
  await simulateHere(kept, { out, signal: stop.signal, onEvent });
  const versions = checkpointsOf(out).map(({ model }) => model.version);
  if (versions.at(-1) !== 2) throw new Error(`Expected a last checkpoint of version 2, got ${versions.join(", ")}`);
  return (await simulateHere(kept, { out, resume: true })).modelHash;
}

/** The parameters of the model after each round. */
export async function trajectory(experiment: Experiment, fleet: MemoryFleetOptions = {}): Promise<Float64Array[]> {
  const out = freshDirectory();
  await simulateHere({ ...experiment, checkpoint: { everyRounds: 1, keep: 1000 } }, { out }, fleet);
  return checkpointsOf(out).map(({ model }) => model.parameters);
}

/** The largest |a − b| relative to the largest |a|, over two lists of vectors. */
export function distance(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const scale = Math.max(...a.flatMap((vector) => [...vector].map(Math.abs)), Number.MIN_VALUE);
  const gaps = a.flatMap((vector, i) => [...vector].map((x, j) => Math.abs(x - b[i]![j]!)));
  return a.length === b.length ? Math.max(...gaps, 0) / scale : Infinity;
}
