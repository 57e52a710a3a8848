import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changed, smallExperiment } from "../support/experiments.ts";
import { events, house, tributary } from "../support/tributary.ts";

const heart = join(house, "examples/heart-disease.yaml");
const hospitals = ["cleveland", "hungarian", "switzerland", "va"].map((name) =>
  join(house, `examples/data/heart_disease/processed.${name}.data`),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-process-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const run = (...args: string[]) => tributary(args, { cwd: folder });

describe("simulate", () => {
  test("trains, shows every hospital and everyone together, and says where things are", async () => {
    const { code, stdout, stderr } = await run("simulate", heart, "--set", "federation.rounds=5", "--out", "shown");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    for (const words of [
      "heart-disease · 4 clients",
      "cleveland",
      "hungarian",
      "switzerland",
      "va",
      "all together",
      "disease, on test rows",
      "all 5 rounds",
      "shown/model.safetensors",
      "predict shown",
    ]) {
      expect(stdout).toContain(words);
    }
    expect(stdout).not.toContain("\u001b"); // neither colours nor a progress line: nobody is looking
    for (const file of ["model.safetensors", "experiment.yaml", "experiment.json", "events.ndjson", "summary.json"])
      expect(existsSync(join(folder, "shown", file)), file).toBe(true);
  });

  test("--json prints one event per line and ends with the finished one", async () => {
    const { code, stdout } = await run(
      "simulate",
      heart,
      "--set",
      "federation.rounds=4",
      "--set",
      "evaluation.everyRounds=2",
      "--json",
      "--out",
      "json",
    );
    expect(code).toBe(0);
    const lines = events(stdout);
    expect(lines[0]).toMatchObject({ event: "started", clients: 4, seed: 42, rounds: 4 });
    expect(lines.filter(({ event }) => event === "round")).toHaveLength(4);
    expect(lines.at(-1)).toMatchObject({
      event: "finished",
      rounds: 4,
      stopReason: "rounds",
      modelHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      metrics: { "disease/test/accuracy": expect.any(Number) as number },
      objectives: { disease: { test: { loss: expect.any(Number) as number } } },
    });
  });

  test("gives the same model on one thread and on three, and another for another seed", async () => {
    const hashOf = async (name: string, ...more: string[]): Promise<unknown> => {
      const { stdout } = await run("simulate", heart, "--set", "federation.rounds=3", "--json", "--out", name, ...more);
      return events(stdout).at(-1)!["modelHash"];
    };
    const one = await hashOf("one", "--threads", "1");
    expect(await hashOf("three", "--threads", "3")).toBe(one);
    expect(await hashOf("other", "--seed", "43")).not.toBe(one);
  });

  test("stops for Ctrl-C with a checkpoint and 130, and goes on to the same bits", async () => {
    const settings = ["--set", "federation.rounds=400", "--set", "evaluation.everyRounds=100", "--json"];
    const whole = events((await run("simulate", heart, ...settings, "--out", "whole")).stdout).at(-1)!;
    let asked = false;
    const stopped = await tributary(["simulate", heart, ...settings, "--out", "halves"], {
      cwd: folder,
      onOutput: (text, kill) => {
        if (asked || !text.includes('"event":"round","round":20,')) return;
        asked = true;
        kill("SIGINT");
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("stopping after this round");
    expect(events(stopped.stdout).at(-1)).toMatchObject({ event: "finished", stopReason: "interrupted" });
    const resumed = await run("simulate", heart, ...settings, "--out", "halves", "--resume");
    expect(resumed.code).toBe(0);
    expect(events(resumed.stdout)[0]!["resumedFrom"]).toBeGreaterThanOrEqual(20);
    expect(events(resumed.stdout).at(-1)!["modelHash"]).toBe(whole["modelHash"]);
  });

  test("--seeds writes a tidy CSV and reports mean and deviation", async () => {
    const { code, stdout } = await run(
      "simulate",
      heart,
      "--set",
      "federation.rounds=2",
      "--seeds",
      "1..3",
      "--out",
      "seeds",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/disease\/test\/accuracy( +0\.\d{4}){4}/);
    const csv = readFileSync(join(folder, "seeds/seeds.csv"), "utf8");
    expect(csv).toMatch(/^run,round,objective,part,metric,value\n/);
    for (const seed of [1, 2, 3]) expect(csv).toContain(`seed-${seed},2,disease,test,accuracy,`);
  });
});

describe("init, check, simulate and predict follow each other", () => {
  test("on somebody's own files", async () => {
    const init = await run("init", ...hospitals, "--target", "c14", "--name", "own", "--yes");
    expect(init.stderr).toBe("");
    expect(init.code).toBe(0);
    const check = await run("check", "own.yaml");
    expect(check.code).toBe(0);
    expect(check.stdout.match(/fits: /g)).toHaveLength(4);
    expect((await run("simulate", "own.yaml", "--set", "federation.rounds=3", "--out", "own")).code).toBe(0);
    const predict = await run("predict", "own", hospitals[0]!);
    expect(predict.code).toBe(0);
    expect(predict.stdout).toMatch(/^row,goal,goal_probability\n1,[0-4],0\.\d+\n/);
    const json = events((await run("predict", "own", hospitals[0]!, "--json")).stdout);
    expect(json).toHaveLength(303);
    expect(json[0]).toMatchObject({ row: 1, goal: { probabilities: { 0: expect.any(Number) as number } } });
  });
});

describe("bad usage and configuration exit 2, and say what to do", () => {
  test.each([
    ["no such command", ["simulat"], /unknown command 'simulat'/],
    ["no such flag", ["simulate", heart, "--thread", "1"], /unknown option '--thread'/],
    ["no experiment", ["simulate"], /missing required argument 'experiment'/],
    [
      "an --out below a file",
      ["simulate", heart, "--out", "/dev/null/x"],
      /Cannot make the folder \/dev\/null\/x \(ENOTDIR\)/,
    ],
    ["a file that is not there", ["simulate", "nowhere.yaml"], /No file nowhere.yaml: expected an experiment/],
    [
      "no whole number",
      ["simulate", heart, "--threads", "two"],
      /--threads: expected a whole number of at least 1, got "two"/,
    ],
    ["seed and seeds", ["simulate", heart, "--seed", "1", "--seeds", "1..2"], /cannot be used with/],
    ["a --set without =", ["simulate", heart, "--set", "rounds"], /--set: expected path=value/],
    [
      "a --set nobody knows",
      ["simulate", heart, "--set", "federation.round=1"],
      /--set federation.round=1 federation.round: is not a known key: did you mean "rounds"\?/,
    ],
    ["nothing to resume", ["simulate", heart, "--out", "never", "--resume"], /there is no run in never/],
    ["no model to predict with", ["predict", "never", heart], /No trained model at/],
  ])("%s", async (_, args, message) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /); // no stack
    expect(code).toBe(2);
  });

  test("all problems of an experiment, with line and column", async () => {
    const file = write("bad.yaml", changed("seed: 7", "sed: 7").replace("rounds: 3", "rounds: many"));
    const { code, stderr } = await run("simulate", file);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:3:1 sed: is not a known key: did you mean "seed"?`);
    expect(stderr).toContain(`${file}:18:11 federation.rounds: expected a number, got "many"`);
  });
});

describe("bad data", () => {
  const experiment = smallExperiment.replaceAll("data/", "");
  const good =
    Array.from({ length: 20 }, (_, i) => `${i},${20 - i},${i % 2 === 0 ? "red" : "green"},${i % 2}`).join("\n") + "\n";
  const simulate = (name: string, ...more: string[]) => run("simulate", "small.yaml", "--out", name, ...more);

  beforeAll(() => {
    write("small.yaml", experiment);
    write("north.csv", good);
  });

  test.each([
    ["a file that is not there", undefined, /south.csv/, 2],
    [
      "a text where a number belongs",
      good.replace("3,17,", "three,17,"),
      /south.csv:4, column "x1": expected a number, got "three"/,
      1,
    ],
    [
      "a category outside the list",
      good.replace("3,17,green", "3,17,blue"),
      /south.csv:4, column "colour": expected one of red, green, got "blue"/,
      1,
    ],
    ["NaN", good.replace("3,17,", "NaN,17,"), /south.csv:4, column "x1"/, 1],
    ["a ragged row", good.replace("3,17,", "3,"), /south.csv:4/, 1],
  ])("%s is refused with its place", async (_, text, message, expected) => {
    if (text === undefined) rmSync(join(folder, "south.csv"), { force: true });
    else write("south.csv", text);
    const { code, stderr } = await simulate("refused");
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
  });

  test("a client with one class trains all the same", async () => {
    write("south.csv", good.replaceAll(/,1$/gm, ",0"));
    expect((await simulate("one-class")).code).toBe(0);
  });

  test("a diverging run stops, says why, and fails", async () => {
    write("south.csv", good);
    const { code, stdout } = await simulate(
      "diverged",
      "--set",
      "objectives.goal.loss=mse",
      "--set",
      "data.targets.goal={ column: y }",
      "--set",
      "data.split={ test: 0.25 }",
      "--set",
      "evaluation.metrics={}",
      "--set",
      "federation.local.optimizer.learningRate=1000",
      "--set",
      "federation.rounds=200",
      "--json",
    );
    expect(events(stdout).at(-1)).toMatchObject({ event: "finished", stopReason: "diverged" });
    expect(code).toBe(1);
  });

  test("more clients than rows are refused", async () => {
    write(
      "cut.yaml",
      experiment.replace(/ {2}clients: \{ north.*\n/, "  data: north.csv\n  partition: { kind: iid, clients: 50 }\n"),
    );
    const { code, stderr } = await run("simulate", "cut.yaml");
    expect(stderr).toMatch(/50/);
    expect(code).not.toBe(0);
  });
});
