import { parquetWriteBuffer } from "hyparquet-writer";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { formatOf, readTable, type ReadOptions } from "../../../shared/data/readers/reader.ts";
import { tableOfRows } from "../../../shared/data/readers/values.ts";
import type { Table } from "../../../shared/data/table.ts";
import { encodeNpy, encodeNpz } from "../../../shared/tensor/npy.ts";
import { temporaryFolder } from "../../support/files.ts";

const folder = temporaryFolder();

/** A table as plain values, null where missing. */
function plain(table: Table): Record<string, unknown[]> {
  return Object.fromEntries(
    [...table.columns].map(([name, column]) => {
      const cells = Array.from(column.values as ArrayLike<unknown>);
      return [name, column.kind === "tensor" ? cells : cells.map((cell, row) => (column.missing?.[row] ? null : cell))];
    }),
  );
}

const readText = async (name: string, text: string, options?: ReadOptions): Promise<Table> =>
  readTable(folder.write(name, text), options);
const refusal = async (name: string, content: string | Uint8Array, options?: ReadOptions): Promise<string> => {
  const path = folder.write(name, content);
  const error: unknown = await readTable(path, options).then(
    () => "read without complaint",
    (error: unknown) => error,
  );
  expect(error).toHaveProperty("code", "invalid-data");
  return (error as Error).message.replace(path, name);
};

describe("CSV", () => {
  test("gives numbers, text and missing cells under the header's names", async () => {
    const table = await readText("a.csv", "age,city,x\n63, Bern ,\n.5,Basel,-1e3\n");
    expect(plain(table)).toEqual({ age: [63, 0.5], city: ["Bern", "Basel"], x: [null, -1000] });
    expect([...table.lines!]).toEqual([2, 3]);
  });

  test("takes the columns' names from the caller when the file has none", async () => {
    const table = await readText("a.data", "1,2\n3,4\n", { header: ["a", "b"] });
    expect(plain(table)).toEqual({ a: [1, 3], b: [2, 4] });
  });

  test("understands byte order marks, CRLF, quotes, doubled quotes, and line breaks and delimiters inside them", async () => {
    const table = await readText("a.csv", '\uFEFFa,b\r\n1,"x, ""y""\nz"\r\n\r\n2,w\r\n');
    expect(plain(table)).toEqual({ a: [1, 2], b: ['x, "y"\nz', "w"] });
    expect([...table.lines!]).toEqual([2, 5]);
  });

  test("is split at tabs in .tsv and at any delimiter given", async () => {
    expect(plain(await readText("a.tsv", "a\tb c\n\t2\n"))).toEqual({ a: [null], "b c": [2] });
    expect(plain(await readText("b.csv", "a;b\n1;2\n", { delimiter: ";" }))).toEqual({ a: [1], b: [2] });
    expect(plain(await readText("c.tsv", "a\tb\n1\t2\n", { delimiter: undefined }))).toEqual({ a: [1], b: [2] });
  });

  test("is unzipped when its name ends in .gz", async () => {
    const path = folder.write("a.csv.gz", gzipSync("a\n1\n2\n"));
    expect(plain(await readTable(path))).toEqual({ a: [1, 2] });
  });

  test("keeps leading zeros as text, and writes numbers before the first text as categories", async () => {
    expect(plain(await readText("a.csv", "zip,v\n8001,1.0\n08002,?\n"))).toEqual({
      zip: ["8001", "08002"],
      v: ["1", "?"],
    });
  });

  test("refuses a ragged row by its line", async () => {
    expect(await refusal("r.csv", "a,b\n1,2\n\n1,2,3\n")).toBe("r.csv:4: expected 2 cells, got 3");
  });

  test.each([
    ["an empty file", "", "e.csv: is empty"],
    ["a column without a name", "a,\n1,2\n", "e.csv: column 2 has no name"],
    ["two columns of one name", "a,a\n1,2\n", 'e.csv: column 2 is called "a", and so is another'],
    ["a quote that is not closed", 'a,b\n1,2\n1,"2\n', "e.csv:3: Quote Not Closed"],
    ["text after a quote", 'a\n"1"x\n', "e.csv:2: Invalid Closing Quote"],
  ])("refuses %s", async (_, text, message) => {
    expect(await refusal("e.csv", text)).toContain(message);
  });

  test("refuses what is not gzip, and half a gzip file", async () => {
    expect(await refusal("g.csv.gz", "a\n1\n")).toBe("g.csv.gz: is not a whole gzip file");
    expect(await refusal("h.csv.gz", gzipSync("a\n1\n".repeat(9999)).subarray(0, 60))).toBe(
      "h.csv.gz: is not a whole gzip file",
    );
  });

  test("holds no rows when only the header is there: an empty shard", async () => {
    const table = await readText("a.csv", "a,b\n");
    expect([table.rows, ...table.columns.keys()]).toEqual([0, "a", "b"]);
  });
});

