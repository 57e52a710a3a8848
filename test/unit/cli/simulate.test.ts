import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exitCodeOf, exitCodeOfRun } from "../../../cli/exit-codes.ts";
import { collectOverride, seedList, wholeNumber } from "../../../cli/options.ts";
import { placeRun } from "../../../cli/run-directory.ts";
import { spread, tidy } from "../../../cli/simulate-seeds.ts";
import { simulateCommand } from "../../../cli/simulate.ts";
import type { RunEvent } from "../../../server/events.ts";
import type { Simulate } from "../../../server/simulation/options.ts";
import { TributaryError } from "../../../shared/errors.ts";
import { cellsOf, contextIn } from "../../support/context.ts";
import { smallExperiment } from "../../support/experiments.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-cli-"));
  writeFileSync(join(folder, "small.yaml"), smallExperiment);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A simulation without any learning: the loss of round r is seed / r. */
const pretend: Simulate = async (experiment, { out, onEvent } = {}) => {
  const { seed, federation } = experiment;
  const emit = (event: RunEvent): void => {
    onEvent?.(event);
    if (out !== undefined) writeFileSync(join(out, "events.ndjson"), `${JSON.stringify(event)}\n`, { flag: "a" });
  };
  if (out !== undefined) mkdirSync(out, { recursive: true });
  const scores = (loss: number) => ({ goal: { test: { loss, examples: 5, metrics: { accuracy: 0.5 } } } });
  const common = { name: experiment.name, seed, rounds: federation.rounds, directory: out ?? null };
  emit({
    event: "started",
    ...common,
    mode: "update",
    precision: "float32",
    threads: 1,
    resumedFrom: 0,
    clients: 2,
    cohort: 2,
    trainRows: 15,
    testRows: 5,
    parameters: 3,
    objectives: ["goal"],
    programHash: "sha256:0",
  });
  for (let round = 1; round <= federation.rounds; round++) {
    emit({
      event: "round",
      round,
      rounds: federation.rounds,
      clients: 2,
      losses: { goal: seed / round },
      learningRate: 0.1,
      clipped: {},
      lossScale: null,
      skipped: false,
      weights: { goal: 1 },
      stationary: false,
      constraints: {},
      infeasible: [],
      rejected: [],
      stepNorm: 1,
      seconds: 0.01,
    });
    emit({ event: "evaluated", round, scores: scores(seed / round), best: null, seconds: 0.01 });
  }
  const objectives = scores(seed / federation.rounds);
  const finished = {
    event: "finished",
    ...common,
    stopReason: "rounds",
    explanation: "all 3 rounds are done",
    modelHash: `sha256:${"0".repeat(64)}`,
    metrics: { "goal/test/loss": seed / federation.rounds, "goal/test/accuracy": null },
    objectives,
    exactness: { goal: { exact: false, because: ["local steps"] } },
    selected: [],
    best: null,
    seconds: 0.05,
  } as const;
  emit(finished);
  const client = (name: string) => ({ client: name, trainRows: 7, testRows: 2, scores: objectives });
  return await Promise.resolve({ ...finished, clients: [client("north"), client("south")] });
};

