/**
 * Files that are whole or not there: written beside, fsynced, renamed, and the folder fsynced, in that order. A crash at any
 * instant leaves the old file or the new one, never half of either; leftovers beside (`*.partial`) are never read.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";

/** @param mode what the file may be read and written by: 0o600 for secrets. @default 0o666, less the process's umask */
export function writeDurably(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666 }: { mode?: number } = {},
): void {
  const folder = dirname(path);
  makeFolder(folder);
  const beside = join(folder, `.${process.pid}.${path.slice(folder.length + 1)}.partial`);
  const file = openSync(beside, "w", mode);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  syncFolder(folder);
}

/**
 * Makes a folder and those it lies in, itself with the mode, less the process's umask. Throws "invalid-option" with the folder and the reason when it cannot be made. Not by
 * `mkdirSync(…, { recursive: true })`, which on Node 20 never returns where the system answers ENOENT to every try (/proc/x).
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return; // somebody else was faster
    throw new TributaryError(
      "invalid-option",
      `Cannot make the folder ${path} (${code}): choose another, or make it for this user`,
      { cause: error },
    );
  }
}

/** Makes the names in a folder durable. Windows cannot open a folder, and needs no such call. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
