/** Cox over all clients, beside plain loops over the definition and the anchors of the stratified loss on one stratum. */
import { describe, expect, test } from "vitest";
import { Heap } from "../../../shared/kernels/heap.ts";
import { coxGlobal } from "../../../shared/losses/survival/cox-global.ts";
import { Random } from "../../../shared/random.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { rowsOf, runLoss, type Batch } from "../../support/loss-batch.ts";
import { betweenPhases } from "../../support/two-phase.ts";
import { seed } from "../../support/draw.ts";

const heap = Heap.create();
const real = (data: readonly number[]) => ({ dtype: "real", shape: [data.length], data }) as const;

interface Person {
  readonly h: number;
  readonly time: number;
  readonly event: number;
}
const batchOf = (people: readonly Person[]): Batch => ({
  prediction: real(people.map(({ h }) => h)),
  time: real(people.map(({ time }) => time)),
  event: real(people.map(({ event }) => event)),
});

/** The definition, one death at a time. */
function likelihood(people: readonly Person[], ties: "efron" | "breslow"): number {
  const hazard = (some: readonly Person[]): number => some.reduce((sum, { h }) => sum + Math.exp(h), 0);
  const times = [...new Set(people.filter(({ event }) => event === 1).map(({ time }) => time))];
  const deaths = people.filter(({ event }) => event === 1);
  let total = 0;
  for (const now of times) {
    const atRisk = hazard(people.filter(({ time }) => time >= now));
    const dying = deaths.filter(({ time }) => time === now);
    for (const [l, { h }] of dying.entries()) {
      const gone = ties === "efron" ? (l / dying.length) * hazard(dying) : 0;
      total += Math.log(atRisk - gone) - h;
    }
  }
  return total / deaths.length;
}

const drawPeople = (count: number, times: number, random: Random): Person[] =>
  Array.from({ length: count }, () => ({
    h: 4 * random.uniform() - 2,
    time: 1 + random.integer(times),
    event: random.integer(3) === 0 ? 0 : 1,
  }));

describe("the five patients of the anchor", () => {
  const people = batchOf([
    { h: 0.2, time: 2, event: 1 },
    { h: -0.5, time: 3, event: 1 },
    { h: 0.8, time: 3, event: 1 },
    { h: 0.1, time: 5, event: 0 },
    { h: -0.3, time: 7, event: 1 },
  ]);
  // value and gradient of the numerator (4 events) of cox/anchor and cox/anchor-2 in test/golden/losses/losses.json
  test.each([
    [
      "breslow",
      1.0901571777489785,
      [-0.7929637565788273, -0.6378802566483182, 0.3287247675594625, 0.6598251923536858, 0.4422940533139972],
    ],
    [
      "efron",
      1.0000233022802074,
      [-0.7929637565788273, -0.6745661224827635, 0.19411344230440514, 0.7623787068708956, 0.5110377298862899],
    ],
  ] as const)("are worth what the stratified loss says of one stratum (%s)", (ties, value, slopes) => {
    const seen = runLoss(coxGlobal.bind({ grid: [2, 3, 7], ties }), people);
    expect(seen.value).toBeCloseTo(value, 14);
    seen.gradients["prediction"]!.data.forEach((slope, i) => {
      expect(4 * slope).toBeCloseTo(slopes[i]!, 13);
    });
  });

  test("are worth the same on three clients, one of whom has nobody", () => {
    const loss = coxGlobal.bind({ grid: [2, 3, 7] });
    const clients = [[4, 1], [], [0, 2, 3]].map((rows) => runLoss(loss, rowsOf(people, rows)));
    expect(betweenPhases(loss, clients, heap).value).toBeCloseTo(1.0000233022802074, 14);
    const strata = clients.filter(({ value }) => value !== null).map(({ value }) => value!);
    expect(strata.some((value) => Math.abs(value - 1.0000233022802074) > 0.05)).toBe(true);
  });

  test("without an event there is no likelihood", () => {
    const censored = { ...people, event: real([0, 0, 0, 0, 0]) };
    const seen = runLoss(coxGlobal.bind({ grid: [2, 3, 7] }), censored);
    expect([seen.value, ...seen.gradients["prediction"]!.data]).toEqual([null, 0, 0, 0, 0, 0]);
  });
});

describe.each(["efron", "breslow"] as const)("ties by %s", (ties) => {
  test.each([1, 2, 3, 4, 5])(`a grid of all times gives the plain loops (draw %i, SEED=${seed})`, (draw) => {
    const people = drawPeople(40, 8, Random.seeded(seed).fork(`cox-global ${draw}`));
    const seen = runLoss(coxGlobal.bind({ grid: [1, 2, 3, 4, 5, 6, 7, 8], ties }), batchOf(people));
    expect(seen.value).toBeCloseTo(likelihood(people, ties), 12);
  });

  test("a coarse grid is Cox on times rounded down to it", () => {
    const people = drawPeople(40, 8, Random.seeded(seed).fork("coarse"));
    const rounded = people.map((one) => ({ ...one, time: one.time < 4 ? 2 : one.time < 7 ? 4 : 7 }));
    const seen = runLoss(coxGlobal.bind({ grid: [2, 4, 7], ties }), batchOf(people));
    expect(seen.value).toBeCloseTo(likelihood(rounded, ties), 12);
  });

  test("a common offset of the log-hazards changes nothing, and neither does the origin", () => {
    const people = drawPeople(20, 5, Random.seeded(seed).fork("offset"));
    const valueAt = (offset: number, origin: number): number =>
      runLoss(
        coxGlobal.bind({ grid: [1, 2, 3, 4, 5], ties, origin }),
        batchOf(people.map((one) => ({ ...one, h: one.h + offset }))),
      ).value!;
    expect(valueAt(30, 0)).toBeCloseTo(valueAt(0, 0), 12);
    expect(valueAt(1000, 1000)).toBeCloseTo(valueAt(0, 0), 11);
  });

  test("log-hazards of ±50 are right in float32", () => {
    const people = [50, -50, 49, -48, 50, -50].map((h, i) => ({ h, time: 1 + (i >> 1), event: 1 }));
    const seen = runLoss(coxGlobal.bind({ grid: [1, 2, 3], ties }), batchOf(people), undefined, (program) =>
      createEngine(program, { precision: "float32", heap }),
    );
    expect(seen.value! / likelihood(people, ties)).toBeCloseTo(1, 6);
    expect(seen.gradients["prediction"]!.data.every(Number.isFinite)).toBe(true);
  });
});

test("300 ties by 64 blocks are off by less than .35/64 nats per event, by 300 terms not at all", () => {
  const people = drawPeople(300, 1, Random.seeded(seed).fork("ties")).map((one) => ({ ...one, event: 1 }));
  const exact = likelihood(people, "efron");
  const by = (tieTerms: number): number => runLoss(coxGlobal.bind({ grid: [1], tieTerms }), batchOf(people)).value!;
  expect(by(300)).toBeCloseTo(exact, 11);
  expect(Math.abs(by(64) - exact)).toBeGreaterThan(1e-9);
  expect(Math.abs(by(64) - exact)).toBeLessThan(0.35 / 64);
});

test("a grid that does not ascend is refused by name", () => {
  expect(() => coxGlobal.bind({ grid: [1, 1, 2] })).toThrow(/cox-global\.grid: expected times that ascend/);
});
