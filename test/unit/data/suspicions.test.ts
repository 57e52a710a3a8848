import { describe, expect, test } from "vitest";
import { factsOfTables } from "../../../shared/data/inspect.ts";
import { leaksOf } from "../../../shared/data/leaks.ts";
import { readTable } from "../../../shared/data/readers/reader.ts";
import { suspicionsOf } from "../../../shared/data/suspicions.ts";
import { temporaryFolder } from "../../support/files.ts";

const folder = temporaryFolder();
const tableOf = (text: string, header: true | string[] = true) => readTable(folder.write("t.csv", text), { header });
const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => row(i)).join("\n");

describe("a reading looks wrong", () => {
  const suspicions = async (text: string, header: true | string[] = true) =>
    suspicionsOf(factsOfTables([await tableOf(text, header)]), { named: header === true, delimiter: "," }, 1);
  const colours = rows(30, (i) => `${["red", "green"][i % 2]!},${["big", "small"][i % 3] ?? "huge"}`);

  test("when the first row was taken for names", async () => {
    expect(await suspicions(colours)).toEqual([expect.stringContaining("is the first line a row")]);
    expect(await suspicions(`colour,size\n${colours}`)).toEqual([]);
  });

  test("when the names stand among the rows once more", async () => {
    const numbers = rows(20, (i) => `${i},${i * 2.5}`);
    expect(await suspicions(`a,b\n${numbers}\na,b\n${numbers}`)).toEqual([
      expect.stringContaining("stands once more among the rows"),
    ]);
  });

  test("when names were taken for a row, because one of them is a number", async () => {
    const text = `120,setosa\n${rows(20, (i) => `${i},${i % 3}`)}`;
    expect(await suspicions(text, ["c1", "c2"])).toEqual([expect.stringContaining('c2 but for "setosa"')]);
  });

  test("when cells were parted at the wrong sign", async () => {
    expect(await suspicions("a b\n1 2\n3 4\n")).toEqual([
      expect.stringContaining("a space stands in each of its cells"),
    ]);
    expect(await suspicions("a\nnew york\nbath\n")).toEqual([]);
  });
});

describe("a column leaks the target", () => {
  test("when it is the target in other units", async () => {
    const table = await tableOf(`x,eur,usd\n${rows(40, (i) => `${i * i},${(i * 37) % 11},${((i * 37) % 11) * 1.1}`)}`);
    expect(leaksOf([table], "usd").map(({ column }) => column)).toEqual(["eur"]);
  });

  test("when each of its values goes with one value of the target, but for a row in a thousand", async () => {
    const code = (i: number): string => (i === 7 ? "B" : i % 3 === 0 ? "A" : i % 3 === 1 ? "C" : "B");
    const sold = (i: number): string => (i % 3 === 0 ? "yes" : "no");
    const table = await tableOf(
      `code,other,sold\n${rows(1000, (i) => `${code(i === 9 ? 7 : i)},${i % 4},${sold(i)}`)}`,
    );
    expect(leaksOf([table], "sold")).toEqual([
      { column: "code", how: "each of its values goes with one value of sold in 99.9 % of the rows" },
    ]);
  });

  test("and not when nearly every row has one and the same target", async () => {
    const table = await tableOf(`code,rare\n${rows(200, (i) => `${i % 4},${i === 3 ? 1 : 0}`)}`);
    expect(leaksOf([table], "rare")).toEqual([]);
  });
});
