/** The two-objective problem of CAGrad and Nash-MTL: where each method ends from each of the three standard starts. */
import { describe, expect, test } from "vitest";
import type { WeightingName } from "../../shared/objectives/catalogue.ts";
import { descend, starts } from "../support/valley.ts";
import { sweep, writeTable } from "./tables.ts";

type Ends = readonly [number, number, number];

/** Mean losses at the end, computed once in float64 with NumPy and PyTorch. */
const methods: readonly (readonly [method: WeightingName, options: object, steps: number, published: Ends])[] = [
  ["mean", {}, 100_000, [1.912, -15.0916, 2.274]],
  ["cagrad", { c: 0.5 }, 50_000, [-15.0916, -15.0916, -15.0916]],
  ["mgda", {}, 100_000, [-14.141, -10.206, -14.107]],
  ["pcgrad", { order: "ascending" }, 100_000, [-14.508, -11.326, -12.926]],
  ["upgrad", {}, 100_000, [-14.508, -11.326, -12.926]],
  ["nash-mtl", { maxNorm: 1 }, 100_000, [-14.033, -11.824, -14.045]],
];

describe.skipIf(!sweep)("a valley behind walls", () => {
  test("six methods from three starts", { timeout: 7_200_000 }, () => {
    const rows: string[][] = [];
    for (const [method, options, steps, published] of methods) {
      for (const [i, start] of starts.entries()) {
        const { loss, slope } = descend(method, options, start, steps);
        const off = Math.abs(loss - published[i]!);
        const end = slope < 0.02 ? "on the Pareto set" : "not on the Pareto set";
        const verdict = off < 1e-3 ? "the same to 0.001" : `apart by ${off.toFixed(3)}, ${end}`;
        rows.push([method, start.join(", "), String(published[i]), loss.toFixed(4), verdict]);
        process.stderr.write(`${rows.at(-1)!.join(" | ")}\n`);
        if (method === "cagrad") expect(off).toBeLessThan(1e-3);
        if (method !== "mean") expect(loss).toBeLessThan(-10);
      }
    }
    writeTable("valley", ["method", "start", "reference", "ours", "verdict"], rows);
  });
});
