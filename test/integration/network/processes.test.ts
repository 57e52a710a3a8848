/** Real processes: `tributary serve` and four of `tributary worker`. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { parseOverride } from "../../../shared/experiment/document.ts";
import { events, house } from "../../support/tributary.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Process {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  /** The first line of JSON with this event. */
  line(event: string): Promise<Record<string, unknown>>;
}

function start(args: readonly string[]): Process {
  const child = spawn(process.execPath, [join(house, "dist/cli/main.js"), ...args], {
    env: { ...process.env, NO_COLOR: "1", TRIBUTARY_LOG: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let output = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const line = (event: string): Promise<Record<string, unknown>> =>
    new Promise((done, fail) => {
      const look = (): void => {
        const found = events(output.slice(0, output.lastIndexOf("\n") + 1)).find((one) => one["event"] === event);
        if (found !== undefined) done(found);
      };
      listeners.add(look);
      look();
      void ended.then((code) => {
        fail(new Error(`ended with ${code} before "${event}"`));
      });
    });
  return { child, output: () => output, ended, line };
}

const example = resolve(house, "examples/heart-disease.yaml");
const folder = (): string => mkdtempSync(join(tmpdir(), "tributary-"));
const files = ["cleveland", "hungarian", "switzerland", "va"].map(
  (name) => [name, resolve(house, `examples/data/heart_disease/processed.${name}.data`)] as const,
);
const worker = (address: string, [name, file]: readonly [string, string]): Process =>
  start(["worker", "--coordinator", address, "--data", file, "--name", name, "--state", folder(), "--json"]);

async function simulated(rounds: number): Promise<string> {
  const overrides = [parseOverride(`federation.rounds=${rounds}`)!];
  const text = readFileSync(example, "utf8");
  const experiment = decodeExperiment(example, text, { overrides, folder: resolve(example, "..") });
  return (await simulate(experiment, { threads: 1 })).modelHash;
}

test("a daemon and four workers train the model that a simulation trains, though one worker is killed and comes back", async () => {
  const rounds = 12;
  const state = folder();
  const set = `federation.rounds=${rounds}`;
  const daemon = start([
    "serve",
    "--listen",
    "127.0.0.1:0",
    "--state",
    state,
    "--run",
    example,
    "--set",
    set,
    "--absence",
    "120",
    "--json",
  ]);
  const { address } = (await daemon.line("listening")) as { address: string };
  const workers = files.map((file) => worker(address, file));
  await daemon.line("round");
  workers[1]!.child.kill("SIGKILL");
  worker(address, files[1]!);
  expect(await daemon.ended).toBe(0);
  const finished = events(daemon.output()).find(({ event }) => event === "finished");
  expect(finished).toMatchObject({ rounds, modelHash: await simulated(rounds) });
}, 240_000);
