/** What every loss owes its callers, under the contract of objectives. A new loss is one line in the catalogue and one case. */
import { describe, expect, test } from "vitest";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import { drawOf, seed } from "../support/draw.ts";
import { differences, distance } from "../support/finite-differences.ts";
import { lossProgram, rowsOf, runLoss, type Batch, type Result } from "../support/loss-batch.ts";
import { lossCases } from "../support/loss-cases.ts";

const rows = 13;
const everyRow = [...Array(rows).keys()];

/** Sums of disjoint rows, added as a coordinator adds them. */
function added(parts: readonly Result[]) {
  const total = (pick: (part: Result) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  return {
    numerator: total((part) => part.numerator),
    denominator: total((part) => part.denominator),
    count: total((part) => part.count),
    ignored: total((part) => part.ignored),
    gradient: parts.flatMap((part) => part.gradient),
  };
}

const magnitude = (units: readonly number[]): number =>
  units.reduce((sum, unit) => sum + (Number.isFinite(unit) ? Math.abs(unit) : 0), 1);

function expectSame(a: ReturnType<typeof added>, b: ReturnType<typeof added>, scale: number): void {
  expect(Math.abs(a.numerator - b.numerator)).toBeLessThanOrEqual(1e-12 * scale);
  expect(Math.abs(a.denominator - b.denominator)).toBeLessThanOrEqual(1e-12 * scale);
  expect([a.count, a.ignored]).toEqual([b.count, b.ignored]);
  expect(distance(a.gradient, b.gradient)).toBeLessThanOrEqual(1e-12);
}

/** The batch with every number of its first inputs that is real replaced in some rows. */
function poisoned(batch: Batch, where: readonly number[], value: number): Batch {
  return Object.fromEntries(
    Object.entries(batch).map(([name, given]) => {
      const width = given.shape.slice(1).reduce((a, b) => a * b, 1);
      const data = given.data.map((x, i) =>
        where.includes(Math.floor(i / width)) ? (given.dtype === "index" ? -7 : value) : x,
      );
      return [name, { ...given, data }];
    }),
  );
}

describe.each(lossCases)(`$title (SEED=${seed})`, ({ loss, draw: make }) => {
  const draw = drawOf(seed, "odd");
  const batch = make(draw, rows);
  const weights = everyRow.map(() => draw.choice([0.5, 1, 2, 3]));
  const whole = runLoss(loss, batch, weights);
  const scale = 3 * magnitude(whole.units);
  const slopesOf = (result: Result, picked: readonly number[], of = rows): number[] => {
    const width = result.gradient.length / of;
    return picked.flatMap((row) => result.gradient.slice(row * width, (row + 1) * width));
  };

  test.each([1, 2, 3, 7])("split over %i shards, one of them empty, the sums are those of one machine", (shards) => {
    const parts = Array.from({ length: shards + 1 }, (_, k) =>
      everyRow.filter((row) => k < shards && row % shards === k),
    );
    const results = parts.map((part) =>
      runLoss(
        loss,
        rowsOf(batch, part),
        part.map((row) => weights[row]!),
      ),
    );
    const gradient = slopesOf(whole, parts.flat());
    expectSame(added(results), { ...whole, gradient }, scale);
  });

  test.each([Infinity, -Infinity, NaN])("rows of weight 0 that hold %d change nothing", (value) => {
    const absent = [1, 5, 12];
    const masked = weights.map((weight, row) => (absent.includes(row) ? 0 : weight));
    const kept = everyRow.filter((row) => !absent.includes(row));
    const seen = runLoss(loss, poisoned(batch, absent, value), masked);
    const alone = runLoss(
      loss,
      rowsOf(batch, kept),
      kept.map((row) => weights[row]!),
    );
    expectSame({ ...seen, gradient: slopesOf(seen, kept) }, alone, scale);
    expect(slopesOf(seen, absent).every((slope) => slope === 0)).toBe(true);
    expect(seen.nonFinite).toBe(0);
  });

  test("weight 2 is the row twice", () => {
    const twice = runLoss(loss, rowsOf(batch, [...everyRow, 4]));
    const doubled = runLoss(
      loss,
      batch,
      everyRow.map((row) => (row === 4 ? 2 : 1)),
    );
    expect(doubled.numerator).toBeCloseTo(twice.numerator, 10);
    expect(doubled.denominator).toBeCloseTo(twice.denominator, 10);
  });

  test("the order of the rows changes no sum", () => {
    const order = draw.shuffle(everyRow);
    const shuffled = runLoss(
      loss,
      rowsOf(batch, order),
      order.map((row) => weights[row]!),
    );
    expectSame(shuffled, { ...whole, gradient: slopesOf(whole, order) }, scale);
  });

  test("without any weight everything is 0", () => {
    const { numerator, denominator, count, gradient } = runLoss(
      loss,
      batch,
      everyRow.map(() => 0),
    );
    expect([numerator, denominator, count, ...gradient].every((value) => value === 0)).toBe(true);
  });

  test.each([1e4, -1e4])("value and gradient are finite at %d", (value) => {
    const data = batch["prediction"]!.data.map((_, i) => (i % 2 === 0 ? value : -value / 2));
    const { numerator, gradient, nonFinite } = runLoss(loss, {
      ...batch,
      prediction: { ...batch["prediction"]!, data },
    });
    expect([numerator, ...gradient].every(Number.isFinite)).toBe(true);
    expect(nonFinite).toBe(0);
  });

  test("the gradient is that of central differences", () => {
    const engine = createReferenceEngine(lossProgram(loss, batch));
    for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
    engine.input("weight").set(weights);
    expect(distance(whole.gradient, differences(engine, "numerator", "prediction"))).toBeLessThanOrEqual(1e-6);
  });
});
