import { describe, expect, test } from "vitest";
import { columnOf, type Dataset } from "../../../shared/data/dataset.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import { canonical, tableColumns, type DataSchema } from "../../../shared/data/schema.ts";
import { standardize } from "../../../shared/data/standardize.ts";
import type { DataConfig } from "../../../shared/experiment/data.ts";
import { tableOf } from "../../support/tables.ts";

const values = (dataset: Dataset, name: string): number[] => [...columnOf(dataset, name).data];
const table = (dataset: Dataset): number[] => values(dataset, "feature/table");
/** Of a table with a feature `x` and a target `y`; what is given replaces these. */
const encode = (columns: Record<string, unknown[]>, schema: Partial<DataSchema> = {}): Dataset =>
  toDataset(tableOf(columns), { schema: { features: { numeric: ["x"] }, targets: { y: { column: "y" } }, ...schema } });

describe("features", () => {
  test("are numbers in the order declared, then categories in the order of their levels, then a vector", () => {
    const schema: DataSchema = {
      features: {
        numeric: ["b", "a"],
        categorical: { c: ["x", 1, true] },
        vector: { column: "v", size: 2, scale: 0.5 },
      },
      targets: {},
    };
    const data = toDataset(tableOf({ a: [1, 2], b: [3, 4], c: ["1.0", "true"], v: [[8, 6], [4, 2]] }), { schema }); // prettier-ignore
    expect(tableColumns(schema)).toEqual(["b", "a", "c=x", "c=1", "c=true", "v[0]", "v[1]"]);
    expect(columnOf(data, "feature/table").rowShape).toEqual([7]);
    expect(table(data)).toEqual([3, 1, 0, 1, 0, 4, 3, 4, 2, 0, 0, 1, 2, 1]);
  });

  test("drop the first level of each category when told to", () => {
    const features = { categorical: { c: [1, 2, 3] }, encoding: "drop-first" } as const;
    expect(table(encode({ c: [1, 2, 3], y: [0, 0, 0] }, { features }))).toEqual([0, 0, 1, 0, 0, 1]);
  });

  test("refuse a category outside the levels by its place, or make it all zeros", () => {
    const categorical = { c: [1, 2] };
    expect(() => encode({ c: [1, 3], y: [0, 0] }, { features: { categorical } })).toThrow(
      'clinic.csv:3, column "c": expected one of 1, 2, got 3',
    );
    expect(table(encode({ c: [1, 3], y: [0, 0] }, { features: { categorical, unknown: "zero" } }))).toEqual([
      1, 0, 0, 0,
    ]);
  });

  test("leave images as bytes with their scale, and indices as whole numbers", () => {
    const image = new Uint8Array(8);
    const raw = tableOf({ word: [4, 0], y: [0, 1] });
    const columns = new Map([
      ...raw.columns,
      ["image", { kind: "tensor", dtype: "uint8", rowShape: [2, 2], values: image }] as const,
    ]);
    const schema: DataSchema = {
      features: { image: { column: "image", shape: [2, 2, 1], scale: 1 / 255 }, index: { word: 5 } },
      targets: {},
    };
    const data = toDataset({ ...raw, columns }, { schema });
    expect(columnOf(data, "feature/image")).toEqual({
      name: "feature/image",
      dtype: "uint8",
      rowShape: [2, 2, 1],
      data: image,
      scale: 1 / 255,
    });
    expect(columnOf(data, "feature/image").data).toBe(image);
    expect(columnOf(data, "feature/word")).toMatchObject({ dtype: "int32", rowShape: [] });
    expect(data.columns.has("feature/table")).toBe(false);
  });

  test("take an open vector that is too short, as svmlight's, to go on with zeros", () => {
    const values = Float64Array.of(1, 2);
    const vector = { kind: "tensor", dtype: "float64", rowShape: [1], values, open: true } as const;
    const wide = (size: number): Dataset =>
      toDataset(
        { source: "rank.svm", rows: 2, columns: new Map([["v", vector]]) },
        { schema: { features: { vector: { column: "v", size } }, targets: {} } },
      );
    expect(table(wide(3))).toEqual([1, 0, 0, 2, 0, 0]);
    expect(() =>
      toDataset(tableOf({ v: [[1]] }), { schema: { features: { vector: { column: "v", size: 3 } }, targets: {} } }),
    ).toThrow("got [1]");
  });

  test.each<[string, unknown[], string]>([
    ["text where a number belongs", [1, "forty"], 'clinic.csv:3, column "x": expected a number, got "forty"'],
    ["NaN", [1, NaN], 'clinic.csv:3, column "x": expected a finite number, got NaN'],
    ["NaN in words", ["1", "nan"], 'clinic.csv:3, column "x": expected a finite number, got nan'],
    ["infinity", [-Infinity, 1], 'clinic.csv:2, column "x": expected a finite number, got -Infinity'],
    ["a missing number", [1, null], 'clinic.csv:3, column "x": is missing'],
    ["a vector where a number belongs", [[1], [2]], 'clinic.csv, column "x": expected a number or text a row, got [1]'],
  ])("refuse %s", (_, x, message) => {
    expect(() => encode({ x, y: [0, 0] })).toThrow(message);
  });

  test("refuse a missing column, an index beyond its size, a vector of another length, NaN in a vector", () => {
    expect(() => encode({ z: [1], y: [0] })).toThrow('clinic.csv: expected a column "x", found z, y');
    expect(() => encode({ w: [1, 5], y: [0, 0] }, { features: { index: { w: 5 } } })).toThrow(
      'clinic.csv:3, column "w": expected a whole number in 0 … 4, got 5',
    );
    const features = { vector: { column: "v", size: 3 } };
    expect(() => encode({ v: [[1, 2]], y: [0] }, { features })).toThrow(
      'column "v": expected a vector of 3 numbers a row, got [2]',
    );
    expect(() => encode({ v: [[1, 2, 3], [1, NaN, 3]], y: [0, 0] }, { features })).toThrow('clinic.csv:3, column "v": expected finite numbers, got NaN at 1'); // prettier-ignore
  });
});

