/** A loss of one's own, written against the public surface alone and trained through worker threads, as a person would: in files. */
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { Random } from "../../shared/random.ts";
import { drawRows } from "../support/scene.ts";
import { events, house, newerNode, tributary } from "../support/tributary.ts";

const moduleOf = (expression: string): string => `
import { defineLoss, fromData, fromModel, graph } from ${JSON.stringify(pathToFileURL(join(house, "dist/index.js")).href)};
import { z } from ${JSON.stringify(pathToFileURL(join(house, "node_modules/zod/index.js")).href)};
export default defineLoss({
  name: "scaled-squares",
  version: 1,
  unit: "row",
  measure: "target²",
  options: z.strictObject({ factor: z.number().positive().default(1) }),
  inputs: { prediction: fromModel("real", ["batch", "…"]), target: fromData("real", ["batch", "…"]) },
  perExample: ({ prediction, target }, { factor }) => {
    const error = graph.subtract(prediction, target);
    return ${expression};
  },
});
`;

function ownFolder(expression: string, javascript = expression): string {
  const folder = mkdtempSync(join(tmpdir(), "tributary-own-loss-"));
  const lines = drawRows(80, Random.seeded(11)).map((row) => row.join(","));
  writeFileSync(join(folder, "a.csv"), ["x1,x2,y", ...lines.slice(0, 40)].join("\n"));
  writeFileSync(join(folder, "b.csv"), ["x1,x2,y", ...lines.slice(40)].join("\n"));
  writeFileSync(join(folder, "mine.mjs"), moduleOf(javascript));
  writeFileSync(join(folder, "mine.ts"), moduleOf(expression));
  writeFileSync(
    join(folder, "own.yaml"),
    `tributary: 1
name: own
data: { features: { numeric: [x1, x2] }, targets: { y: { column: y } } }
model: { trunk: { kind: linear }, heads: { y: 1 }, initial: { kind: zeros } }
objectives: { y: { head: y, target: y, loss: { kind: module, path: mine.mjs, options: { factor: 1 } } } }
federation: { mode: update, rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.05 }, epochs: 1, batchSize: 8 } }
simulation: { clients: { a: a.csv, b: b.csv } }
`,
  );
  return folder;
}
const simulate = (folder: string, ...more: string[]) => simulateOn(process.execPath, folder, ...more);
const simulateOn = (node: string, folder: string, ...more: string[]) =>
  tributary(["simulate", "own.yaml", "--json", "--out", "out", ...more], { cwd: folder, node });

describe("a loss in a module", () => {
  test("trains through worker threads, to the very model of the same loss in the catalogue", async () => {
    const folder = ownFolder("graph.multiply(factor, graph.square(error))");
    const own = await simulate(folder, "--threads", "2");
    expect([own.code, own.stderr]).toEqual([0, ""]);
    const known = await simulate(folder, "--set", "objectives.y.loss=mse", "--out", "known");
    expect(known.code).toBe(0);
    expect(events(own.stdout).at(-1)!["modelHash"]).toBe(events(known.stdout).at(-1)!["modelHash"]);
  });

  test("whose gradient is wrong is refused by input and coordinate, and nothing is written", async () => {
    const folder = ownFolder("graph.multiply(error, graph.stopGradient(error))");
    const { code, stderr } = await simulate(folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(/scaled-squares has the gradient .* for "prediction" at \[0/);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  test("in TypeScript loads where types are stripped, and is refused with advice elsewhere", async () => {
    const folder = ownFolder("graph.square(error)");
    const { code, stderr } = await simulate(folder, "--set", "objectives.y.loss.path=mine.ts");
    const strips = "typescript" in process.features && process.features.typescript !== false;
    expect(code).toBe(strips ? 0 : 2);
    if (!strips) expect(stderr).toContain("compile it to JavaScript");
  });

  test.skipIf(!existsSync(newerNode))(
    `in TypeScript trains to the model of its JavaScript on a newer Node (${newerNode}; skipped where there is none)`,
    async () => {
      const folder = ownFolder("graph.multiply(factor, graph.square(error)) satisfies unknown", "graph.square(error)");
      const [typed, plain] = [
        await simulateOn(newerNode, folder, "--set", "objectives.y.loss.path=mine.ts", "--out", "typed"),
        await simulate(folder),
      ];
      expect([typed.code, plain.code, plain.stderr]).toEqual([0, 0, ""]);
      expect(events(typed.stdout).at(-1)!["modelHash"]).toBe(events(plain.stdout).at(-1)!["modelHash"]);
    },
  );
});
