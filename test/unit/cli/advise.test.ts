import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { adviseCommand, type AdviseFlags } from "../../../cli/advise.ts";
import { checkCommand } from "../../../cli/check.ts";
import { collectOverride } from "../../../cli/options.ts";
import { simulateCommand } from "../../../cli/simulate.ts";
import { simulate } from "../../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { Random } from "../../../shared/random.ts";
import { cellsOf, contextIn } from "../../support/context.ts";

const house = resolve(import.meta.dirname, "../../..");
const hospitals = ["cleveland", "hungarian", "va"].map((name) =>
  join(house, `examples/data/heart_disease/processed.${name}.data`),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-advise-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A csv of two features and a target. */
function write(name: string, rows: number, target: (x: number, random: Random) => string | number): string {
  const random = Random.seeded(name);
  const lines = Array.from({ length: rows }, () => {
    const x = random.normal();
    return `${x},${random.normal()},${target(x, random)}`;
  });
  writeFileSync(join(folder, name), ["x,z,y", ...lines, ""].join("\n"));
  return name;
}
const dirty = (x: number, random: Random): number =>
  1000 * (3 * x + random.normal() * (random.uniform() < 0.1 ? 20 : 1));
const run = async (files: readonly string[], flags: AdviseFlags) => {
  const context = contextIn(folder);
  const code = await adviseCommand(files, flags, context);
  return { code, printed: context.printed() };
};

describe("advise", () => {
  test("prints what the data say, and the losses with their reasons", async () => {
    const { code, printed } = await run([write("d.csv", 600, dirty)], { target: "y" });
    expect(code).toBe(0);
    const lines = cellsOf(printed).join("\n");
    expect(lines).toContain("y in d.csv: 600 rows, a number");
    expect(lines).toMatch(/^outliers \| [\d.]+ % of the residuals lie beyond 3\.5 deviations/m);
    expect(lines).toMatch(/^1 \| \{ kind: (huber|barron), .*\} \| \S/m);
  });

  test("says the same to a machine", async () => {
    const { printed } = await run([write("d.csv", 600, dirty)], { target: "y", json: true });
    const advice = JSON.parse(printed) as Record<string, unknown>;
    expect(advice).toMatchObject({ event: "advised", target: "y", task: "regression", rows: 600, clients: 1 });
  });

  const targets: Readonly<Record<string, (x: number, random: Random) => string | number>> = {
    "far outliers": dirty,
    "a line": (x, random) => x + random.normal(),
    "two classes": (x) => (x > 1.2 ? "yes" : "no"),
    "three classes": (x) => (x > 1 ? "a" : x > 0 ? "b" : "c"),
    levels: (x) => Math.max(1, Math.min(5, Math.round(3 + x))),
    "positive numbers": (x, random) => random.gamma(2) * (x > 0 ? 90 : 30),
    counts: (x, random) => Math.floor(random.gamma(1) * (x > 0 ? 60 : 20)),
  };
  test.each(Object.keys(targets))("writes an experiment that check accepts and simulate runs: %s", async (name) => {
    const file = write("d.csv", 400, targets[name]!);
    expect((await run([file], { target: "y", write: "first.yaml" })).code).toBe(0);
    const { objectives } = decodeExperiment("first.yaml", readFileSync(join(folder, "first.yaml"), "utf8"), { folder });
    const { printed } = await run([file], { target: "y", json: true });
    const { proposals } = JSON.parse(printed) as { proposals: { loss: string }[] };
    expect(objectives["goal"]?.loss.kind).toBe(proposals[0]?.loss);
    expect(await checkCommand("first.yaml", { set: [] }, contextIn(folder))).toBe(0);
    const context = contextIn(folder);
    expect(
      await simulateCommand(
        simulate,
        "first.yaml",
        { set: collectOverride("federation.rounds=3", []), out: "run", threads: 1 },
        context,
      ),
    ).toBe(0);
  });

  test("takes files of clients, or the summaries each client wrote, for what they say together", async () => {
    const summaries: string[] = [];
    for (const [i, file] of hospitals.entries()) {
      const name = `s${i}.json`;
      expect((await run([file], { target: "c14", summarize: name })).code).toBe(0);
      summaries.push(name);
    }
    const together = JSON.parse((await run(hospitals, { target: "c14", json: true })).printed) as Record<
      string,
      unknown
    >;
    const merged = JSON.parse((await run(summaries, { json: true })).printed) as Record<string, unknown>;
    expect(together).toMatchObject({ clients: 3, rows: 797, task: "ordinal" });
    expect(merged["proposals"]).toEqual(together["proposals"]);
  });

  test("writes over nothing without --force", async () => {
    const file = write("d.csv", 50, dirty);
    await run([file], { target: "y", write: "e.yaml" });
    await expect(run([file], { target: "y", write: "e.yaml" })).rejects.toThrow("e.yaml is there already");
    expect((await run([file], { target: "y", write: "e.yaml", force: true })).code).toBe(0);
  });

  test.each([
    ["no target", {}, "--target: expected the column to predict, one of x, z, y"],
    ["a column there is not", { target: "yy" }, 'No column "yy": did you mean "y"?'],
    ["several files and --by", { target: "y", by: "x" }, "--by cuts one file into clients"],
  ] as const)("refuses %s", async (_, flags, message) => {
    const file = write("d.csv", 50, dirty);
    const files = "by" in flags ? [file, file] : [file];
    await expect(run(files, flags)).rejects.toThrow(message);
  });

  test.each([
    ["{", "is no JSON"],
    ['{"rows":[]}', "expected a summary written by"],
    ["null", "expected a summary written by"],
  ])("refuses what is no summary: %s", async (text, message) => {
    writeFileSync(join(folder, "s.json"), text);
    await expect(run(["s.json"], {})).rejects.toThrow(message);
  });

  test("refuses a file that is missing or empty", async () => {
    await expect(run(["nowhere.csv"], { target: "y" })).rejects.toThrow("nowhere.csv");
    await expect(run(["nowhere.json"], {})).rejects.toThrow("nowhere.json");
    writeFileSync(join(folder, "empty.csv"), "");
    await expect(run(["empty.csv"], { target: "y" })).rejects.toThrow("empty.csv: is empty");
  });
});
