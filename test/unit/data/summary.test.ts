import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { exactProduct } from "../../../shared/data/exact-product.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import type { DataSchema, StandardizeSchema } from "../../../shared/data/schema.ts";
import {
  deviationOf,
  fitStatistics,
  meanOf,
  mergeStatistics,
  needsStatistics,
  standardizationOf,
} from "../../../shared/data/summary.ts";
import { Random } from "../../../shared/random.ts";
import { ExactSum } from "../../../shared/sum.ts";
import { tableOf } from "../../support/tables.ts";

/** A float64 as a whole number of 2⁻¹⁰⁷⁴: the oracle of exact sums. */
function fixed(x: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(x));
  const word = bits.getBigUint64(0);
  const exponent = word >> 52n;
  const fraction = word & ((1n << 52n) - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return x < 0 ? -magnitude : magnitude;
}
const exact = (values: readonly number[]): bigint => values.reduce((sum, x) => sum + fixed(x), 0n);

test("the two parts of a product hold every bit of it", () => {
  const factor = fc.double({ min: -1e100, max: 1e100, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-100);
  fc.assert(
    fc.property(factor, factor, (a, b) => {
      expect(exact(exactProduct(a, b)) << 1074n).toBe(fixed(a) * fixed(b));
    }),
  );
});

const schema: DataSchema = {
  features: { numeric: ["x"], categorical: { c: ["a", "b"] } },
  targets: { y: { column: "y", classes: 2 }, z: { column: "x" } },
  missing: { features: "mean", targets: "ignore" },
};
function random(rows: number, seed: number): Dataset {
  const chance = Random.seeded(seed);
  const x = Array.from({ length: rows }, () => (chance.integer(10) === 0 ? null : 1e9 + chance.normal()));
  const c = x.map(() => (chance.integer(3) === 0 ? "a" : "b"));
  const y = x.map(() => (chance.integer(8) === 0 ? null : chance.integer(2)));
  return toDataset(tableOf({ x, c, y }), { schema });
}

const sumOf = (value: number) => ExactSum.of([value]).toJSON();

describe("statistics", () => {
  test("of any shards, merged in any order and grouping, are those of all rows, bit for bit", () => {
    const data = random(300, 1);
    const whole = fitStatistics(data, schema);
    const chance = Random.seeded(11);
    for (let trial = 0; trial < 50; trial++) {
      const shards = 1 + chance.integer(7);
      const rows = Array.from({ length: shards + 1 }, (): number[] => []); // the last one stays empty
      for (let row = 0; row < data.rows; row++) rows[chance.integer(shards)]!.push(row);
      const parts = chance.shuffle(rows.map((own) => fitStatistics(data, schema, own)));
      const left = mergeStatistics(parts.slice(0, 2));
      expect(mergeStatistics([left, ...parts.slice(2)]), `trial ${trial}`).toEqual(whole);
      expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
    }
  });

  test("count rows, missing numbers, missing targets and classes", () => {
    const data = toDataset(tableOf({ x: [1, null, 3], c: ["a", "b", "b"], y: [1, 1, null] }), { schema });
    expect(fitStatistics(data, schema)).toEqual({
      rows: 3,
      table: [
        { count: 2, missing: 1, sum: sumOf(4), squares: sumOf(10), least: 1, greatest: 3 },
        { count: 3, missing: 0, sum: sumOf(1), squares: sumOf(1), least: 0, greatest: 1 },
        { count: 3, missing: 0, sum: sumOf(2), squares: sumOf(2), least: 0, greatest: 1 },
      ],
      targets: { y: { count: 2, missing: 1, classes: [0, 2] }, z: { count: 2, missing: 1 } },
    });
  });

  test("of nobody, and of clients without rows, are empty and standardize to what is there", () => {
    const none = fitStatistics(random(5, 1), schema, []);
    expect(none).toMatchObject({ rows: 0, table: [{ count: 0, least: null }, {}, {}] });
    expect(standardizationOf(none, { ...schema, standardize: "global" })).toMatchObject({
      fill: [0, 0, 0],
      center: [0, 0, 0],
      scale: [1, 1, 1],
    });
    expect(mergeStatistics([])).toEqual({ rows: 0, table: [], targets: {} });
  });

  test("of different schemas do not merge", () => {
    const other = fitStatistics(
      toDataset(tableOf({ x: [1] }), { schema: { features: { numeric: ["x"] }, targets: {} } }),
      { features: { numeric: ["x"] }, targets: {} },
    );
    expect(() => mergeStatistics([fitStatistics(random(5, 1), schema), other])).toThrow(
      "Expected statistics of the same columns and targets",
    );
  });

  test("refuse numbers whose squares would overflow", () => {
    const numeric: DataSchema = { features: { numeric: ["x"] }, targets: {} };
    expect(() => fitStatistics(toDataset(tableOf({ x: [1e200] }), { schema: numeric }), numeric)).toThrow(
      'Column "x": cannot standardize numbers beyond ±1e150',
    );
  });
});

describe("mean and deviation", () => {
  const numeric: DataSchema = { features: { numeric: ["x"] }, targets: {} };
  const column = (x: number[]) => fitStatistics(toDataset(tableOf({ x }), { schema: numeric }), numeric).table[0]!;

  test("are right to the last digits where the textbook formula has none left: 10⁹ + {4, 7, 13, 16}", () => {
    const summary = column([4, 7, 13, 16].map((x) => 1e9 + x));
    expect(meanOf(summary)).toBe(1e9 + 10);
    expect(deviationOf(summary, 1)).toBe(Math.sqrt(30));
    expect(deviationOf(summary, 0)).toBe(Math.sqrt(22.5));
  });

  test("of a column that does not vary are its value and 0, also where the mean is not that value", () => {
    for (const count of [1, 3, 7, 10]) expect(deviationOf(column(Array<number>(count).fill(0.1)), 0)).toBe(0);
  });

  test("agree with two passes over random numbers", () => {
    const chance = Random.seeded(4);
    const x = Array.from({ length: 1000 }, () => 5 + 3 * chance.normal());
    const mean = x.reduce((a, b) => a + b) / 1000;
    const variance = x.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / 999;
    expect(meanOf(column(x))).toBeCloseTo(mean, 12);
    expect(deviationOf(column(x), 1) / Math.sqrt(variance)).toBeCloseTo(1, 13);
  });
});

describe("standardization", () => {
  const columns = { x: [1, 3, null], c: ["a", "b", "b"], y: [0, 1, 1] };
  const of = (standardize: Partial<StandardizeSchema>) => {
    const own = { ...schema, standardize: { scope: "global" as const, ...standardize } };
    return standardizationOf(fitStatistics(toDataset(tableOf(columns), { schema: own }), own), own);
  };

  test("is of the numbers, of all columns, of those named, or of none", () => {
    expect(of({})).toEqual({
      columns: ["x", "c=a", "c=b"],
      fill: [2, 1 / 3, 2 / 3],
      center: [2, 0, 0],
      scale: [1, 1, 1],
    });
    expect(of({ columns: "all" }).center).toEqual([2, 1 / 3, 2 / 3]);
    expect(of({ columns: ["x"] }).center).toEqual([2, 0, 0]);
    expect(of({ columns: [] }).center).toEqual([0, 0, 0]);
    expect(of({ scope: "none" })).toMatchObject({ fill: [2, 1 / 3, 2 / 3], center: [0, 0, 0], scale: [1, 1, 1] });
  });

  test("divides by count − ddof, then adds epsilon", () => {
    expect(of({ ddof: 1 }).scale[0]).toBe(Math.SQRT2);
    expect(of({ ddof: 1, epsilon: 0.5 }).scale[0]).toBe(Math.SQRT2 + 0.5);
  });

  test("leaves a column that does not vary at 0", () => {
    const own: DataSchema = {
      features: { numeric: ["x"] },
      targets: {},
      standardize: { scope: "global", epsilon: 1e-9 },
    };
    const raw = tableOf({ x: [0.1, 0.1, 0.1] });
    const standardization = standardizationOf(fitStatistics(toDataset(raw, { schema: own }), own), own);
    expect(standardization.scale).toEqual([1]);
    expect([...toDataset(raw, { schema: own, standardization }).columns.get("feature/table")!.data]).toEqual([0, 0, 0]);
  });

  test("needs statistics where it standardizes or fills with the mean", () => {
    const numeric: DataSchema = { features: { numeric: ["x"] }, targets: {} };
    expect(needsStatistics(numeric)).toBe(false);
    expect(needsStatistics({ ...numeric, standardize: "per-client" })).toBe(true);
    expect(needsStatistics({ ...numeric, missing: { features: "mean" } })).toBe(true);
    expect(needsStatistics({ features: { index: { x: 3 } }, targets: {}, standardize: "global" })).toBe(false);
  });
});
