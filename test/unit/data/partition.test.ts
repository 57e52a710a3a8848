import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { readAssignment } from "../../../shared/data/partition/assignment.ts";
import { describePartition } from "../../../shared/data/partition/describe.ts";
import { classesOf, partition, type Partition, type PartitionRule } from "../../../shared/data/partition/partition.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import type { Table } from "../../../shared/data/table.ts";
import type { PartitionConfig } from "../../../shared/experiment/simulated.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { tableOf } from "../../support/tables.ts";

/** `rows` rows of `classes` classes in turn. */
function labelled(rows: number, classes = 10): { data: Dataset; table: Table } {
  const label = Array.from({ length: rows }, (_, i) => (i * 7) % classes);
  const table = tableOf({ label, site: label.map((value) => `site ${value % 3}`) });
  const schema = { features: {}, targets: { label: { column: "label", classes } } };
  return { data: toDataset(table, { schema }), table };
}

const { data, table } = labelled(1200);
const cut = (rule: PartitionRule, seed = 5): Partition => partition(rule, data, table, Random.seeded(seed));
const sizes = (parts: Partition): number[] => [...parts.values()].map((rows) => rows.length);

const rules: PartitionRule[] = [
  { kind: "iid", clients: 7 },
  { kind: "dirichlet", clients: 7, alpha: 0.3 },
  { kind: "dirichlet", clients: 7, alpha: 0.1, minimum: 1, selfBalancing: true },
  { kind: "pathological", clients: 7 },
  { kind: "size-skewed", clients: 7, law: "linear" },
  { kind: "size-skewed", clients: 7, law: "square" },
  { kind: "size-skewed", clients: 7, law: "exponential" },
  { kind: "size-skewed", clients: 7, law: "lognormal", sigma: 2 },
  { kind: "size-skewed", clients: 7, law: "dirichlet", alpha: 0.5 },
  { kind: "natural", column: "site" },
];

describe.each(rules.map((rule) => [[rule.kind, "law" in rule ? rule.law : ""].join(" ").trim(), rule] as const))(
  "%s",
  (_, rule) => {
    test("gives each row to exactly one client, and each client a row, whatever the seed", () => {
      for (let seed = 0; seed < 20; seed++) {
        const parts = cut(rule, seed);
        const rows = [...parts.values()].flatMap((own) => [...own]).sort((a, b) => a - b);
        expect(rows, `seed ${seed}`).toEqual(Array.from({ length: 1200 }, (_, row) => row));
        expect(Math.min(...sizes(parts)), `seed ${seed}`).toBeGreaterThan(0);
      }
    });

    test("gives the same clients for the same seed", () => {
      expect(cut(rule)).toEqual(cut(rule));
      if (rule.kind !== "natural") expect(cut(rule, 1)).not.toEqual(cut(rule, 2));
    });
  },
);

