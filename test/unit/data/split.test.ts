import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDataset, type Dataset } from "../../../shared/data/dataset.ts";
import { apportion, splitDataset, splitRows } from "../../../shared/data/split.ts";
import { readSplit, splitByTable } from "../../../shared/data/split-file.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { tableOf } from "../../support/tables.ts";

const random = Random.seeded(7);
const countOf = (values: ArrayLike<number>, rows: Int32Array, value: number): number =>
  [...rows].filter((row) => values[row] === value).length;

describe("held-out rows", () => {
  test.each([
    [303, 199, 104],
    [261, 172, 89],
    [46, 30, 16],
    [130, 85, 45],
  ])("of %d rows at .34 are FLamby's: %d and %d", (rows, train, test) => {
    const split = splitRows(
      Int32Array.from({ length: rows }, (_, i) => i % 2),
      0.34,
      random,
    );
    expect([split.train.length, split.test.length]).toEqual([train, test]);
  });

  test("cover every row once, ascending, with ⌈test·n⌉ of them held out and every class in proportion", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { maxLength: 200 }),
        fc.integer({ min: 1, max: 99 }),
        fc.nat(),
        (strata, percent, seed) => {
          const { train, test } = splitRows(strata, percent / 100, Random.seeded(seed));
          const rows = strata.length;
          expect([...train, ...test].sort((a, b) => a - b)).toEqual(strata.map((_, row) => row));
          expect([...train]).toEqual([...train].sort((a, b) => a - b));
          expect(test.length).toBe(Math.min(Math.ceil((rows * percent) / 100), Math.max(0, rows - 1)));
          for (const stratum of new Set(strata)) {
            const size = strata.filter((value) => value === stratum).length;
            expect(Math.abs(countOf(strata, test, stratum) - (size * test.length) / rows)).toBeLessThan(1);
          }
        },
      ),
    );
  });

  const dataset = (targets: number[]): Dataset =>
    createDataset(targets.length, [
      { name: "target/t", dtype: "int32", rowShape: [], data: Int32Array.from(targets) },
      { name: "weight/t", dtype: "float64", rowShape: [], data: new Float64Array(targets.length).fill(1) },
    ]);
  const many = dataset(Array.from({ length: 40 }, (_, i) => i % 3));

  test("of a client depend on the seed and its name, not on who was split before", () => {
    const rule = { test: 0.25, stratify: "t" };
    const split = splitDataset(many, rule, Random.seeded(1), "a");
    const again = Random.seeded(1);
    splitDataset(many, rule, again, "b");
    expect(splitDataset(many, rule, again, "a")).toEqual(split);
    expect(splitDataset(many, rule, Random.seeded(1), "b")).not.toEqual(split);
    expect(splitDataset(many, rule, Random.seeded(2), "a")).not.toEqual(split);
  });

  test("leave the only row of a client, or the only class of one, where it can be learned from", () => {
    expect(splitRows([0], 0.5, random)).toEqual({ train: Int32Array.of(0), test: new Int32Array(0) });
    expect(splitRows([], 0.5, random)).toEqual({ train: new Int32Array(0), test: new Int32Array(0) });
    const { train, test } = splitDataset(dataset([1, 1, 1, 1]), { test: 0.5, stratify: "t" }, random, "a");
    expect([train.length, test.length]).toEqual([2, 2]);
  });

  test("are a share of the rows, and nothing else", () => {
    for (const share of [0, 1, -1, NaN])
      expect(() => splitRows([0, 1], share, random)).toThrow("Expected a share of test rows in (0, 1)");
  });
});

test("shares follow sizes by largest remainder and add up", () => {
  expect(apportion([62, 28, 10], 5, random)).toEqual([3, 1, 1]);
  expect(apportion([0, 0], 3, random)).toEqual([0, 0]);
});

describe("a split file", () => {
  const folder = temporaryFolder();
  const table = tableOf({ x: [1, null, 3, 4], y: [0, 1, 0, 1] }); // lines 2 to 5
  const schema = {
    features: { numeric: ["x"] },
    targets: { y: { column: "y" } },
    missing: { features: "drop-row" },
  } as const;
  const data = toDataset(table, { schema });
  const read = async (text: string) => readSplit(folder.write("split.csv", text));

  test("names the lines of each part; dropped rows and lines it leaves out are in neither", async () => {
    const split = await read("client,line,part\na,2,train\na,3,train\na,5,test\nb,2,test\n");
    expect(splitByTable(data, table, split, "a")).toEqual({ train: Int32Array.of(0), test: Int32Array.of(2) });
  });

  test("is refused for a part it does not know, a line twice, a line the client lacks, a client it does not name", async () => {
    await expect(read("client,line,part\na,2,valid\n")).rejects.toThrow(
      'split.csv:2, column "part": expected train or test, got "valid"',
    );
    await expect(read("client,line,part\na,2,test\na,2,train\n")).rejects.toThrow(
      "split.csv:3: the line 2 of a comes twice",
    );
    const split = await read("client,line,part\na,6,test\n");
    expect(() => splitByTable(data, table, split, "a")).toThrow('line 6 of "a", but clinic.csv has no row there');
    expect(() => splitByTable(data, table, split, "b")).toThrow('no rows for "b": it names a');
  });
});
