import { describe, expect, test } from "vitest";
import { stalenessWeight } from "../../../server/asynchrony/arrivals.ts";
import { windowOf, type Window } from "../../../server/asynchrony/schedule.ts";
import { Random } from "../../../shared/random.ts";

const members = ["a", "b", "c", "d", "e"];
const seconds: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, d: 10, e: 25 };
const play = (steps: number, more: { size?: number; concurrency?: number; maxStaleness?: number } = {}): Window[] => {
  const windows: Window[] = [];
  for (let version = 0; version < steps; version++) {
    const { now, flying } = windows.at(-1) ?? { now: 0, flying: [] };
    const random = Random.seeded(4).fork(version);
    const own = { size: 2, concurrency: 3, maxStaleness: 20, ...more };
    windows.push(windowOf(now, flying, { ...own, version, members, random, seconds: (client) => seconds[client]! }));
  }
  return windows;
};
const named = (flights: readonly { readonly client: string }[]): string[] => flights.map(({ client }) => client);

describe("a window between two steps", () => {
  test("with everybody at work and a size of N is a round of everybody, by speed, and nobody is stale", () => {
    const [first, second] = play(2, { size: 5, concurrency: 9 });
    expect(named(first!.arrivals)).toEqual(members);
    expect([...named(first!.starters)].sort()).toEqual(members);
    expect(first).toMatchObject({ now: 25, flying: [], dropped: [] });
    expect(second).toMatchObject({ now: 50, flying: [] });
  });

  test("keeps so many at work, begins nobody twice on one model, and loses nobody", () => {
    let flying = 0;
    for (const window of play(60)) {
      const { starters, arrivals, dropped, flying: stay } = window;
      expect(new Set(named(starters)).size).toBe(starters.length);
      expect(arrivals).toHaveLength(2);
      flying += starters.length - arrivals.length - dropped.length;
      expect(stay).toHaveLength(flying);
      expect(stay.length).toBeLessThanOrEqual(3);
      expect(new Set(named(stay)).size).toBe(stay.length);
      for (const flight of stay) expect(flight.finishes).toBeGreaterThanOrEqual(window.now);
    }
  });

  test("counts the steps that slow clients miss, and drops work that is too stale", () => {
    const staleness = play(40).flatMap(({ arrivals }, version) => arrivals.map((flight) => version - flight.version));
    expect(Math.min(...staleness)).toBe(0);
    expect(Math.max(...staleness)).toBeGreaterThan(3);
    const windows = play(40, { maxStaleness: 2 });
    expect(windows.flatMap(({ dropped }) => named(dropped))).toContain("e");
    windows.forEach(({ arrivals }, version) => {
      for (const flight of arrivals) expect(version - flight.version).toBeLessThanOrEqual(2);
    });
  });

  test("of more arrivals than there are clients is refused", () => {
    expect(() => play(1, { size: 6 })).toThrow(/size is 6, but there are only 5 clients/);
  });
});

test("w(s): polynomial (s + 1)^−½, hinge 1 up to b, constant 1", () => {
  expect(stalenessWeight({ kind: "polynomial", exponent: 0.5 }, 3)).toBe(0.5);
  expect(stalenessWeight({ kind: "hinge", a: 10, b: 4 }, 4)).toBe(1);
  expect(stalenessWeight({ kind: "hinge", a: 10, b: 4 }, 6)).toBe(1 / 21);
  expect(stalenessWeight({ kind: "constant" }, 9)).toBe(1);
});
