import { colours } from "../../cli/colours.ts";
import type { Context } from "../../cli/context.ts";

/** A command's context in a folder, without a terminal; it keeps what was printed. */
export function contextIn(cwd: string): Context & { readonly printed: () => string } {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  return {
    cwd,
    stdout: stream,
    stderr: stream,
    colours: colours(false),
    self: "tributary",
    shorten: (path) => path.replace(`${cwd}/`, ""),
    signal: new AbortController().signal,
    printed: () => written.join(""),
  };
}

/** Printed lines with the gaps between their cells as " | ". */
export const cellsOf = (text: string): string[] => text.split("\n").map((line) => line.trim().replace(/ {2,}/g, " | "));
