/** What every weighting owes its callers, method by method; and the optimality conditions of those that solve a programme. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { weightings } from "../../shared/objectives/catalogue.ts";
import { answerCombine } from "../../shared/objectives/combine-request.ts";
import { defineWeighting } from "../../shared/objectives/define-weighting.ts";
import { gramian } from "../../shared/objectives/gramian.ts";
import { checkWeighting, weightingLaws } from "../../shared/objectives/weighting-laws.ts";
import { Random } from "../../shared/random.ts";

/** More options of a method, beside its defaults; `weighted` has none, and takes as many weights as there are objectives. */
const variants: Readonly<Record<string, readonly object[]>> = {
  weighted: [{ weights: { "objective-0": 1, "objective-1": 0.5, "objective-2": 2 } }],
  cagrad: [{}, { c: 1 }, { c: 10 }],
  "nash-mtl": [{}, { normalize: true }, { maxNorm: 1 }],
  fairgrad: [{}, { alpha: 0.5 }, { alpha: 1 }],
  "aligned-mtl": [{}, { scaleMode: "median" }, { scaleMode: "rmse" }],
  "fedmgda-plus": [{}, { epsilon: 1 }, { epsilon: 0 }, { epsilon: 0.2, normalizeRows: false }],
  famo: [{}, { optimizer: "sgd" }],
  random: [{}, { distribution: "uniform" }],
  term: [{}, { t: -2 }, { t: 0 }],
  pcgrad: [{}, { order: "ascending" }],
  "grad-vac": [{}, { beta: 0.5, order: "ascending" }],
};
const perObjectiveWeights = new Set(["weighted"]); // named for three objectives: laws of other sizes do not apply

describe.each(Object.values(weightings))("$name", (method) => {
  describe.each(variants[method.name] ?? [{}])("with %o", (options) => {
    if (perObjectiveWeights.has(method.name)) {
      test("counts each objective as it is told", () => {
        const names = ["objective-0", "objective-1", "objective-2"];
        expect(answerCombine({ method: method.name, options, losses: [1, 2, 3], names }).weights).toEqual([1, 0.5, 2]);
      });
      return;
    }
    for (const { title, check } of weightingLaws(method, options)) test(title, check);
  });
});

/** Jacobians of every awkward kind, at sizes from 1e−15 to 1e15. */
function* awkward(): Generator<number[][]> {
  const random = Random.seeded(5).fork("awkward");
  for (const m of [1, 2, 3, 6, 12]) {
    for (const d of [1, 2, 5, 20]) {
      for (const size of [1e-15, 1, 1e15]) {
        const rows = Array.from({ length: m }, () => Array.from({ length: d }, () => size * random.normal()));
        if (random.uniform() < 0.3) rows[m - 1] = rows[0]!.map((x) => -2 * x);
        if (random.uniform() < 0.2) rows[0] = rows[0]!.map(() => 0);
        yield rows;
      }
    }
  }
}

const times = (rows: readonly number[][], d: readonly number[]): number[] =>
  rows.map((row) => row.reduce((sum, x, k) => sum + x * d[k]!, 0));
const length = (row: readonly number[]): number => {
  const top = Math.max(...row.map(Math.abs));
  return top === 0 ? 0 : top * Math.sqrt(row.reduce((sum, x) => sum + (x / top) * (x / top), 0));
};

test("mgda's direction is the shortest in the hull: ⟨gᵢ, d⟩ ≥ ‖d‖² with equality where a weight is not 0", () => {
  for (const jacobian of awkward()) {
    const { weights, direction } = answerCombine({ method: "mgda", jacobian });
    const longest = Math.max(...jacobian.map(length));
    const unit = longest === 0 ? 1 : longest;
    const along = times(
      jacobian,
      direction!.map((x) => x / unit),
    ).map((x) => x / unit);
    const square = direction!.reduce((sum, x) => sum + (x / unit) * (x / unit), 0);
    expect(weights!.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
    weights!.forEach((weight, i) => {
      expect(weight).toBeGreaterThanOrEqual(0);
      expect(along[i]! - square).toBeGreaterThanOrEqual(-1e-9);
      expect(weight * Math.abs(along[i]! - square)).toBeLessThanOrEqual(1e-9);
    });
  }
});

test("dual-proj satisfies its optimality conditions: v ≥ p, Jd ≥ 0, and (v − p)·Jd = 0", () => {
  for (const jacobian of awkward()) {
    const { weights, direction } = answerCombine({ method: "dual-proj", jacobian });
    const p = 1 / jacobian.length;
    weights!.forEach((weight, i) => {
      const size = length(jacobian[i]!) * Math.max(...jacobian.map(length)) || 1;
      const along = times([jacobian[i]!], direction!)[0]! / size;
      expect(weight).toBeGreaterThanOrEqual(p - 1e-15);
      expect(along).toBeGreaterThanOrEqual(-1e-8);
      expect(((weight - p) / Math.max(1, weight)) * along).toBeLessThanOrEqual(1e-8);
    });
  }
});

test("cagrad's direction is as far from the mean as it may be, and no other there serves the worst objective better", () => {
  const random = Random.seeded(6).fork("cagrad");
  for (let i = 0; i < 20; i++) {
    const m = 2 + random.integer(5);
    const jacobian = Array.from({ length: m }, () => Array.from({ length: 8 }, () => random.normal()));
    const { direction } = answerCombine({ method: "cagrad", options: { c: 0.5 }, jacobian });
    const mean = jacobian[0]!.map((_, k) => jacobian.reduce((sum, row) => sum + row[k]!, 0) / m);
    const reach = 0.5 * length(mean);
    expect(length(direction!.map((x, k) => x - mean[k]!))).toBeCloseTo(reach, 9);
    const worst = Math.min(...times(jacobian, direction!));
    for (let trial = 0; trial < 200; trial++) {
      const step = direction!.map((x, k) => x - mean[k]! + 0.05 * random.normal());
      const other = mean.map((x, k) => x + (reach * step[k]!) / length(step));
      expect(Math.min(...times(jacobian, other))).toBeLessThanOrEqual(worst + 1e-9);
    }
  }
});

test("nash-mtl's weights solve Gα = 1/α, and fairgrad's Gw = w^(−1/α)", () => {
  const random = Random.seeded(7).fork("nash");
  for (let i = 0; i < 20; i++) {
    const rows = Array.from({ length: 5 }, () => Float64Array.from({ length: 9 }, () => random.normal()));
    const jacobian = rows.map((row) => [...row]);
    const products = gramian(rows).map((row) => [...row]);
    for (const [request, power] of [
      [{ method: "nash-mtl" }, -1],
      [{ method: "fairgrad", options: { alpha: 0.5 } }, -2],
    ] as const) {
      const { weights } = answerCombine({ ...request, jacobian });
      times(products, weights!).forEach((value, k) => {
        expect(value * weights![k]! ** -power).toBeCloseTo(1, 9);
      });
    }
  }
});

test("a method that breaks its promises is told which", () => {
  const greedy = defineWeighting({
    name: "greedy",
    summary: "Follows the first objective, and claims to harm none.",
    needs: "gramian",
    options: z.strictObject({}),
    promises: { nonConflicting: () => true, degree: () => 1 },
    create: () => ({
      init: () => null,
      step: (state, { names }) => ({ weights: Float64Array.from(names, (_, i) => Number(i === 0)), state }),
    }),
  });
  expect(() => {
    checkWeighting(greedy);
  }).toThrow(/order of the objectives[\s\S]*harms no objective: greedy: harms an objective of 2/);
});