describe("simulate", () => {
  test("prints what was trained, the curve, a table of clients, and what to do next", async () => {
    const context = contextIn(folder);
    expect(await simulateCommand(pretend, "small.yaml", { set: [] }, context)).toBe(0);
    const lines = cellsOf(context.printed());
    expect(lines).toContain("small · 2 clients · 15 training rows, 5 test rows · 3 parameters");
    expect(lines).toContain("goal | training loss | 7.0000 █▃▁ 2.3333");
    expect(lines).toContain("goal, on test rows");
    expect(lines).toContain("client | training rows | test rows | loss | accuracy");
    expect(lines).toContain("north | 7 | 2 | 2.3333 | 0.5000");
    expect(lines).toContain("all together | 15 | 5 | 2.3333 | 0.5000");
    expect(lines).toContain("all 3 rounds are done · 50 ms · 60.0 rounds/s");
    expect(lines).toContain("next | tributary predict runs/small-1 data/north.csv");
    expect(lines).toContain("tributary simulate small.yaml --seeds 1..5");
  });

  test("--json prints one event per line and nothing else, finished last", async () => {
    const context = contextIn(folder);
    await simulateCommand(pretend, "small.yaml", { set: [], seed: 3, json: true }, context);
    const events = context
      .printed()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as RunEvent);
    expect(events.map(({ event }) => event)).toEqual([
      "started",
      "round",
      "evaluated",
      "round",
      "evaluated",
      "round",
      "evaluated",
      "finished",
    ]);
    expect(events.at(-1)).toMatchObject({ rounds: 3, stopReason: "rounds", metrics: { "goal/test/loss": 1 } });
  });

  test("--seeds reports mean and deviation, and a tidy CSV of run × round × objective × metric", async () => {
    const context = contextIn(folder);
    expect(await simulateCommand(pretend, "small.yaml", { set: [], seeds: [1, 2, 3], out: "many" }, context)).toBe(0);
    const lines = cellsOf(context.printed());
    expect(lines).toContain("at the end of each run | mean | deviation | least | most");
    expect(lines).toContain("goal/test/loss | 0.6667 | 0.3333 | 0.3333 | 1.0000");
    const csv = readFileSync(join(folder, "many/seeds.csv"), "utf8").trimEnd().split("\n");
    expect(csv[0]).toBe("run,round,objective,part,metric,value");
    expect(csv).toHaveLength(1 + 3 * 3 * 2);
    expect(csv).toContain("seed-2,1,goal,test,loss,2");
  });

  test("an event file without evaluations gives a CSV of its heading alone", () => {
    writeFileSync(join(folder, "events.ndjson"), "");
    expect(tidy([{ run: "seed-1", events: join(folder, "events.ndjson") }])).toBe(
      "run,round,objective,part,metric,value\n",
    );
  });
});

test("the spread of [1, 2, 4] and of a single value", () => {
  expect(spread([1, 2, 4])).toEqual({
    runs: 3,
    mean: 7 / 3,
    deviation: expect.closeTo(Math.sqrt(7 / 3), 12) as number,
    least: 1,
    most: 4,
  });
  expect(spread([5])).toEqual({ runs: 1, mean: 5, deviation: 0, least: 5, most: 5 });
});

describe("the run directory", () => {
  const place = (options: { out?: string; resume?: boolean }) =>
    placeRun({ cwd: folder, name: "small", resume: false, ...options });
  const run = (name: string): void => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "events.ndjson"), "");
  };

  test("is the next free number, and with --resume the newest", () => {
    expect(place({})).toBe(join(folder, "runs/small-1"));
    run("runs/small-2");
    run("runs/small-10");
    run("runs/small-other-50");
    expect(place({})).toBe(join(folder, "runs/small-11"));
    expect(place({ resume: true })).toBe(join(folder, "runs/small-10"));
  });

  test("is not written over, nor resumed where there is none", () => {
    run("mine");
    expect(() => place({ out: "mine" })).toThrow(/already holds something/);
    expect(place({ out: "mine", resume: true })).toBe(join(folder, "mine"));
    expect(() => place({ out: "small.yaml" })).toThrow("--out: small.yaml is a file, expected a folder");
    expect(() => place({ out: "nowhere", resume: true })).toThrow(/there is no run/);
    expect(() => place({ resume: true })).toThrow(/there is no run of small/);
  });
});

describe("flags", () => {
  test("seeds are ranges and lists", () => {
    expect(seedList("1..4,9, 2")).toEqual([1, 2, 3, 4, 9]);
    for (const bad of ["", "a", "3..1", "1..", "-1"]) expect(() => seedList(bad), bad).toThrow(/--seeds: expected/);
  });
  test("numbers are whole and large enough", () => {
    expect(wholeNumber("--threads", 1)("4")).toBe(4);
    for (const bad of ["0", "1.5", "two", ""])
      expect(() => wholeNumber("--threads", 1)(bad), bad).toThrow(
        `--threads: expected a whole number of at least 1, got "${bad}"`,
      );
  });
  test("--set needs an equals sign", () => {
    expect(() => collectOverride("rounds", [])).toThrow('--set: expected path=value, got "rounds"');
  });
});

test("errors and ends of runs have their exit codes", () => {
  expect(exitCodeOf(new TributaryError("invalid-experiment", ""))).toBe(2);
  expect(exitCodeOf(new TributaryError("invalid-data", ""))).toBe(1);
  expect(exitCodeOf(new Error("anything"))).toBe(1);
  expect((["rounds", "target", "patience", "diverged", "interrupted"] as const).map(exitCodeOfRun)).toEqual([
    0, 0, 0, 1, 130,
  ]);
});
