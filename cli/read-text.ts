import { readFileSync } from "node:fs";
import { TributaryError } from "../shared/errors.ts";

/** The text of a file that a flag names. Throws "missing-file" with the flag and the path where it cannot be read. */
export function readText(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TributaryError("missing-file", `${flag}: cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
