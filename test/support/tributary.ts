import { spawn } from "node:child_process";
import { resolve } from "node:path";

export const house = resolve(import.meta.dirname, "../..");
/** A newer Node, where there is one: named by TRIBUTARY_NEWER_NODE, or the npm package "node". */
export const newerNode = process.env["TRIBUTARY_NEWER_NODE"] ?? resolve(house, "node_modules/node/bin/node");
const main = resolve(house, "dist/cli/main.js");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What stdin holds; nothing when left out. */
  readonly input?: string;
  /** The Node that runs it. @default the one that runs the tests */
  readonly node?: string;
  /** Called with everything printed so far whenever something is; may send a signal. */
  readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the built `tributary` as a process of its own. */
export function tributary(
  args: readonly string[],
  { cwd = house, input, node = process.execPath, onOutput }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(node, [main, ...args], { cwd, env: { ...process.env, NO_COLOR: "1" } });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onOutput?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => undefined); // it may end before it has read everything
    if (input !== undefined) child.stdin.end(input);
    child.on("error", fail).on("close", (code) => {
      done({ code, stdout, stderr });
    });
  });
}

/** The lines of `--json`. */
export const events = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
