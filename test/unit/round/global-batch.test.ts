import { describe, expect, test } from "vitest";
import { globalBatch } from "../../../server/round/global-batch.ts";
import { Random } from "../../../shared/random.ts";

describe("a global batch", () => {
  test("is B different rows, wherever they lie", () => {
    const rows = new Map([
      ["a", 5],
      ["b", 0],
      ["c", 10],
    ]);
    const batch = globalBatch(rows, 8, Random.seeded(2));
    const drawn = [...batch].flatMap(([client, positions]) => [...positions].map((position) => `${client}${position}`));
    expect(drawn).toHaveLength(8);
    expect(new Set(drawn).size).toBe(8);
    for (const [client, positions] of batch)
      for (const position of positions) expect(position).toBeLessThan(rows.get(client)!);
  });

  test("draws the same rows whoever holds them", () => {
    const [one] = globalBatch(new Map([["all", 15]]), 8, Random.seeded(2)).values();
    const split = globalBatch(
      new Map([
        ["a", 5],
        ["b", 10],
      ]),
      8,
      Random.seeded(2),
    );
    expect([...split.get("a")!, ...split.get("b")!.map((position) => position + 5)]).toEqual([...one!]);
  });

  test("of more rows than there are takes them all", () => {
    expect([...globalBatch(new Map([["a", 3]]), 9, Random.seeded(2)).get("a")!]).toEqual([0, 1, 2]);
  });
});
