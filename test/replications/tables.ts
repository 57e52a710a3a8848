/** What the replications measure, written into their places in `README.md`, and the statistics of seeds that they are told in. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** Whether to run what takes minutes. */
export const sweep = process.env["TRIBUTARY_SWEEP"] === "1";

export const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Of the sample: n − 1. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) * (x - centre), 0) / (values.length - 1));
}

/** mean ± deviation */
export const spread = (values: readonly number[], digits = 4): string =>
  `${mean(values).toFixed(digits)} ± ${deviation(values).toFixed(digits)}`;

/** The tree that is measured, as it is when a run begins. */
const tree = sweep ? treeNow() : "";

function treeNow(): string {
  const git = (...words: string[]): string => execFileSync("git", words, { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--", "shared", "client", "server", "test/replications/*.ts") !== "";
  return `${git("rev-parse", "--short", "HEAD")}${changed ? " and what was changed since" : ""}`;
}

/**
 * Puts a table and a paragraph under it between `<!-- name -->` and `<!-- /name -->` of the page beside this file, with the day and the
 * tree: a table that is not written again shows its age. Throws where the page has no such place, so that nothing measured is lost
 * without a word.
 */
export function writeTable(
  name: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  note = "",
): void {
  const page = new URL("README.md", import.meta.url);
  const text = readFileSync(page, "utf8");
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`Expected ${open} … ${close} in test/replications/README.md`);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [line(header), line(header.map(() => "---")), ...rows.map(line)];
  const measured = `Measured on ${new Date().toISOString().slice(0, 10)}, at ${tree}.`;
  const body = [open, "", ...table, "", note === "" ? measured : `${note} ${measured}`, "", ""].join("\n");
  writeFileSync(page, `${text.slice(0, from)}${body}${text.slice(to)}`);
}
