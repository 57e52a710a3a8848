import { describe, expect, test } from "vitest";
import { epochOrder, stepOrder } from "../../../shared/data/batches.ts";
import { encodeTargets } from "../../../shared/data/targets.ts";
import { blocksOf, largestOf, packed, padded } from "../../../shared/data/groups.ts";
import { globalBatchOfBlocks } from "../../../server/round/global-batch.ts";
import { Random } from "../../../shared/random.ts";
import { tableOf } from "../../support/tables.ts";

const groups = [1, 1, 2, 3, 2, 1];
const rows = [0, 1, 2, 3, 4, 5];
const blocks = blocksOf(rows, [(row) => groups[row]!]);

describe("blocks", () => {
  test("are the rows of one group, in the order of their first rows", () => {
    expect(blocks.map((block) => [...block])).toEqual([[0, 1, 5], [2, 4], [3]]);
    expect(largestOf(blocks)).toBe(3);
  });

  test("link whatever any grouping links, and leave rows without a group alone", () => {
    const other = [9, -1, 9, -1, -1, -1];
    const linked = blocksOf(rows, [(row) => groups[row]!, (row) => other[row]!]);
    expect(linked.map((block) => [...block])).toEqual([[0, 1, 2, 4, 5], [3]]);
  });

  test("are packed whole, and padded with −1", () => {
    const pieces = packed(blocks, 4);
    expect(pieces.map((piece) => [...piece])).toEqual([
      [0, 1, 5],
      [2, 4, 3],
    ]);
    expect([...padded(pieces, 4)]).toEqual([0, 1, 5, -1, 2, 4, 3, -1]);
  });
});

describe("batches of blocks", () => {
  const plan = { rows, blocks, batchSize: 4, microBatchSize: 3 };
  const inOne = (order: Int32Array, size: number): boolean =>
    blocks.every((block) => new Set([...block].map((row) => Math.floor(order.indexOf(row) / size))).size === 1);

  test("hold every row of an epoch once, and cut no block", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { order } = epochOrder(plan, 1, Random.seeded(seed));
      expect([...order].filter((row) => row >= 0).sort()).toEqual(rows);
      expect(inOne(order, 3)).toBe(true);
    }
  });

  test("go on where the last round stopped", () => {
    const whole = stepOrder(plan, 0, 6, Random.seeded(1));
    const rest = stepOrder(plan, 2, 4, Random.seeded(1));
    const width = whole.order.length / 6;
    const real = (order: Int32Array): number[] => [...order].filter((row) => row >= 0);
    expect(real(rest.order)).toEqual(real(whole.order.slice(2 * width)));
  });

  test("of the coordinator are drawn whole, never more rows than asked for", () => {
    const held = new Map([
      ["a", blocks],
      ["b", [Int32Array.of(0, 1)]],
    ]);
    for (let seed = 0; seed < 50; seed++) {
      const batch = globalBatchOfBlocks(held, 5, Random.seeded(seed));
      const drawn = [...batch.values()].reduce((sum, { length }) => sum + length, 0);
      expect(drawn).toBeGreaterThan(0);
      expect(drawn).toBeLessThanOrEqual(5);
      for (const block of blocks) {
        const taken = [...block].filter((row) => batch.get("a")!.includes(row));
        expect([0, block.length]).toContain(taken.length);
      }
    }
  });
});

describe("a target that is a group", () => {
  const encode = (values: readonly unknown[], targets: "refuse" | "ignore" = "refuse") =>
    encodeTargets(tableOf({ q: values }), {
      features: {},
      targets: { q: { column: "q", group: true } },
      missing: { targets },
    }).columns;

  test("has one number for equal values in every file, a whole number standing for itself", () => {
    const [here] = encode(["north", 7, "north", "south"]);
    const [there] = encode(["south", "7", "north"]);
    expect(here!.data[0]).toBe(here!.data[2]);
    expect(here!.data[1]).toBe(7);
    expect(here!.data[3]).toBe(there!.data[0]);
    expect(here!.data[0]).toBe(there!.data[2]);
    expect(new Set(here!.data).size).toBe(3);
  });

  test("is none where it is missing, and the row counts for nothing", () => {
    const [group, weight] = encode(["a", null, "b"], "ignore");
    expect(group!.data[1]).toBe(-1);
    expect([...weight!.data]).toEqual([1, 0, 1]);
  });
});
