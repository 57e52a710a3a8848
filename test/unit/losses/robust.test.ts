/** Losses around another loss, beside plain loops over its values. */
import { describe, expect, test } from "vitest";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { boundedGroupLoss } from "../../../shared/losses/robust/bounded-group.ts";
import { cvar } from "../../../shared/losses/robust/cvar.ts";
import { innerLosses } from "../../../shared/losses/robust/inner.ts";
import { geometricMean, term } from "../../../shared/losses/robust/tilted.ts";
import { tunedLosses } from "../../../shared/losses/tuned/tuned.ts";
import { Random } from "../../../shared/random.ts";
import { seed } from "../../support/draw.ts";
import { rowsOf, runLoss, type Batch } from "../../support/loss-batch.ts";
import { betweenPhases } from "../../support/two-phase.ts";

const heap = Heap.create();
const real = (data: readonly number[]) => ({ dtype: "real", shape: [data.length], data }) as const;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** A batch whose absolute errors are these. */
const errors = (...sizes: number[]): Batch => ({ prediction: real(sizes), target: real(sizes.map(() => 0)) });
const slopesOf = (seen: ReturnType<typeof runLoss>): readonly number[] => seen.gradients["prediction"]!.data;

/** The definition: the worst `fraction` of all weight, the last example in part. */
function worstMean(values: readonly number[], weights: readonly number[], fraction: number): number {
  const wanted = fraction * sum(weights);
  let [left, total] = [wanted, 0];
  for (const i of [...values.keys()].sort((a, b) => values[b]! - values[a]!)) {
    const taken = Math.min(left, weights[i]!);
    total += taken * values[i]!;
    left -= taken;
  }
  return total / wanted;
}

describe("cvar", () => {
  test("of the top half of (1, 2, 4) is 10/3, with the slopes 0, ⅓, ⅔", () => {
    const seen = runLoss(cvar.bind({ fraction: 0.5, loss: "mae" }), errors(1, 2, 4));
    expect(seen.value).toBeCloseTo(10 / 3, 14);
    for (const [i, slope] of [0, 1 / 3, 2 / 3].entries()) expect(slopesOf(seen)[i]).toBeCloseTo(slope, 14);
  });

  test.each([0.05, 0.1, 0.3, 0.77, 1])(
    `of the worst %d is the sorted mean, but for the boundary bin (SEED=${seed})`,
    (fraction) => {
      const random = Random.seeded(seed).fork(`cvar ${fraction}`);
      const values = Array.from({ length: 200 }, () => random.uniform() * 10 + 1e-3);
      const weights = values.map(() => 1 + random.integer(3));
      const expected = worstMean(values, weights, fraction);
      const at = (resolution: number): number =>
        runLoss(cvar.bind({ fraction, loss: "mae", resolution }), errors(...values), weights).value!;
      expect(Math.abs(at(1 / 32) - expected)).toBeLessThan(expected / 32);
      expect(at(1 / 32)).toBeLessThanOrEqual(expected + 1e-12); // an average over the bin is below its worst
      expect(Math.abs(at(1e-4) - expected)).toBeLessThan(1e-5);
    },
  );

  test("of all examples is the inner loss, class weights and ignored labels included", () => {
    const batch: Batch = {
      prediction: { dtype: "real", shape: [4, 3], data: [2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 1, 1] },
      target: { dtype: "index", shape: [4], data: [0, 1, 2, 0] },
    };
    const options = { kind: "softmax-cross-entropy", classWeights: [1, 2, 4], ignoreIndex: 1 };
    const { kind, ...own } = options;
    const inner = runLoss(losses[kind as "softmax-cross-entropy"].bind(own), batch);
    expect(runLoss(cvar.bind({ fraction: 1, loss: options }), batch).value).toBeCloseTo(inner.value!, 14);
  });

  test("tells equal losses apart by nothing: they share what is left", () => {
    const seen = runLoss(cvar.bind({ fraction: 0.5, loss: "mae" }), errors(3, 3, 3, 1));
    expect(slopesOf(seen)[0]).toBeCloseTo(1 / 3, 14);
    expect(slopesOf(seen)).toEqual([slopesOf(seen)[0], slopesOf(seen)[0], slopesOf(seen)[0], 0]);
  });

  test("with declared edges is exact where they separate unequal losses", () => {
    const loss = cvar.bind({ fraction: 0.5, loss: "mae", edges: [0, 1.5, 3] });
    expect(runLoss(loss, errors(1, 2, 4)).value).toBeCloseTo(10 / 3, 14);
  });

  test("takes losses below 0, and of any size", () => {
    const loss = cvar.bind({ fraction: 0.6, loss: { kind: "gan-generator", variant: "wgan" } }); // ℓ = −d
    const seen = runLoss(loss, { prediction: real([4, 2, 1, -1e6, -3]) });
    expect(seen.value! / ((1e6 + 3 - 1) / 3)).toBeCloseTo(1, 14);
    expect(slopesOf(seen).map((slope) => slope === 0)).toEqual([true, true, false, false, false]);
  });

  test("over clients is not the mean of their own", () => {
    const loss = cvar.bind({ fraction: 0.5, loss: "mae" });
    const all = errors(1, 2, 4, 8);
    const clients = [[0, 1], [2, 3], []].map((rows) => runLoss(loss, rowsOf(all, rows)));
    expect(betweenPhases(loss, clients, heap).value).toBeCloseTo(6, 13);
    expect((clients[0]!.value! + clients[1]!.value!) / 2).toBeCloseTo(5, 13);
  });
});

