/** Reads and decodes the experiment a command was given. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TributaryError } from "../shared/errors.ts";
import { decodeExperiment } from "../shared/experiment/decode.ts";
import type { Override } from "../shared/experiment/override.ts";
import type { Experiment } from "../shared/experiment/schema.ts";

export interface LoadedExperiment {
  readonly experiment: Experiment;
  /** The text as it was written. */
  readonly text: string;
}

/** Throws "missing-file" when it cannot be read, "invalid-experiment" with every problem when it cannot be decoded. */
export function loadExperiment(file: string, overrides: readonly Override[], cwd: string): LoadedExperiment {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT"
        ? `No file ${file}`
        : `${file} ${code === "EISDIR" ? "is a folder" : `cannot be read (${code})`}`;
    throw new TributaryError("missing-file", `${reason}: expected an experiment in YAML or JSON`, { cause: error });
  }
  return { experiment: decodeExperiment(file, text, { overrides, folder: dirname(path), overrideFolder: cwd }), text };
}