describe("NDJSON", () => {
  test("gives a column for every key, text for booleans, vectors for lists, missing for null and absent keys", async () => {
    const table = await readText("a.ndjson", '{"a":1,"b":"x","v":[1,2]}\n\n{"a":null,"v":[3,4],"c":true}\n');
    expect(plain(table)).toEqual({ a: [1, null], b: ["x", null], v: [1, 2, 3, 4], c: [null, "true"] });
    expect(table.columns.get("v")).toMatchObject({ kind: "tensor", rowShape: [2] });
    expect([...table.lines!]).toEqual([1, 3]);
  });

  test("is unzipped, and refused when its gzip is cut short", async () => {
    const zipped = gzipSync('{"a":1}\n'.repeat(9999));
    expect((await readTable(folder.write("z.ndjson.gz", zipped))).rows).toBe(9999);
    expect(await refusal("h.ndjson.gz", zipped.subarray(0, 60))).toBe("h.ndjson.gz: is not a whole gzip file");
  });

  test.each([
    ["what is not JSON", '{"a":1}\n{a}\n', "a.jsonl:2: is not JSON"],
    ["what is no object", "[1]\n", "a.jsonl:1: expected an object, got [1]"],
    [
      "lists of different lengths",
      '{"v":[1]}\n{"v":[1,2]}\n',
      'a.jsonl:2, column "v": expected a list of the shape [1], got 2',
    ],
    ["a missing vector among vectors", '{"v":[1]}\n{}\n', 'a.jsonl:2, column "v": expected a list of the shape [1]'],
    ["text in a list", '{"v":[1,"x"]}\n', 'a.jsonl:1, column "v": expected a list of numbers, got "x" in it'],
    [
      "objects in objects",
      '{"v":{}}\n',
      'a.jsonl:1, column "v": expected a number, a text or a list of numbers, got {}',
    ],
    ["an empty file", "", "a.jsonl: is empty"],
  ])("refuses %s", async (_, text, message) => {
    expect(await refusal("a.jsonl", text)).toContain(message);
  });
});

describe("Parquet", () => {
  const columnData = [
    { name: "age", data: [1.5, null, 3] },
    { name: "big", data: [1n, 2n, -3n] },
    { name: "city", data: ["x", "y", null] },
    { name: "ok", data: [true, false, true] },
  ];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData }));

  test("gives numbers, text, booleans as text, and missing cells", async () => {
    const table = await readTable(folder.write("a.parquet", bytes));
    expect(plain(table)).toEqual({
      age: [1.5, null, 3],
      big: [1, 2, -3],
      city: ["x", "y", null],
      ok: ["true", "false", "true"],
    });
  });

  test("is read in many row groups, and only the columns wanted", async () => {
    const data = Array.from({ length: 5000 }, (_, i) => i);
    const groups = parquetWriteBuffer({ columnData: [{ name: "a", data }, { name: "b", data }], rowGroupSize: 700 }); // prettier-ignore
    const table = await readTable(folder.write("g.parquet", new Uint8Array(groups)), { columns: ["b", "z"] });
    expect(plain(table)).toEqual({ b: data });
  });

  test("refuses a truncated file, and an integer that float64 cannot hold, by its row", async () => {
    expect(await refusal("t.parquet", bytes.subarray(0, 50))).toContain("t.parquet: cannot be read as Parquet");
    const huge = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "id", data: [1n, 2n ** 60n + 1n] }] }));
    expect(await refusal("h.parquet", huge)).toContain('h.parquet row 2, column "id": the integer 1152921504606846977');
  });
});

describe("IDX", () => {
  const header = (type: number, ...axes: number[]): Buffer => {
    const bytes = Buffer.alloc(4 + 4 * axes.length);
    bytes.set([0, 0, type, axes.length]);
    axes.forEach((axis, i) => bytes.writeUInt32BE(axis, 4 + 4 * i));
    return bytes;
  };
  const images = Buffer.concat([header(8, 2, 1, 2), Buffer.from([0, 255, 7, 8])]);

  test("gives images as bytes and labels as numbers, joined by a map of column to file", async () => {
    const table = await readTable({
      image: folder.write("images-idx3-ubyte", images),
      label: folder.write("labels-idx1-ubyte.gz", gzipSync(Buffer.concat([header(8, 2), Buffer.from([3, 4])]))),
    });
    expect(table.columns.get("image")).toMatchObject({ kind: "tensor", dtype: "uint8", rowShape: [1, 2] });
    expect(plain(table)).toEqual({ image: [0, 255, 7, 8], label: [3, 4] });
  });

  test("reads big-endian numbers of every type", async () => {
    const real = Buffer.alloc(8);
    real.writeDoubleBE(-2.5);
    const whole = Buffer.alloc(4);
    whole.writeInt32BE(-7);
    const short = Buffer.alloc(2);
    short.writeInt16BE(-300);
    const single = Buffer.alloc(4);
    single.writeFloatBE(0.25);
    const files: [number, Buffer, number][] = [[14, real, -2.5], [12, whole, -7], [11, short, -300], [13, single, 0.25], [9, Buffer.from([255]), -1]]; // prettier-ignore
    for (const [type, element, value] of files) {
      const table = await readTable(folder.write("x.idx", Buffer.concat([header(type, 1), element])));
      expect(plain(table)).toEqual({ values: [value] });
    }
  });

  test("refuses a wrong start, a wrong type, and files that are cut short", async () => {
    expect(await refusal("m.idx", Uint8Array.of(1, 2, 8, 1))).toContain("m.idx: expected two zero bytes");
    expect(await refusal("m.idx", Uint8Array.of(0, 0, 7, 1))).toContain("got 7");
    expect(await refusal("m.idx", images.subarray(0, 9))).toContain("ends inside its header of 3 axes");
    expect(await refusal("m.idx", images.subarray(0, -1))).toContain(
      "expected 20 bytes for the shape [2, 1, 2], found 19",
    );
  });

  test("refuses columns of different lengths", async () => {
    const source = {
      image: folder.write("i.idx", images),
      label: folder.write("l.idx", Buffer.concat([header(8, 1), Buffer.from([3])])),
    };
    await expect(readTable(source)).rejects.toThrow(/l\.idx: expected 2 rows, as in .*i\.idx, got 1/);
  });
});