describe("targets", () => {
  const column = "y";
  test.each<[string, DataSchema["targets"][string], unknown[], number[]]>([
    ["a number", { column }, [1.5, -2], [1.5, -2]],
    ["above a threshold", { column, above: 0 }, [0, 0.5], [0, 1]],
    ["equal to a value", { column, equals: ">50K" }, [">50K", "<=50K"], [1, 0]],
    ["a class by its number", { column, classes: 3 }, [2, "0"], [2, 0]],
    ["a class by its name", { column, classes: ["a", "b"] }, ["b", "a"], [1, 0]],
    ["a level", { column, levels: [0, 10, 20] }, ["20.0", 10], [2, 1]],
    ["a logarithm", { column, transform: "log1p" }, [0, 1], [0, Math.LN2]],
  ])("may be %s", (_, target, y, expected) => {
    const data = encode({ x: [0, 0], y }, { targets: { t: target } });
    expect(values(data, "target/t")).toEqual(expected);
    expect(values(data, "weight/t")).toEqual([1, 1]);
  });

  test("are class indices in int32 and numbers in float64", () => {
    const data = encode(
      { x: [0], y: [1] },
      { targets: { c: { column, classes: 2 }, r: { column }, b: { column, above: 0 } } },
    );
    expect(["c", "r", "b"].map((name) => columnOf(data, `target/${name}`).dtype)).toEqual([
      "int32",
      "float64",
      "float64",
    ]);
  });

  test("refuse a label outside the classes by its place", () => {
    const refused = (target: DataSchema["targets"][string], y: unknown[]) => () =>
      encode({ x: [0, 0], y }, { targets: { t: target } });
    expect(refused({ column, classes: 3 }, [0, 3])).toThrow(
      'clinic.csv:3, column "y": expected a whole number in 0 … 2, got 3',
    );
    expect(refused({ column, classes: 3 }, [0.5, 1])).toThrow(
      'clinic.csv:2, column "y": expected a whole number in 0 … 2, got 0.5',
    );
    expect(refused({ column, levels: [0, 1] }, [0, 4])).toThrow(
      'clinic.csv:3, column "y": expected one of 0, 1, got 4',
    );
    expect(refused({ column, transform: "log1p" }, [0, -1])).toThrow(
      'clinic.csv:3, column "y": log1p needs numbers above −1',
    );
  });

  test("are not asked for when rows are to be predicted", () => {
    const schema: DataSchema = { features: { numeric: ["x"] }, targets: { y: { column } }, weights: "w" };
    const data = toDataset(tableOf({ x: [1] }), { schema }, { targets: false });
    expect([...data.columns.keys()]).toEqual(["feature/table"]);
  });

  test("are weighed by a column of weights, which may not be negative or missing", () => {
    expect(values(encode({ x: [0, 0], y: [0, 0], w: [0.5, 2] }, { weights: "w" }), "weight/y")).toEqual([0.5, 2]);
    expect(() => encode({ x: [0, 0], y: [0, 0], w: [1, -1] }, { weights: "w" })).toThrow(
      'clinic.csv:3, column "w": expected a weight of at least 0',
    );
    expect(() => encode({ x: [0, 0], y: [0, 0], w: [1, null] }, { weights: "w" })).toThrow(
      'clinic.csv:3, column "w": the weight is missing',
    );
  });
});

