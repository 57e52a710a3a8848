import { readFileSync } from "node:fs";
import { TributaryError } from "../shared/errors.ts";

/** The text of a file that a flag names. Throws "missing-file" with the flag and the path where it cannot be read. */
export function readText(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read (${code})`;
    throw new TributaryError("missing-file", `${flag}: ${why}`, { cause: error });
  }
}
