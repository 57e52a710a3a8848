/** Indicators and picks of a front, on points whose answers are known. */
import { expect, test } from "vitest";
import {
  asfOf,
  frontOf,
  hypervolume,
  kneeOf,
  nonDominatedRanks,
  preferencesOf,
} from "../../../shared/objectives/pareto.ts";

test("hypervolumes of known fronts", () => {
  expect(
    hypervolume(
      [
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      [4, 4],
    ),
  ).toBe(6);
  expect(
    hypervolume(
      [
        [1, 2, 3],
        [2, 1, 2],
        [3, 3, 1],
      ],
      [4, 4, 4],
    ),
  ).toBe(15);
  expect(hypervolume([[5, 5]], [4, 4])).toBe(0);
  expect(hypervolume([[4, 1]], [4, 4])).toBe(0);
});

test("ranks of domination: the front is 0, equal points share a rank, and stand for one in the front", () => {
  const points = [
    [1, 4],
    [2, 2],
    [4, 1],
    [3, 3],
    [5, 5],
    [2, 2],
  ];
  expect(nonDominatedRanks(points)).toEqual([0, 0, 0, 1, 2, 0]);
  expect(frontOf(points)).toEqual([0, 1, 2]);
});

test("the knee buys most for least, and asf picks the most even point", () => {
  const front = [
    [0, 10],
    [1, 2],
    [4, 1.5],
    [10, 0],
  ];
  expect(kneeOf(front)).toBe(1);
  expect(asfOf(front)).toBe(1);
  expect(
    asfOf([
      [0, 10],
      [1, 7],
      [5, 5.2],
      [10, 0],
    ]),
  ).toBe(2);
  expect(kneeOf([[3, 3]])).toBe(0);
});

test("preferences are spread evenly, sum to 1 and leave no objective out", () => {
  expect(preferencesOf(2, 3)).toEqual(
    [
      [0.01, 0.99],
      [0.5, 0.5],
      [0.99, 0.01],
    ].map((one) => one.map((x) => expect.closeTo(x, 12) as number)),
  );
  for (const [m, n] of [
    [2, 7],
    [3, 6],
    [3, 10],
    [4, 9],
    [1, 1],
    [5, 1],
  ] as const) {
    const found = preferencesOf(m, n);
    expect(found).toHaveLength(n);
    for (const one of found) {
      expect(one.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...one)).toBeGreaterThan(0);
    }
    expect(new Set(found.map(String)).size).toBe(n);
  }
});
