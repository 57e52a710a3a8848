/** Which folder a run is written to. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { TributaryError } from "../shared/errors.ts";

export interface Placement {
  readonly cwd: string;
  readonly name: string;
  /** `--out` */
  readonly out?: string | undefined;
  readonly resume: boolean;
}

/**
 * `--out`, or else `runs/<name>-1`, `-2`, … : the first that is free, or with `--resume` the newest there is.
 * Throws "invalid-option" when a folder given by `--out` already holds something, and is not to be resumed.
 */
export function placeRun({ cwd, name, out, resume }: Placement): string {
  if (out !== undefined) {
    const folder = resolve(cwd, out);
    if (existsSync(folder) && !statSync(folder).isDirectory())
      throw new TributaryError("invalid-option", `--out: ${out} is a file, expected a folder`);
    const taken = existsSync(folder) && readdirSync(folder).length > 0;
    if (taken && !resume) {
      throw new TributaryError(
        "invalid-option",
        `--out: ${out} already holds something: add --resume to go on with it, or choose another folder`,
      );
    }
    if (!taken && resume) throw new TributaryError("invalid-option", `--resume: there is no run in ${out}`);
    return folder;
  }
  const runs = resolve(cwd, "runs");
  const newest = newestNumber(runs, name);
  if (resume && newest === 0)
    throw new TributaryError("invalid-option", `--resume: there is no run of ${name} in runs/`);
  return join(runs, `${name}-${resume ? newest : newest + 1}`);
}

/** The highest n of the folders `<name>-<n>`; 0 when there is none. */
function newestNumber(runs: string, name: string): number {
  if (!existsSync(runs)) return 0;
  const numbers = readdirSync(runs)
    .filter((entry) => entry.startsWith(`${name}-`))
    .map((entry) => entry.slice(name.length + 1))
    .filter((rest) => /^[1-9]\d*$/.test(rest));
  return Math.max(0, ...numbers.map(Number));
}
