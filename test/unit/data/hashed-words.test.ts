import { describe, expect, test } from "vitest";
import { columnOf } from "../../../shared/data/dataset.ts";
import { fitOf } from "../../../shared/data/fit.ts";
import { hashWords, logLength } from "../../../shared/data/hashed-words.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import { tableColumns, type DataSchema } from "../../../shared/data/schema.ts";
import { tableOf } from "../../support/tables.ts";

/** The buckets that hold something. */
const held = (vector: Float64Array): number[][] =>
  Array.from(vector).flatMap((x, i) => (x === 0 ? [] : [[i, Number(x.toFixed(6))]]));

test("words are hashed as scikit-learn's HashingVectorizer(n_features=1024, alternate_sign=False) does", () => {
  const vector = new Float64Array(1024);
  hashWords("Naïve_x été a bb", vector);
  expect(held(vector)).toEqual([393, 471, 527].map((place) => [place, 0.57735])); // scikit-learn 1.9.1; "a" is too short
});

describe("a column of text", () => {
  const schema: DataSchema = {
    features: { numeric: ["x"], text: { answer: { buckets: 1024, length: true }, note: { buckets: 2 } } },
    targets: {},
    missing: { features: "zero" },
  };
  const table = tableOf({ x: [1, 2, 3], answer: ["bb BB", "bb été", null], note: ["", 42, true] });

  test("stands behind the numbers, bucket by bucket, with the log of its length where that is asked for", () => {
    expect(tableColumns(schema)).toHaveLength(1 + 1024 + 1 + 2);
    expect(tableColumns(schema).slice(1024)).toEqual(["answer#1023", "answer length", "note#0", "note#1"]);
    const { data, rowShape } = columnOf(toDataset(table, { schema }), "feature/table");
    expect(rowShape).toEqual([1028]);
    const row = (i: number): Float64Array => Float64Array.from(data.subarray(i * 1028, (i + 1) * 1028));
    expect(row(0)[0]).toBe(1);
    expect(held(row(0).subarray(1, 1025)).map(([, x]) => x)).toEqual([1]); // one word, twice
    expect(held(row(1).subarray(1, 1025)).map(([, x]) => x)).toEqual([0.707107, 0.707107]);
    expect(row(1)[1025]).toBe(logLength("bb été"));
    expect(held(row(2).subarray(1, 1026))).toEqual([]); // missing: zeros, by the policy
    expect([...row(1).subarray(1026), ...row(2).subarray(1026)].filter((x) => x === 1)).toHaveLength(2); // "42" and "true" are words
  });

  test("is read through a view like any other", () => {
    const compared = {
      features: { text: { answer: { buckets: 8 } } },
      targets: {},
      views: { other: { answer: "note" } },
    };
    const rows = tableOf({ answer: ["one two", "three"], note: ["three", "one two"] });
    const dataset = toDataset(rows, { schema: compared });
    const [own, other] = ["feature/table", "feature/table@other"].map((name) => [...columnOf(dataset, name).data]);
    expect(own!.slice(0, 8)).toEqual(other!.slice(8));
    expect(own!.slice(8)).toEqual(other!.slice(0, 8));
  });

  test("is described by the lengths of its texts, and refused by its place where one is missing", () => {
    const [, answer, note] = fitOf(table, schema).columns;
    expect(answer).toMatchObject({ role: "text", missing: 1, summary: "5 … 6 characters" });
    expect(note).toMatchObject({ role: "text", missing: 0, summary: "0 … 4 characters" });
    expect(() => toDataset(table, { schema: { ...schema, missing: {} } })).toThrow(/column "answer": is missing/);
  });
});
