import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../server/store/durable.ts";
import { TributaryError } from "../shared/errors.ts";

/** Writes a file that was asked for with `flag`, and its folder. Throws "invalid-option" with the path when that cannot be. */
export function writeWanted(path: string, text: string, flag = "--out"): void {
  makeFolder(dirname(path));
  try {
    writeFileSync(path, text);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    throw new TributaryError("invalid-option", `${flag}: cannot write ${path} (${code})`, { cause: error });
  }
}
