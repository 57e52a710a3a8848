import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fitOf } from "../../../shared/data/fit.ts";
import { inspectTables } from "../../../shared/data/inspect.ts";
import { peekTable } from "../../../shared/data/readers/peek.ts";
import { readTable } from "../../../shared/data/readers/reader.ts";
import type { DataSchema } from "../../../shared/data/schema.ts";
import type { Table } from "../../../shared/data/table.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-fit-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const tableOf = (name: string, text: string): Promise<Table> => readTable(fileOf(name, text));

const schema: DataSchema = {
  features: { numeric: ["age"], categorical: { cp: [1, 2] } },
  targets: { ill: { column: "num", above: 0 } },
  missing: { token: ["?"], features: "drop-row" },
};

describe("a table that fits", () => {
  test("is described column by column, with what is missing", async () => {
    const fit = fitOf(await tableOf("good.csv", "age,cp,num\n40,1,0\n50,2.0,3\n?,1,1\n"), schema);
    expect(fit).toMatchObject({ rows: 3, usable: 2, problems: [] });
    expect(fit.columns).toEqual([
      { column: "age", role: "number", missing: 1, summary: "40 … 50, mean 45" },
      { column: "cp", role: "category", missing: 0, summary: "1: 2, 2: 1" },
      { column: "num", role: "target ill", missing: 0, summary: "up to 0: 1, above: 2" },
    ]);
  });
});

describe("a table that does not fit", () => {
  test("has one problem for each wrong column, all at once, each with its place", async () => {
    const table = await tableOf("bad.csv", "age,cp,num\nforty,1,0\n50,3,\n");
    expect(fitOf(table, schema).problems.map((problem) => problem.replace(`${folder}/`, ""))).toEqual([
      'bad.csv:2, column "age": expected a number, got "forty"',
      'bad.csv:3, column "cp": expected one of 1, 2, got 3',
      expect.stringContaining('bad.csv:3, column "num": the target "ill" is missing'),
    ]);
  });

  test("may lack a column", async () => {
    const { problems, usable } = fitOf(await tableOf("short.csv", "age,num\n1,0\n"), schema);
    expect(problems).toEqual([expect.stringContaining('expected a column "cp", found age, num')]);
    expect(usable).toBe(0);
  });

  test("may have no complete row", async () => {
    const { problems } = fitOf(await tableOf("empty.csv", "age,cp,num\n?,1,0\n"), schema);
    expect(problems).toEqual([expect.stringContaining("none of its 1 rows is complete")]);
  });
});

describe("unknown tables are inspected", () => {
  test("as one, each column for what it probably is", async () => {
    const a = await tableOf(
      "a.csv",
      "id,age,cp,town,same,text,empty\n1,40.5,1,york,7,abc,\n2,50,3,bath,7,def,\n3,61,2,NA,7,ghi,\n",
    );
    const b = await tableOf("b.csv", "id,age,cp,town,same,text,empty\n4,40,4,ayr,7,jkl,\n");
    const { rows, columns, tokens } = inspectTables([a, b]);
    expect(rows).toBe(4);
    expect(tokens).toEqual(["NA"]);
    expect(Object.fromEntries(columns.map(({ name, guess }) => [name, guess]))).toEqual({
      id: { kind: "none", why: "it counts the rows" },
      age: { kind: "number" },
      cp: { kind: "category", values: ["1", "2", "3", "4"] },
      town: { kind: "category", values: ["ayr", "bath", "york"] },
      same: { kind: "none", why: "the same in every row" },
      text: { kind: "category", values: ["abc", "def", "ghi", "jkl"] },
      empty: { kind: "none", why: "missing in 4 of 4 rows" },
    });
  });

  test.each([
    ["names with commas", "a,b c\n1,2\n", { delimiter: ",", cells: ["a", "b c"], named: true }],
    [
      "names with semicolons and a byte order mark",
      '\uFEFF"a";b\n1;2\n',
      { delimiter: ";", cells: ["a", "b"], named: true },
    ],
    ["numbers and no names", "63,1,?\n", { delimiter: ",", cells: ["63", "1", "?"], named: false }],
    ["nothing", "", { delimiter: ",", cells: [""], named: false }],
  ])("the first line is peeked at: %s", async (_, text, expected) => {
    expect(await peekTable(fileOf("peek.csv", text))).toEqual(expected);
  });
});
