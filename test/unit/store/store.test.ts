import { existsSync, readdirSync, readFileSync, writeFileSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../server/events.ts";
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from "../../../server/store/checkpoint.ts";
import { writeDurably } from "../../../server/store/durable.ts";
import { RunDirectory } from "../../../server/store/run-directory.ts";
import { temporaryFolder } from "../../support/files.ts";

const folder = temporaryFolder();
let count = 0;
const fresh = (): string => join(folder.path, `run-${count++}`);

const checkpoint = (version: number): Checkpoint => ({
  model: {
    version,
    parameters: Float64Array.from([0.1, -1e-300, 1e300]),
    optimizer: {
      steps: version,
      numbers: { beta1Power: 0.1 + 0.2 },
      vectors: { mean: Float64Array.from([1 / 3, 2, 3]) },
    },
    objectives: {
      weighting: { step: 2, averages: { y: Float64Array.from([1 / 3, -0]) } },
      priorities: {},
      constraints: { multipliers: { y: 0.1 + 0.2 }, waited: 0, least: {} },
      local: { y: 1 },
    },
  },
  watch: { best: { round: 2, value: 1 / 3 }, waited: 1, reached: false, first: { y: 0.7 } },
  best: Float64Array.from([4, 5, 6]),
  lossScale: { scale: 1024, streak: 3 },
  turns: { lille: 3 },
  committed: { lille: 7, lyon: 5 },
  kept: new Map<string, Float32Array | Float64Array>([
    ["lille", Float32Array.from([0.1, 2])],
    ["lyon", Float64Array.from([0.1, 2])],
  ]),
});
const evaluated = (round: number): RunEvent => ({ event: "evaluated", round, scores: {}, best: null, seconds: 0 });

describe("a checkpoint", () => {
  test("comes back with every bit", () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint(7)), "x")).toEqual(checkpoint(7));
  });

  test("without a best model has none", () => {
    const plain = { ...checkpoint(7), best: undefined };
    expect(decodeCheckpoint(encodeCheckpoint(plain), "x")).toEqual(plain);
  });
});

test("a durable file is whole, replaces the old one, and leaves nothing beside it", () => {
  const path = join(fresh(), "deep", "file");
  writeDurably(path, "old");
  writeDurably(path, Uint8Array.from([110, 101, 119]));
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(join(path, ".."))).toEqual(["file"]);
});

describe("a run directory", () => {
  test("keeps the newest checkpoints and resumes from the last", () => {
    const directory = RunDirectory.create(fresh(), { seed: 1 });
    for (const round of [5, 10, 15]) directory.saveCheckpoint(checkpoint(round), 2);
    expect(readdirSync(join(directory.path, "checkpoints"))).toEqual([
      "round-000010.safetensors",
      "round-000015.safetensors",
    ]);
    expect(RunDirectory.open(directory.path, { seed: 1 }).resume()).toEqual(checkpoint(15));
  });

  test("names the line of its events that is none", () => {
    const directory = RunDirectory.create(fresh(), {});
    directory.saveCheckpoint(checkpoint(5), 2);
    writeFileSync(join(directory.path, "events.ndjson"), '{"event":"round","round":1}\ngarbage\n');
    expect(() => directory.resume()).toThrow(/events.ndjson:2 is not an event: expected a JSON object, got garbage/);
  });

  test("that cannot be made is refused at once, with its path", () => {
    const file = temporaryFolder().write("file", "");
    expect(() => RunDirectory.create(join(file, "run"), {})).toThrow(
      `Cannot make the folder ${join(file, "run")} (ENOTDIR)`,
    );
    if (existsSync("/proc"))
      expect(() => RunDirectory.create("/proc/run", {})).toThrow("Cannot make the folder /proc/run (ENOENT)");
  });

  test("forgets the events after the checkpoint it resumes from, and a torn last line", () => {
    const directory = RunDirectory.create(fresh(), {});
    for (const round of [1, 2]) directory.appendEvent(evaluated(round));
    directory.saveCheckpoint(checkpoint(2), 2);
    directory.appendEvent(evaluated(3));
    appendFileSync(join(directory.path, "events.ndjson"), '{"event":"evalu');
    directory.resume();
    const lines = readFileSync(join(directory.path, "events.ndjson"), "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { round: number }).round)).toEqual([1, 2]);
  });

  test("begins anew when there was no checkpoint yet", () => {
    const directory = RunDirectory.create(fresh(), {});
    directory.appendEvent(evaluated(1));
    expect(directory.resume()).toBeUndefined();
    expect(readFileSync(join(directory.path, "events.ndjson"), "utf8")).toBe("");
  });

  test("refuses a folder that holds another run, one that holds none, and another experiment", () => {
    const { path } = RunDirectory.create(fresh(), { seed: 1 }, "seed: 1\n");
    expect(readFileSync(join(path, "experiment.yaml"), "utf8")).toBe("seed: 1\n");
    expect(() => RunDirectory.create(path, { seed: 1 })).toThrow(/already holds a run/);
    expect(() => RunDirectory.open(fresh(), {})).toThrow(/holds no run/);
    expect(() => RunDirectory.open(path, { seed: 2 })).toThrow(/not the experiment to resume/);
  });

  test("says which file is no checkpoint", () => {
    const directory = RunDirectory.create(fresh(), {});
    const file = directory.saveCheckpoint(checkpoint(1), 1);
    writeFileSync(file, "not a checkpoint at all");
    expect(existsSync(file)).toBe(true);
    expect(() => directory.resume()).toThrow(file);
  });
});
