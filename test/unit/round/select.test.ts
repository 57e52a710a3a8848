import { describe, expect, test } from "vitest";
import { globalBatch } from "../../../server/round/global-batch.ts";
import { cohortSize, selectAll, selectCount, selectFraction } from "../../../server/round/select.ts";
import { Random } from "../../../shared/random.ts";

const members = Array.from({ length: 20 }, (_, i) => `client-${String(i).padStart(2, "0")}`);

describe("selection", () => {
  test("draws m different clients, sorted, the same for the same fork", () => {
    const draw = (): readonly string[] => selectCount(7)(members, Random.seeded(3).fork("selection"));
    expect(draw()).toHaveLength(7);
    expect(new Set(draw()).size).toBe(7);
    expect([...draw()].sort()).toEqual(draw());
    expect(draw()).toEqual(draw());
    expect(selectAll(members, Random.seeded(3))).toEqual(members);
  });

  test.each([
    [0.1, 100, 10],
    [0.001, 100, 1],
    [0.25, 10, 3],
    [1, 7, 7],
    [0.07, 100, 7], // 0.07 · 100 = 7.000000000000001 in float64
    [0.35, 20, 7],
  ])("a fraction of %d of %i clients is max(⌈C·N⌉, 1) = %i", (fraction, all, expected) => {
    expect(cohortSize(fraction, all)).toBe(expected);
  });

  test("is uniform: each client is drawn equally often", () => {
    const counts = new Map(members.map((member) => [member, 0]));
    for (let round = 0; round < 2000; round++) {
      for (const client of selectFraction(0.25)(members, Random.seeded(1).fork(round)))
        counts.set(client, counts.get(client)! + 1);
    }
    // 2000 draws of 5 of 20: mean 500, standard deviation √(2000·¼·¾) = 19.4; five of them either way (seed 1)
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(97);
  });
});

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