describe("npy and npz", () => {
  const x = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
  const y = { shape: [2], data: BigInt64Array.of(5n, 6n) };

  test("give tensors, and numbers where an array has one axis", async () => {
    const table = await readTable(folder.write("a.npz", encodeNpz({ x, y })));
    expect(plain(table)).toEqual({ x: [1, 2, 3, 4], y: [5, 6] });
    expect(plain(await readTable(folder.write("y.npy", encodeNpy(y))))).toEqual({ values: [5, 6] });
  });

  test("refuse arrays of different rows, and a number alone", async () => {
    const three = { shape: [3], data: Float64Array.of(1, 2, 3) };
    expect(await refusal("u.npz", encodeNpz({ x, three }))).toContain("u.npz[three]: expected 2 rows");
    expect(await refusal("s.npy", encodeNpy({ shape: [], data: Float64Array.of(1) }))).toContain("is a single number");
  });
});

describe("svmlight", () => {
  test("gives labels, query ids and a vector with zeros for what is absent", async () => {
    const table = await readText("a.svm", "2 qid:1 1:.5 3:2 # doc 7\n\n-1 qid:2\n");
    expect(plain(table)).toEqual({ label: [2, -1], features: [0.5, 0, 2, 0, 0, 0], qid: [1, 2] });
    expect([...table.lines!]).toEqual([1, 3]);
  });

  test("may count from 0", async () => {
    expect(plain(await readText("a.svm", "1 0:5\n", { firstIndex: 0 }))).toEqual({ label: [1], features: [5] });
  });

  test.each([
    ["an index of 0 where they count from 1", "1 0:5\n", "a.svm:1: expected whole indices from 1"],
    ["indices that do not ascend", "1 2:1 2:1\n", 'a.svm:1: expected ascending indices, got "2:1"'],
    ["an index that would fill the memory", "1 4000000000:1\n", "a.svm:1: 4000000000 features in 1 rows are too many"],
    ["text for a number", "1 1:x\n", 'a.svm:1: expected a number as feature 1, got "x"'],
    ["a row without qid among rows with one", "1 qid:1 1:1\n1 1:1\n", "a.svm:2: expected a qid"],
    ["an empty file", "\n", "a.svm: is empty"],
  ])("refuses %s", async (_, text, message) => {
    expect(await refusal("a.svm", text)).toContain(message);
  });
});

describe("opening a file", () => {
  test("says which file is missing and what wanted it, in every format", async () => {
    for (const name of ["no.csv", "no.csv.gz", "no.ndjson", "no.parquet", "no.npy", "no.idx", "no.svm"]) {
      const reading = readTable(name, { wantedBy: "client cleveland" });
      await expect(reading).rejects.toMatchObject({
        code: "missing-file",
        message: `No file ${name}, wanted by client cleveland`,
      });
    }
  });

  test("refuses a folder", async () => {
    await expect(readTable(folder.path, { format: "csv" })).rejects.toThrow("is a folder, expected a file");
  });

  test("tells the format by the name, and says when it cannot", () => {
    expect(formatOf("train-images-idx3-ubyte.gz")).toBe("idx");
    expect(() => formatOf("adult.test")).toThrow(
      "Cannot tell the format of adult.test from its name: say with --format (in an experiment, data.format) which of csv, tsv",
    );
  });
});

test("rows given in code become a table with a column for every key", () => {
  expect(plain(tableOfRows([{ age: 63, cp: "1.0" }, { age: null }]))).toEqual({ age: [63, null], cp: ["1", null] }); // prettier-ignore
});