describe("what is missing", () => {
  const columns = { x: [1, "?", 3, 0], y: [0, 1, "NA", 1] };
  const token = ["?", "NA"];

  test("is an empty cell, a token, or a value declared for one column", () => {
    const data = encode(columns, { missing: { token, columns: { x: [0] }, features: "drop-row", targets: "ignore" } });
    expect(table(data)).toEqual([1, 3]);
    expect([...data.origin]).toEqual([0, 2]);
  });

  test("in a feature drops the row, is zero, or waits as NaN for the mean", () => {
    const kept = (features: "drop-row" | "zero" | "mean"): number[] =>
      table(encode(columns, { missing: { token, features, targets: "ignore" } }));
    expect(kept("drop-row")).toEqual([1, 3, 0]);
    expect(kept("zero")).toEqual([1, 0, 3, 0]);
    expect(kept("mean")).toEqual([1, NaN, 3, 0]);
  });

  test("in a category is all zeros where the row is kept", () => {
    const data = encode(
      { x: [1, null], y: [0, 0] },
      { features: { categorical: { x: [1, 2] } }, missing: { features: "mean" } },
    );
    expect(table(data)).toEqual([1, 0, 0, 0]);
  });

  test("in a target gives the row weight 0 for that target only", () => {
    const targets = { a: { column: "y" }, b: { column: "x" } };
    const data = encode(columns, { targets, missing: { token, features: "zero", targets: "ignore" } });
    expect(values(data, "weight/a")).toEqual([1, 1, 0, 1]);
    expect(values(data, "weight/b")).toEqual([1, 0, 1, 1]);
    expect(values(data, "target/a")).toEqual([0, 1, 0, 1]);
  });

  test("in a target drops the row, or is refused by its place", () => {
    expect([...encode(columns, { missing: { token, features: "zero", targets: "drop-row" } }).origin]).toEqual([
      0, 1, 3,
    ]);
    expect(() => encode(columns, { missing: { token, features: "zero" } })).toThrow(
      'clinic.csv:4, column "y": the target "y" is missing',
    );
  });

  test("may be a number in every column, and NaN when that is declared", () => {
    expect(
      table(encode({ x: [-999, 1, NaN], y: [0, 0, 0] }, { missing: { token: ["-999", "NaN"], features: "zero" } })),
    ).toEqual([0, 1, 0]);
  });
});

describe("standardization", () => {
  const schema: DataSchema = {
    features: { numeric: ["x"], categorical: { c: [1, 2] } },
    targets: {},
    missing: { features: "mean" },
  };
  const standardization = { columns: ["x", "c=1", "c=2"], fill: [4, 0, 0], center: [4, 0, 0], scale: [2, 1, 1] };
  const raw = tableOf({ x: [2, null, 8], c: [1, 2, 1] });

  test("fills, centres and scales, the same in two steps as in one", () => {
    const data = toDataset(raw, { schema, standardization });
    expect(table(data)).toEqual([-1, 1, 0, 0, 0, 1, 2, 1, 0]);
    expect(standardize(toDataset(raw, { schema }), standardization)).toEqual(data);
  });

  test("survives JSON, so that it can travel with the model", () => {
    const stored = JSON.parse(JSON.stringify({ schema, standardization })) as { schema: DataSchema };
    expect(toDataset(raw, stored)).toEqual(toDataset(raw, { schema, standardization }));
  });

  test("refuses a table of another width", () => {
    expect(() =>
      toDataset(tableOf({ x: [1] }), { schema: { features: { numeric: ["x"] }, targets: {} }, standardization }),
    ).toThrow("Expected a table of 3 columns, as standardized, got 1");
  });
});

test("1, 1.0, +1 and 1e0 are one category; a leading zero makes another", () => {
  expect(["1", "1.0", " 1 ", "+1", "1e0", 1, "10e-1"].map(canonical)).toEqual(Array(7).fill("1"));
  expect(["01", "1x", "", "true", true, "-0", 0].map(canonical)).toEqual(["01", "1x", "", "true", "true", "0", "0"]);
});

test("the data section of a decoded experiment is a schema", () => {
  const accepts = (config: DataConfig): DataSchema => config;
  expect(accepts).toBeTypeOf("function");
});
