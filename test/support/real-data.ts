/**
 * Public data sets that are too large, or not ours, to ship. `TRIBUTARY_DATA` names the folder that holds them, a folder per set:
 * `$TRIBUTARY_DATA/math_achieve/MathAchieve.csv`. Without it, `examples/data` is looked in, and tests of sets that are not there
 * are skipped with the reason in their title.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { vi } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { house } from "./tributary.ts";

vi.setConfig({ testTimeout: 900_000 }); // whoever imports this trains on thousands of rows, on a machine that may be busy

/** Whether to run the full version of a test, which may take minutes. */
export const long = process.env["TRIBUTARY_LONG"] === "1";

export interface RealData {
  readonly absent: boolean;
  /** A title for the tests on these files, which says why they are skipped where they are. */
  readonly title: (what: string) => string;
  readonly path: (file: string) => string;
}

/** The files of a set. */
export function realData(set: string, files: readonly string[]): RealData {
  const folder = join(process.env["TRIBUTARY_DATA"] ?? join(house, "examples/data"), set);
  const missing = files.filter((file) => !existsSync(join(folder, file)));
  const reason = `: skipped, ${folder} has no ${missing.join(", ")} (TRIBUTARY_DATA names the folder of ${set})`;
  return {
    absent: missing.length > 0,
    title: (what) => `${what}${missing.length > 0 ? reason : ""}`,
    path: (file) => join(folder, file),
  };
}

/** An experiment of `test/integration/real-data`, with some of its sections replaced as decoded, and its data at these paths. */
export function realExperiment(name: string, simulation: Partial<NonNullable<Experiment["simulation"]>>): Experiment {
  const path = resolve(house, "test/integration/real-data", name);
  const experiment = decodeExperiment(path, readFileSync(path, "utf8"), { folder: resolve(path, "..") });
  return { ...experiment, simulation: { ...experiment.simulation!, ...simulation } };
}

/** Says what was measured, a line for each number, where whoever runs the tests can read it. */
export function report(title: string, values: Readonly<Record<string, number>>): void {
  const lines = Object.entries(values).map(([name, value]) => `  ${name.padEnd(32)} ${value.toFixed(4)}`);
  process.stderr.write(`${[title, ...lines].join("\n")}\n`);
}
