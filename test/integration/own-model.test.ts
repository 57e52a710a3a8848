/** A model of one's own, written against the public surface alone, trained and used as a person would: in files. */
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { Random } from "../../shared/random.ts";
import { drawRows } from "../support/scene.ts";
import { house, tributary } from "../support/tributary.ts";

/** A GRU that reads a row's numbers one after the other, normalized, with a dense layer behind it. */
const module = `
import { defineModel, dense, graph, gruCell, layerNormalization, unroll } from ${JSON.stringify(pathToFileURL(join(house, "dist/index.js")).href)};
import { z } from ${JSON.stringify(pathToFileURL(join(house, "node_modules/zod/index.js")).href)};
export default defineModel({
  name: "reader",
  options: z.strictObject({ units: z.int().default(3) }),
  build: (place, { units }, heads) => {
    const x = place.feature("table");
    const sequence = graph.reshape(x, [...x.shape, 1]);
    const last = unroll(gruCell(place.at("cell"), 1, units), sequence, units);
    const shown = graph.reshape(graph.slice(last, 1, x.shape[1] - 1, 1), [x.shape[0], units]);
    return { y: dense(place.at("head"), layerNormalization(place.at("norm"), shown), heads.y.outputs) };
  },
});
`;

function ownFolder(model: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tributary-own-"));
  const rows = drawRows(80, Random.seeded(11));
  const csv = (from: number): string =>
    ["x1,x2,y", ...rows.slice(from, from + 40).map((row) => row.join(","))].join("\n");
  writeFileSync(join(folder, "a.csv"), csv(0));
  writeFileSync(join(folder, "b.csv"), csv(40));
  writeFileSync(join(folder, "reader.mjs"), module);
  writeFileSync(
    join(folder, "own.yaml"),
    `tributary: 1
name: own
data: { features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 } } }
model: ${model}
objectives: { y: { head: y, target: y, loss: bce-with-logits } }
federation: { mode: update, rounds: 8, local: { optimizer: { kind: adam, learningRate: 0.02 }, epochs: 2, batchSize: 8 } }
simulation: { clients: { a: a.csv, b: b.csv } }
`,
  );
  return folder;
}

const finished = (stdout: string): { modelHash: string; metrics: Record<string, number> } =>
  JSON.parse(stdout.trim().split("\n").at(-1)!) as { modelHash: string; metrics: Record<string, number> };

describe("a model in a module", () => {
  test("learns, is the same on any number of threads, predicts, and hands its weights on", async () => {
    const folder = ownFolder("{ trunk: { kind: module, path: reader.mjs, options: { units: 4 } }, heads: { y: 1 } }");
    const run = (out: string, ...more: string[]) =>
      tributary(["simulate", "own.yaml", "--json", "--out", out, ...more], { cwd: folder });
    const one = await run("one", "--threads", "1");
    expect(one.stderr).toBe("");
    const two = finished((await run("two", "--threads", "2")).stdout);
    expect(two.modelHash).toBe(finished(one.stdout).modelHash);
    expect(two.metrics["y/train/loss"]).toBeLessThan(Math.LN2);

    const predictions = await tributary(["predict", "one", "a.csv"], { cwd: folder });
    expect(predictions.code).toBe(0);
    expect(predictions.stdout.trim().split("\n")).toHaveLength(41);

    const still = ["federation.rounds=1", "federation.local.optimizer.learningRate=1e-30"].flatMap((s) => ["--set", s]);
    const handed = await run("more", "--set", "model.initial.file=one/model.safetensors", ...still);
    expect(finished(handed.stdout).modelHash).toBe(two.modelHash); // steps too small to change a float32
  });

  test("that is not there is named, and nothing is written", async () => {
    const folder = ownFolder("{ trunk: { kind: module, path: nowhere.mjs }, heads: { y: 1 } }");
    const { code, stderr } = await tributary(["simulate", "own.yaml", "--out", "out"], { cwd: folder });
    expect(code).not.toBe(0);
    expect(stderr).toContain("nowhere.mjs");
    expect(existsSync(join(folder, "out"))).toBe(false);
  });
});
