/** `tributary serve` and `tributary worker` as processes of their own, read line by line, and ended with the test. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterEach } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { parseOverride } from "../../shared/experiment/override.ts";
import { simulateHere } from "./scene.ts";
import { events, house } from "./tributary.ts";

export type Line = Readonly<Record<string, unknown>>;

export interface Process {
  readonly child: ChildProcess;
  /** Every line of JSON so far. */
  lines(): Line[];
  /** What it has written to stderr so far. */
  stderr(): string;
  readonly ended: Promise<number | null>;
  /** The first line of JSON with this event; rejects when the process ends before. */
  line(event: string): Promise<Line>;
}

export interface StartOptions {
  readonly log?: string;
  readonly cwd?: string;
  /** The limit on open descriptors of the process. */
  readonly openFiles?: number;
  /** What is added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (line: Line) => void;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

export function start(args: readonly string[], options: StartOptions = {}): Process {
  const { log = "error", cwd, openFiles, environment, onLine } = options;
  const whole = [process.execPath, join(house, "dist/cli/main.js"), ...args];
  const [command, ...rest] =
    openFiles === undefined ? whole : ["bash", "-c", `ulimit -n ${openFiles}; exec "$@"`, "bash", ...whole];
  const child = spawn(command!, rest, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, NO_COLOR: "1", TRIBUTARY_LOG: log, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let [output, errors, read] = ["", "", 0];
  const listeners = new Set<() => void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    const end = output.lastIndexOf("\n") + 1;
    for (const line of events(output.slice(read, end))) onLine?.(line);
    read = end;
    for (const listener of listeners) listener();
  });
  const lines = (): Line[] => events(output.slice(0, read));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const line = (event: string): Promise<Line> =>
    new Promise((done, fail) => {
      const look = (): void => {
        const found = lines().find((one) => one["event"] === event);
        if (found !== undefined) done(found);
      };
      listeners.add(look);
      look();
      void ended.then((code) => {
        fail(new Error(`ended with ${code} before "${event}": ${errors}`));
      });
    });
  return { child, lines, stderr: () => errors, ended, line };
}

export const heartExample = resolve(house, "examples/heart-disease.yaml");
export const secureExample = resolve(house, "examples/heart-secure.yaml");
export const hospitals = ["cleveland", "hungarian", "switzerland", "va"].map(
  (name) => [name, resolve(house, `examples/data/heart_disease/processed.${name}.data`)] as const,
);

/** What makes the heart example one of so many rounds over these hospitals: to be typed after `--set` each. */
export const heartSettings = (rounds: number, among: typeof hospitals = hospitals): string[] => [
  `federation.rounds=${rounds}`,
  `simulation.clients={ ${among.map(([name, file]) => `${name}: "${file}"`).join(", ")} }`,
];

/** The hash of the model that an undisturbed simulation of the heart example with these settings gives. */
export async function simulatedHeart(settings: readonly string[], example = heartExample): Promise<string> {
  const overrides = settings.map((text) => parseOverride(text)!);
  const text = readFileSync(example, "utf8");
  const experiment = decodeExperiment(example, text, { overrides, folder: resolve(example, "..") });
  return (await simulateHere(experiment)).modelHash;
}

/** A port that was free a moment ago: for a daemon that is to come back to where it was. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