describe("sizes", () => {
  test("of iid clients differ by at most one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (clients) => {
        const counts = sizes(cut({ kind: "iid", clients }));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("follow their law after a first row for each client", () => {
    const tens = (law: "linear" | "square"): number[] =>
      sizes(cut({ kind: "size-skewed", clients: 3, law })).map((n) => Math.round(n / 10));
    expect(tens("linear")).toEqual([20, 40, 60]);
    expect(tens("square")).toEqual([9, 34, 77]);
    const [first, second, third] = sizes(cut({ kind: "size-skewed", clients: 3, law: "exponential" }));
    expect(third! / second!).toBeCloseTo(Math.E, 1);
    expect(second! / first!).toBeCloseTo(Math.E, 1);
  });

  test("respect the minimum of a Dirichlet partition, and self-balancing keeps the largest near n/K", () => {
    const counts = sizes(cut({ kind: "dirichlet", clients: 10, alpha: 0.5, minimum: 30 }));
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(30);
    const balanced = sizes(cut({ kind: "dirichlet", clients: 10, alpha: 0.5, selfBalancing: true }));
    expect(Math.max(...balanced)).toBeLessThanOrEqual(2 * 120);
  });
});

describe("classes", () => {
  const classes = classesOf(data);

  test("are two shards' worth at a pathological client: at most 4 of 10, and one shard is of one or two", () => {
    const report = describePartition(cut({ kind: "pathological", clients: 10 }), classes);
    for (const client of report.clients) {
      expect(client.classes.filter((count) => count > 0).length).toBeLessThanOrEqual(4);
      expect(client.rows).toBe(120);
    }
  });

  test("are the more uneven, the smaller alpha", () => {
    const heterogeneity = [0.1, 1, 100].map(
      (alpha) => describePartition(cut({ kind: "dirichlet", clients: 10, alpha, minimum: 1 }), classes).heterogeneity,
    );
    expect(heterogeneity).toEqual(heterogeneity.toSorted((a, b) => b - a));
    expect(heterogeneity[0]).toBeGreaterThan(0.5);
    expect(heterogeneity[2]).toBeLessThan(0.15);
  });

  test("must be named when there are several targets", () => {
    const schema = { features: {}, targets: { a: { column: "label" }, b: { column: "label" } } };
    const two = toDataset(table, { schema });
    expect(() => partition({ kind: "pathological", clients: 2 }, two, table, Random.seeded(1))).toThrow(
      "by which target: one of a, b",
    );
    expect(partition({ kind: "pathological", clients: 2, by: "b" }, two, table, Random.seeded(1)).size).toBe(2);
  });

  test("are reported by client, with their mean total variation distance to everyone's", () => {
    const parts = new Map([["a", Int32Array.of(0, 1)], ["b", Int32Array.of(2, 3)], ["c", new Int32Array(0)]]); // prettier-ignore
    const report = describePartition(parts, [0, 0, 1, 1]);
    expect(report.clients).toEqual([
      { name: "a", rows: 2, classes: [2, 0] },
      { name: "b", rows: 2, classes: [0, 2] },
      { name: "c", rows: 0, classes: [0, 0] },
    ]);
    expect(report).toMatchObject({ smallest: 0, largest: 2, heterogeneity: 0.5 });
  });
});

describe("clients", () => {
  test("are named so that their names sort", () => {
    const names = [...cut({ kind: "iid", clients: 100 }).keys()];
    expect(names.slice(0, 2)).toEqual(["client-001", "client-002"]);
    expect(names.toSorted()).toEqual(names);
  });

  test("of a column carry its values, numbers in order, and keep the order of the table", () => {
    const raw = tableOf({ site: [10, "9", "x", 10], y: [0, 0, 0, 0] });
    const set = toDataset(raw, { schema: { features: {}, targets: { y: { column: "y" } } } });
    const parts = partition({ kind: "natural", column: "site" }, set, raw, Random.seeded(1));
    expect([...parts].map(([name, rows]) => [name, [...rows]])).toEqual([["9", [1]], ["10", [0, 3]], ["x", [2]]]); // prettier-ignore
  });

  test("beyond the rows are refused, or empty when that is allowed", () => {
    const few = labelled(3);
    const rule: PartitionRule = { kind: "iid", clients: 5 };
    expect(() => partition(rule, few.data, few.table, Random.seeded(1))).toThrow(
      "Expected at least one row for each client, got 5 clients and 3 rows",
    );
    expect(sizes(partition(rule, few.data, few.table, Random.seeded(1), { empty: "allow" }))).toEqual([1, 1, 1, 0, 0]);
  });

  test("that cannot have their minimum are refused, at once or after the last draw", () => {
    expect(() => cut({ kind: "dirichlet", clients: 200, alpha: 1 })).toThrow("cannot give each the minimum of 10 rows");
    expect(() => cut({ kind: "dirichlet", clients: 20, alpha: 0.01, minimum: 60 })).toThrow(
      "in each of 1000 draws: lower minimum, or raise alpha",
    );
  });
});

describe("a partition from a file", () => {
  const folder = temporaryFolder();
  const raw = tableOf({ y: [0, 1, 2] }); // lines 2 to 4
  const set = toDataset(raw, { schema: { features: {}, targets: { y: { column: "y" } } } });

  test("follows its lines", async () => {
    const file = folder.write("p.csv", "line,client\n2,b\n3,a\n4,b\n");
    const parts = partition({ kind: "file", file }, set, raw, Random.seeded(1), {
      assignment: await readAssignment(file),
    });
    expect([...parts].map(([name, rows]) => [name, [...rows]])).toEqual([["a", [1]], ["b", [0, 2]]]); // prettier-ignore
  });

  test("is refused when a line is missing or comes twice", async () => {
    const file = folder.write("q.csv", "line,client\n2,b\n");
    const assignment = await readAssignment(file);
    expect(() => partition({ kind: "file", file }, set, raw, Random.seeded(1), { assignment })).toThrow(
      "names no client for line 3 of clinic.csv",
    );
    await expect(readAssignment(folder.write("r.csv", "line,client\n2,b\n2,a\n"))).rejects.toThrow(
      "r.csv:3: the line 2 comes twice",
    );
  });
});

test("the partition of a decoded experiment is a rule", () => {
  const accepts = (config: PartitionConfig): PartitionRule => config;
  expect(accepts).toBeTypeOf("function");
});
