/** Rules and weightings in modules of one's own: they do what those of the catalogue do, are held to their laws, and come from the package alone. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { simulateHere, trajectory } from "../support/scene.ts";
import { strategyScene } from "../support/strategy-scene.ts";
import { house } from "../support/tributary.ts";
import { gradientMode, twoHeads } from "../support/two-heads.ts";

const module = (name: string): string => `"${join(import.meta.dirname, "../support/modules", name)}"`;
const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";
const ruled = (aggregation: string): Experiment =>
  strategyScene(`mode: update, rounds: 3, ${local}, aggregation: { ${aggregation} }`);
const updates = `{ mode: update, rounds: 3, ${local.replace("0.1", "0.01")} }`;

describe("by its path", () => {
  test("a rule does what that of the catalogue does, bit for bit, after the same steps", async () => {
    const before = "before: [{ kind: clipping, c: 0.5 }]";
    const [mine, theirs] = [
      ruled(`rule: module, path: ${module("middle.ts")}, ${before}`),
      ruled(`rule: trimmed-mean, f: 1, ${before}`),
    ];
    expect(await trajectory(mine)).toEqual(await trajectory(theirs));
    const none = ruled(`rule: module, path: ${module("middle.ts")}, options: { f: 0 }`);
    expect(await trajectory(none)).toEqual(await trajectory(ruled("rule: trimmed-mean, f: 0")));
  });

  test("a weighting does what that of the catalogue does, bit for bit", async () => {
    const mine = twoHeads(`{ method: module, path: ${module("shortest.ts")} }`);
    expect(await trajectory(mine)).toEqual(await trajectory(twoHeads("{ method: mgda }")));
  });

  test("one that looks at losses alone weighs local work too, by its options", async () => {
    const once = await trajectory(twoHeads(`{ method: module, path: ${module("by-loss.ts")} }`, updates));
    const twice = await trajectory(
      twoHeads(`{ method: module, path: ${module("by-loss.ts")}, options: { twice: true } }`, updates),
    );
    expect(twice).not.toEqual(once);
  });
});

const bounded = "{ a: { head: a, target: a, loss: mse }, b: { head: b, target: b, loss: mse, bound: { atMost: 1 } } }";
test.each<readonly [string, () => Experiment, RegExp]>([
  ["a rule that breaks a law", () => ruled(`rule: module, path: ${module("first.ts")}`), /federation.aggregation: first depends on the order of rows/], // prettier-ignore
  ["options of a rule that takes none", () => ruled(`rule: module, path: ${module("first.ts")}, options: { f: 1 }`), /aggregation.options: the rule of .*first.ts takes none/], // prettier-ignore
  ["no module", () => ruled("rule: module, path: nowhere.mjs"), /federation.aggregation: expected a file at .*nowhere.mjs/], // prettier-ignore
  ["a module of another kind", () => ruled(`rule: module, path: ${module("by-loss.ts")}`), /to export a rule made by defineAggregation/], // prettier-ignore
  ["a weighting that is none", () => twoHeads(`{ method: module, path: ${module("first.ts")} }`), /to export a weighting made by defineWeighting/], // prettier-ignore
  ["an option there is not", () => twoHeads(`{ method: module, path: ${module("by-loss.ts")}, options: { thrice: true } }`), /weighting: .*thrice/], // prettier-ignore
  ["a weighting of gradients that are not there", () => twoHeads(`{ method: module, path: ${module("shortest.ts")} }`, updates), /weighting.method: is mgda, which needs the gradient of each objective/], // prettier-ignore
  ["one that minimizes no one number, beside multipliers", () => twoHeads(`{ method: module, path: ${module("shortest.ts")} }`, gradientMode, { objectives: bounded }), /and mgda minimizes none: use projection/], // prettier-ignore
])("%s is refused", async (_name, experiment, message) => {
  await expect(simulateHere(experiment())).rejects.toThrow(message);
});

test("beside priorities no weighting of one's own decides", () => {
  const objectives =
    "{ a: { head: a, target: a, loss: mse, priority: 1 }, b: { head: b, target: b, loss: mse, priority: 2 } }";
  expect(() => twoHeads("{ method: module, path: mine.mjs }", gradientMode, { objectives })).toThrow(
    /is module, but priorities decide/,
  );
});

test("the suites of every kind, and runs with one's own parts, need the package alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tributary-package-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(house, join(folder, "node_modules/tributary"), "junction");
  symlinkSync(join(house, "node_modules/zod"), join(folder, "node_modules/zod"), "junction");
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
  };
  write(
    "median.mjs",
    `import { defineAggregation } from "tributary";
const middle = (values) => { const s = values.toSorted((a, b) => a - b); const h = s.length >> 1; return s.length % 2 ? s[h] : (s[h - 1] + s[h]) / 2; };
export default defineAggregation({
  name: "my-median", fewest: 1, withstands: (n) => Math.ceil(n / 2) - 1,
  laws: { permutation: true, translation: true, scaling: true },
  choose: (rows) => ({ value: rows[0].map((_, j) => middle(rows.map((row) => row[j]))), selected: null }),
});`,
  );
  write(
    "steady.mjs",
    `import { defineWeighting } from "tributary";
import { z } from "zod";
export default defineWeighting({
  name: "steady", summary: "All alike.", needs: "losses", options: z.strictObject({}), promises: { degree: () => 1 },
  create: (_, names) => ({ init: () => null, step: (state) => ({ weights: new Float64Array(names.length).fill(1), state }) }),
});`,
  );
  write("x.csv", "x,y\n1,2\n2,4\n3,7\n4,8\n");
  write("z.csv", "x,y\n1,3\n2,5\n3,6\n4,9\n");
  write(
    "all.mjs",
    `import { checkAggregation, checkSelection, checkStrategy, checkWeighting, decodeExperiment, defineStrategy, simulate, weightingLaws } from "tributary";
import { z } from "zod";
import median from "./median.mjs";
import steady from "./steady.mjs";
checkAggregation(median);
checkWeighting(steady);
for (const { check } of weightingLaws(steady)) check();
const all = { name: "all", draw: ({ members }) => members };
await checkSelection(all);
await checkStrategy(defineStrategy({ name: "mine", options: z.strictObject({}), parts: () => ({ rule: median, selection: all }) }));
const lines = (federation, weighting) => \`
tributary: 1
name: mine
data: { features: { numeric: [x] }, targets: { y: { column: y } } }
model: { heads: { y: 1 } }
objectives: { y: { head: y, target: y, loss: mse } }
weighting: \${weighting}
federation: { mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.01 }, aggregation: \${federation} }
simulation: { threads: 1, clients: { x: x.csv, z: z.csv } }\`;
const run = async (...given) => (await simulate(decodeExperiment("mine.yaml", lines(...given), { folder: import.meta.dirname }))).modelHash;
const mine = await run("{ rule: module, path: median.mjs }", "{ method: module, path: steady.mjs }");
const theirs = await run("{ rule: median }", "{ method: fixed }");
process.stdout.write(JSON.stringify({ alike: mine === theirs, hash: mine }));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["all.mjs"], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual({ alike: true, hash: expect.stringMatching(/^[0-9a-f]{64}$|^sha256/) as string });
}, 60_000);