describe("term", () => {
  // (1/t)·log mean e^{tℓ} of (1, 2, 4): aggregators.json → scalarizations, term
  test.each([
    [-1, 1.7496000719],
    [0.5, 2.7315129909],
    [1, 3.0712337309],
  ])("of (1, 2, 4) at t = %d is %d", (t, value) => {
    expect(runLoss(term.bind({ t, loss: "mae" }), errors(1, 2, 4)).value).toBeCloseTo(value, 9);
  });

  test.each([-3, 0.01, 2, 20])(`is the plain formula at t = %d (SEED=${seed})`, (t) => {
    const random = Random.seeded(seed).fork(`term ${t}`);
    const values = Array.from({ length: 50 }, () => 40 * random.uniform() + 0.01);
    const weights = values.map(() => 0.5 + random.integer(3));
    const exponents = values.map((value) => t * value);
    const top = Math.max(...exponents);
    const tilted = exponents.map((u, i) => weights[i]! * Math.exp(u - top));
    const expected = (top + Math.log(sum(tilted) / sum(weights))) / t;
    const seen = runLoss(term.bind({ t, loss: "mae" }), errors(...values), weights);
    expect(seen.value! / expected).toBeCloseTo(1, 12);
    for (const [i, slope] of slopesOf(seen).entries()) expect(slope).toBeCloseTo(tilted[i]! / sum(tilted), 11);
  });

  test("stays finite where e^{tℓ} would not, in float32 too", () => {
    for (const precision of ["float32", "float64"] as const) {
      const seen = runLoss(term.bind({ t: 10, loss: "mae" }), errors(1, 50, 100), undefined, (program) =>
        createEngine(program, { precision, heap }),
      );
      expect(seen.value).toBeCloseTo(100 - Math.log(3) / 10, 4);
    }
  });

  test("does not tilt by 0", () => {
    expect(() => term.bind({ t: 0, loss: "mae" })).toThrow(/term\.t: expected a number that is not 0/);
  });
});

test("the geometric mean of (1, 2, 4) is 2, with the slopes ⅔, ⅓, ⅙, and small losses do not vanish in float32", () => {
  const seen = runLoss(geometricMean.bind({ loss: "mae" }), errors(1, 2, 4));
  expect(seen.value).toBeCloseTo(2, 14);
  for (const [i, slope] of [2 / 3, 1 / 3, 1 / 6].entries()) expect(slopesOf(seen)[i]).toBeCloseTo(slope, 14);
  const small = runLoss(
    geometricMean.bind({ loss: "mae" }),
    errors(...new Array<number>(11).fill(1e-5)),
    undefined,
    (p) => createEngine(p, { precision: "float32", heap }),
  );
  expect(small.value! / 1e-5).toBeCloseTo(1, 5);
});

describe("bounded group loss", () => {
  const group = { dtype: "index", shape: [5], data: [0, 0, 1, 1, 2] } as const;
  const batch: Batch = { ...errors(1, 2, 3, 5, 9), group };

  test("is the worst group's mean less the bound, and only that group has a slope", () => {
    const seen = runLoss(boundedGroupLoss.bind({ groups: 4, bound: 1, loss: "mae", minimumSize: 2 }), batch);
    expect(seen.value).toBe(3);
    expect(slopesOf(seen)).toEqual([0, 0, 0.5, 0.5, 0]);
    expect(seen.details!["groupLoss"]!.data).toEqual([1.5, 4, 9, 0]);
    expect(seen.details!["notEstimable"]!.data).toEqual([0, 0, 1, 1]);
  });
  test("is negative where every group is within the bound", () => {
    expect(runLoss(boundedGroupLoss.bind({ groups: 3, bound: 10, loss: "mae" }), batch).value).toBe(-1);
  });
  test("gives a tie to the first group", () => {
    const tie: Batch = { ...errors(2, 2, 1, 3, 0), group };
    expect(slopesOf(runLoss(boundedGroupLoss.bind({ groups: 3, loss: "mae" }), tie))).toEqual([0.5, 0.5, 0, 0, 0]);
  });
});

test("every loss of the catalogue with a value per example can be the inner one, but for those tuned on other rows", () => {
  const additive = Object.values(losses).filter(({ kind, name }) => kind === "additive" && !(name in tunedLosses));
  expect(additive.map(({ name }) => name).filter((name) => !(name in innerLosses))).toEqual([]);
});

test("problems of the inner loss are named where they stand", () => {
  expect(() => cvar.bind({ fraction: 2, loss: { kind: "huber", delta: -1 } })).toThrow(
    /cvar\.fraction: .*\n?.*cvar\.loss\.delta: |cvar\.loss\.delta: [^]*cvar\.fraction: /,
  );
  expect(() => cvar.bind({ loss: "dice" })).toThrow(/cvar\.loss: /);
});
