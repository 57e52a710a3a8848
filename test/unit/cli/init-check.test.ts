import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkCommand } from "../../../cli/check.ts";
import { initCommand } from "../../../cli/init.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { cellsOf, contextIn } from "../../support/context.ts";
import { smallExperiment } from "../../support/experiments.ts";

const house = resolve(import.meta.dirname, "../../..");
const hospitals = ["cleveland", "hungarian", "switzerland", "va"].map((name) =>
  join(house, `examples/data/heart_disease/processed.${name}.data`),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-init-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const decoded = (name: string) => {
  const path = join(folder, name);
  return decodeExperiment(name, readFileSync(path, "utf8"), { folder: dirname(path) });
};

describe("init", () => {
  test("makes a client of each file, names columns that have no names, and takes every category", async () => {
    expect(await initCommand(hospitals, { name: "mine", target: "c14", yes: true }, contextIn(folder))).toBe(0);
    const { data, objectives, model, simulation } = decoded("mine.yaml");
    expect(data.header).toHaveLength(14);
    expect(data.features.numeric).toContain("c1");
    expect(data.features.categorical["c3"]).toEqual([1, 2, 3, 4]);
    expect(data.missing.token).toEqual(["?"]);
    expect(objectives["goal"]?.loss.kind).toBe("softmax-cross-entropy");
    expect(model.heads["goal"]?.outputs).toBe(5);
    expect(simulation?.clients).toEqual(
      Object.fromEntries(
        ["cleveland", "hungarian", "switzerland", "va"].map((name, i) => [`processed-${name}`, hospitals[i]]),
      ),
    );
  });

  test("cuts one file by a column, or evenly", async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i % 2 === 0 ? "north" : "south"};${i * 1.5};${i % 4 < 2 ? "yes" : "no"}`,
    );
    write("towns.csv", ["place;income;happy", ...rows, ""].join("\n"));
    await initCommand(["towns.csv"], { yes: true, by: "place", target: "happy" }, contextIn(folder));
    const { data, simulation } = decoded("towns.yaml");
    expect(data).toMatchObject({ delimiter: ";", header: true, targets: { goal: { column: "happy", equals: "yes" } } });
    expect(data.features).toMatchObject({ numeric: ["income"], categorical: {} });
    expect(simulation).toMatchObject({
      data: join(folder, "towns.csv"),
      partition: { kind: "natural", column: "place" },
    });
    await initCommand(["towns.csv"], { yes: true, clients: 3, target: "income", out: "b.yaml" }, contextIn(folder));
    expect(decoded("b.yaml")).toMatchObject({
      objectives: { goal: { loss: { kind: "mse" } } },
      simulation: { partition: { kind: "iid", clients: 3 } },
    });
  });

  test("writes over nothing, and refuses columns that are not there or cannot be predicted", async () => {
    write("t.csv", "a,same,y\n1,1,0\n2.5,1,1\n3,1,1\n");
    const run = (flags: object) => initCommand(["t.csv"], { yes: true, ...flags }, contextIn(folder));
    await run({ target: "y" });
    await expect(run({ target: "y" })).rejects.toThrow("t.yaml is there already");
    await expect(run({ target: "z", force: true })).rejects.toThrow('No column "z": expected one of a, same, y');
    await expect(run({ target: "same", force: true })).rejects.toThrow("Cannot predict same: the same in every row");
    expect(await run({ target: "y", force: true })).toBe(0);
  });

  test("quotes what YAML would read as something else", async () => {
    write("odd.csv", 'x,"a: b",y\n1.5,"no",u\n2.5,"#1",v\n3,"no",u\n4,"a, b",v\n');
    await initCommand(["odd.csv"], { yes: true, target: "y" }, contextIn(folder));
    expect(decoded("odd.yaml").data.features.categorical).toEqual({ "a: b": ["#1", "a, b", "no"] });
  });

  test("a missing file is said so", async () => {
    await expect(initCommand(["nowhere.csv"], { yes: true }, contextIn(folder))).rejects.toThrow("nowhere.csv");
    expect(existsSync(join(folder, "nowhere.yaml"))).toBe(false);
  });
});

describe("check", () => {
  const rows = "1,2,red,1\n3,4,green,0\n";
  beforeEach(() => {
    write("small.yaml", smallExperiment.replaceAll("data/", ""));
  });

  test("says of each client's file that it fits, and what is in it", async () => {
    write("north.csv", rows);
    write("south.csv", rows);
    const context = contextIn(folder);
    expect(await checkCommand("small.yaml", { set: [] }, context)).toBe(0);
    const lines = cellsOf(context.printed());
    expect(lines).toContain("north · north.csv · fits: 2 rows of 2 can be used");
    expect(lines).toContain("colour | category | | red: 1, green: 1".replace("| |", "|"));
  });

  test("reports every problem of every file, a missing file too, and fails", async () => {
    write("north.csv", "one,2,blue,1\n3,4,green,x\n");
    const context = contextIn(folder);
    expect(await checkCommand("small.yaml", { set: [] }, context)).toBe(1);
    const printed = context.printed();
    for (const problem of [
      'north.csv:1, column "x1": expected a number, got "one"',
      'column "colour": expected one of red, green, got "blue"',
      'column "y": expected a number, got "x"',
      "south.csv",
    ]) {
      expect(printed).toContain(problem);
    }
  });

  describe("of a ranking experiment", () => {
    const ranking = `tributary: 1
name: ranking
data:
  features: { numeric: [x] }
  targets: { clicks: { column: clicks }, query: { column: query, group: true } }
model: { heads: { score: 1 } }
objectives:
  rank: { loss: listnet, head: score, target: clicks, inputs: { group: query } }
  clicks: { loss: poisson-nll, head: score, target: clicks }
federation: { mode: gradient, rounds: 1, serverOptimizer: { kind: sgd, learningRate: 1 } }
simulation:
`;
    const checked = async (flags: { readonly data?: string } = {}): Promise<readonly [number, string]> => {
      const context = contextIn(folder);
      const code = await checkCommand("ranking.yaml", { set: [], ...flags }, context);
      return [code, context.printed()];
    };

    test("names the clients that share a group", async () => {
      write("ranking.yaml", `${ranking}  clients: { north: north.csv, south: south.csv }\n`);
      write("north.csv", "x,clicks,query\n1,0,a\n2,1,a\n3,0,b\n4,2,b\n");
      write("south.csv", "x,clicks,query\n1,0,b\n2,1,c\n");
      const [code, printed] = await checked();
      expect(code).toBe(1);
      expect(printed).toContain('Clients share groups of "query": north, south. A group is never cut');
    });

    test("names the clients that a partition would part a group between", async () => {
      write("ranking.yaml", `${ranking}  data: all.csv\n  partition: { kind: natural, column: site }\n`);
      write("all.csv", "x,clicks,query,site\n1,0,a,u\n2,1,a,u\n3,0,b,u\n4,2,b,w\n");
      const [code, printed] = await checked();
      expect(code).toBe(1);
      expect(printed).toContain('Clients share groups of "query": u, w.');
    });

    test("refuses on site a target that the loss cannot take, with its line", async () => {
      write("ranking.yaml", `${ranking}  clients: { north: north.csv, south: south.csv }\n`);
      write("mine.csv", "x,clicks,query\n1,0,a\n2,-1,a\n");
      const [code, printed] = await checked({ data: "mine.csv" });
      expect(code).toBe(1);
      expect(printed).toContain('mine.csv:3, column "clicks": poisson-nll (objectives.clicks) takes');
    });

    test("says nothing of groups that are whole", async () => {
      write("ranking.yaml", `${ranking}  clients: { north: north.csv, south: south.csv }\n`);
      write("north.csv", "x,clicks,query\n1,0,a\n2,1,a\n");
      write("south.csv", "x,clicks,query\n1,0,b\n2,1,b\n");
      const [code, printed] = await checked();
      expect(code).toBe(0);
      expect(printed).not.toContain("all clients");
    });
  });

  test("--data checks another file, --json prints a line for each", async () => {
    write("mine.csv", rows);
    const context = contextIn(folder);
    expect(await checkCommand("small.yaml", { set: [], data: "mine.csv", json: true }, context)).toBe(0);
    expect(JSON.parse(context.printed())).toMatchObject({
      event: "checked",
      client: "data",
      rows: 2,
      usable: 2,
      problems: [],
    });
  });
});
