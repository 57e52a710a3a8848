import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { concatenateDatasets, columnOf, selectRows } from "../../../shared/data/dataset.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import { readTable } from "../../../shared/data/readers/reader.ts";
import type { DataSchema } from "../../../shared/data/schema.ts";
import { splitDataset } from "../../../shared/data/split.ts";
import { readSplit, splitByTable } from "../../../shared/data/split-file.ts";
import { standardize } from "../../../shared/data/standardize.ts";
import {
  deviationOf,
  fitStatistics,
  meanOf,
  mergeStatistics,
  standardizationOf,
} from "../../../shared/data/summary.ts";
import type { Table } from "../../../shared/data/table.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";

const heart = new URL("../../../examples/data/heart_disease/", import.meta.url).pathname;
const header = "age sex cp trestbps chol fbs restecg thalach exang oldpeak slope ca thal num".split(" ");
const hospitals = ["cleveland", "hungarian", "switzerland", "va"] as const;
const read = async (hospital: string): Promise<Table> =>
  readTable(join(heart, `processed.${hospital}.data`), { header });

/** FLamby's 13 features: every column but the last three, cp and restecg as categories without their first level. */
const flamby: DataSchema = {
  features: {
    numeric: ["age", "sex", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak"],
    categorical: { cp: [1, 2, 3, 4], restecg: [0, 1, 2] },
    encoding: "drop-first",
  },
  targets: { disease: { column: "num", above: 0 }, severity: { column: "num", levels: [0, 1, 2, 3, 4] } },
  missing: { token: ["?"], features: "drop-row" },
  standardize: { scope: "global", columns: "all", ddof: 1 },
};

describe("the four hospitals", () => {
  test.each([
    ["cleveland", 303, 45.9],
    ["hungarian", 294, 36.1],
    ["switzerland", 123, 93.5],
    ["va", 200, 74.5],
  ])("%s has %d rows, %d %% of them with the disease", async (hospital, rows, percent) => {
    const table = await read(hospital);
    const { table: columns, targets } = fitStatistics(
      toDataset(table, { schema: { features: {}, targets: flamby.targets } }),
      { features: {}, targets: flamby.targets },
    );
    expect([table.rows, columns]).toEqual([rows, []]);
    const [healthy, diseased] = targets["disease"]!.classes as [number, number];
    expect(healthy + diseased).toBe(rows);
    expect((100 * diseased) / rows).toBeCloseTo(percent, 1);
  });

  test.each([
    ["cleveland", 303, 199, 104],
    ["hungarian", 261, 172, 89],
    ["switzerland", 46, 30, 16],
    ["va", 130, 85, 45],
  ])("%s has FLamby's %d complete rows, split into %d and %d", async (hospital, rows, train, test) => {
    const table = await read(hospital);
    const data = toDataset(table, { schema: flamby });
    expect(data.rows).toBe(rows);
    const own = splitDataset(data, { test: 0.34, stratify: "disease" }, Random.seeded(42), hospital);
    const filed = splitByTable(data, table, await readSplit(join(heart, "split.csv")), hospital);
    for (const split of [own, filed]) expect([split.train.length, split.test.length]).toEqual([train, test]);
  });

  test("hide what the README says: chol = 0 in all 123 Swiss rows, Hungarian num 0 or 1", async () => {
    const zeros: DataSchema = {
      features: { numeric: ["chol"] },
      targets: {},
      missing: { token: ["?"], columns: { chol: [0] }, features: "mean" },
    };
    const swiss = fitStatistics(toDataset(await read("switzerland"), { schema: zeros }), zeros);
    expect(swiss.table[0]).toMatchObject({ count: 0, missing: 123 });
    const { targets } = fitStatistics(toDataset(await read("hungarian"), { schema: flamby }), flamby);
    expect(targets["severity"]!.classes!.slice(2)).toEqual([0, 0, 0]);
  });

  test("give the same standardization one by one as together, and it is the pooled mean and deviation", async () => {
    const split = await readSplit(join(heart, "split.csv"));
    const shards = await Promise.all(
      hospitals.map(async (hospital) => {
        const table = await read(hospital);
        const data = toDataset(table, { schema: flamby });
        return selectRows(data, splitByTable(data, table, split, hospital).train);
      }),
    );
    const merged = mergeStatistics(shards.map((shard) => fitStatistics(shard, flamby)));
    const pooled = concatenateDatasets(shards);
    expect(fitStatistics(pooled, flamby)).toEqual(merged);
    expect(merged.rows).toBe(486);
    const data = columnOf(standardize(pooled, standardizationOf(merged, flamby)), "feature/table").data;
    for (let column = 0; column < 13; column++) {
      const values = [...data].filter((_, at) => at % 13 === column);
      const mean = values.reduce((sum, value) => sum + value, 0) / 486;
      const variance = values.reduce((sum, value) => sum + value * value, 0) / 485;
      expect(mean).toBeCloseTo(0, 12);
      expect(variance).toBeCloseTo(1, 12);
    }
  });
});

describe("the hired bicycles", () => {
  const file = new URL("../../../examples/data/bike_sharing/hour.csv.gz", import.meta.url).pathname;
  test("are 17,379 hours of 189.46 bicycles in the mean", async () => {
    const schema: DataSchema = { features: { numeric: ["cnt"] }, targets: {} };
    const table = await readTable(file);
    const hires = fitStatistics(toDataset(table, { schema }), schema).table[0]!;
    expect(hires.count).toBe(17379);
    expect(meanOf(hires)).toBeCloseTo(189.46, 2);
    expect(table.columns.get("dteday")).toMatchObject({ kind: "text" });
  });
});

const mnist = join(process.env["TRIBUTARY_DATA"] ?? "", "mnist");
const train = { image: join(mnist, "train-images-idx3-ubyte.gz"), label: join(mnist, "train-labels-idx1-ubyte.gz") };
describe("MNIST", () => {
  test.skipIf(!existsSync(train.image))(
    "has 60,000 images of bytes, by class as published (skipped unless TRIBUTARY_DATA names the folder above mnist/)",
    async () => {
      const schema: DataSchema = {
        features: { image: { column: "image", shape: [28, 28, 1], scale: 1 / 255 } },
        targets: { digit: { column: "label", classes: 10 } },
      };
      const data = toDataset(await readTable(train), { schema });
      expect(fitStatistics(data, schema).targets["digit"]!.classes).toEqual([
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
      ]);
      expect(columnOf(data, "feature/image")).toMatchObject({ dtype: "uint8", rowShape: [28, 28, 1] });
    },
  );
});

describe("a CSV of 300,000 rows", () => {
  const folder = temporaryFolder();
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("is read with work in proportion to its size: no cell is copied more than twice", async () => {
    const rows = 300_000;
    const lines = Array.from({ length: rows }, (_, i) => `${i},${i % 7}.5,${i % 2 === 0 ? "even" : "odd"}`);
    const path = folder.write("big.csv", `id,x,parity\n${lines.join("\n")}\n`);
    const set = vi.spyOn(Float64Array.prototype, "set"); // what growing columns copy
    const table = await readTable(path);
    expect(table.rows).toBe(rows);
    const copied = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
    expect(copied).toBeGreaterThan(0);
    expect(copied).toBeLessThan(2 * 2 * rows); // two columns of numbers
    const schema: DataSchema = {
      features: { numeric: ["id", "x"], categorical: { parity: ["even", "odd"] } },
      targets: {},
    };
    const [id, x, even] = fitStatistics(toDataset(table, { schema }), schema).table;
    expect(meanOf(id!)).toBe((rows - 1) / 2);
    expect(deviationOf(x!, 0)).toBeCloseTo(2, 4);
    expect(meanOf(even!)).toBe(0.5);
  });
});
