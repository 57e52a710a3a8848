/**
 * What every loss owes its callers, read off the catalogue: a new loss is under these laws as soon as it has a name. Sets are
 * cut between groups only; what is added up of a two-phase loss are its sums.
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Heap } from "../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import { losses, type LossName } from "../../shared/losses/catalogue.ts";
import { describeLoss } from "../../shared/losses/description.ts";
import { drawBatch } from "../../shared/losses/draw.ts";
import { firstValues } from "../../shared/losses/parameters.ts";
import { slopesOf, trialProgram, type Trial } from "../../shared/objectives/trial.ts";
import { Random } from "../../shared/random.ts";
import { seed } from "../support/draw.ts";
import { notFinite } from "../support/far-out.ts";
import { differences, distance } from "../support/finite-differences.ts";
import { poisoned, rowsIn, rowsOf, runLoss, type Batch } from "../support/loss-batch.ts";
import { lossCases } from "../support/loss-cases.ts";
import { lossExtremes } from "../support/loss-extremes.ts";
import { betweenPhases, secondPhase } from "../support/two-phase.ts";

const rows = 13;
const everyRow = [...Array(rows).keys()];
const heap = Heap.create();

test("every loss of the catalogue is under the laws", () => {
  expect([...new Set(lossCases.map(({ name }) => name))].sort()).toEqual(Object.keys(losses).sort());
});

test("and every loss that is defined is in the catalogue, so that none can escape them", async () => {
  const folder = resolve(import.meta.dirname, "../../shared/losses");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\/.*\.ts$/.test(file));
  const known = new Set<unknown>(Object.values(losses));
  const strays = await Promise.all(
    files.map(async (file) => {
      const module = (await import(join(folder, file))) as Readonly<Record<string, unknown>>;
      const defined = Object.entries(module).filter(
        ([, value]) => typeof value === "object" && value !== null && "bind" in value && "inputs" in value,
      );
      return defined.filter(([, loss]) => !known.has(loss)).map(([name]) => `${name} in ${file}`);
    }),
  );
  expect(strays.flat()).toEqual([]);
});

/** Losses part of which is held constant, so that differences see more than the gradient: where their gradient is tested. */
const heldConstant: Partial<Readonly<Record<string, string>>> = { circle: "unit/losses/metric-learning.test.ts" };

/** What adds up over disjoint rows. */
const additive = ({ numerator, denominator, count, ignored, sums }: Trial): number[] =>
  sums === undefined ? [numerator, denominator, count, ignored] : Object.values(sums).flatMap(({ data }) => data);

const added = (parts: readonly Trial[]): number[] => parts.map(additive).reduce((a, b) => a.map((x, i) => x + b[i]!));

/** The trial of a two-phase loss counts the rows it was given, with or without weight. */
const whole = ({ numerator, denominator, count, ignored, sums }: Trial): number[] =>
  sums === undefined ? [numerator, denominator, count, ignored] : [numerator, denominator, ignored];

const near = (a: readonly number[], b: readonly number[], scale: number): void => {
  expect(a.length).toBe(b.length);
  for (const [i, x] of a.entries()) expect(Math.abs(x - b[i]!), `${x} beside ${b[i]}`).toBeLessThanOrEqual(scale);
};

describe.each(lossCases)(`$title (SEED=${seed})`, ({ loss, draw, title }) => {
  const random = Random.seeded(seed).fork(title);
  const batch = drawBatch(loss, rows, random, draw);
  const group = batch["group"]?.data;
  /** Rows that must stay together, as lists; every row by itself unless the loss joins them. */
  const pieces =
    loss.kind === "set"
      ? [...new Set(group)].map((one) => everyRow.filter((row) => group![row] === one))
      : everyRow.map((row) => [row]);
  const weightOf = new Map(pieces.map((piece) => [piece, [0.5, 1, 2, 3][random.integer(4)]!]));
  const weights = everyRow.map((row) => weightOf.get(pieces.find((piece) => piece.includes(row))!)!);
  const names = slopesOf(loss, batch);
  const all = runLoss(loss, batch, weights);
  const scale = 1e-12 * additive(all).reduce((sum, x) => sum + Math.abs(x), 10);
  const picked = (from: readonly number[]): number[] => from.map((row) => weights[row]!);

  /** The gradients of these rows of a result, input by input. */
  const slopes = (result: Trial, from: readonly number[]): number[] =>
    names.flatMap((name) => rowsIn(result.gradients[name]!, from).data);

  test("has something to say about its batch", () => {
    expect([all.value, ...slopes(all, everyRow)].every((x) => x !== null && Number.isFinite(x))).toBe(true);
    expect(all.nonFinite).toBe(0);
    expect(slopes(all, everyRow).some((slope) => slope !== 0)).toBe(true);
  });

  test.each([1, 2, 3, 7])("split over %i shards, one of them empty, the sums are those of one machine", (shards) => {
    const parts = Array.from({ length: shards + 1 }, (_, k) =>
      pieces.filter((_, i) => k < shards && i % shards === k).flat(),
    );
    const results = parts.map((part) => runLoss(loss, rowsOf(batch, part), picked(part)));
    near(added(results), additive(all), scale);
    const outer = loss.kind === "two-phase" ? betweenPhases(loss, results, heap) : undefined;
    if (outer !== undefined) near([outer.value!], [all.numerator], 1e-12 * (1 + Math.abs(all.numerator)));
    for (const [k, part] of parts.entries()) {
      const gradients =
        loss.kind === "two-phase"
          ? secondPhase(loss, rowsOf(batch, part), picked(part), outer!.multipliers)
          : results[k]!.gradients;
      const seen = names.flatMap((name) => rowsIn(gradients[name]!, [...part.keys()]).data);
      expect(distance(seen, slopes(all, part))).toBeLessThanOrEqual(1e-12);
    }
  });

  test.each([Infinity, -Infinity, NaN])("rows of weight 0 that hold %d change nothing", (value) => {
    const absent = [1, 5, 12];
    const kept = everyRow.filter((row) => !absent.includes(row));
    const masked = weights.map((weight, row) => (absent.includes(row) ? 0 : weight));
    const seen = runLoss(loss, poisoned(batch, absent, value), masked);
    const alone = runLoss(loss, rowsOf(batch, kept), picked(kept));
    near(whole(seen), whole(alone), scale);
    expect(distance(slopes(seen, kept), slopes(alone, [...kept.keys()]))).toBeLessThanOrEqual(1e-12);
    expect(slopes(seen, absent).every((slope) => slope === 0)).toBe(true);
    expect(seen.nonFinite).toBe(0);
  });

  test("weight 2 is the row, or the group of rows, twice", () => {
    const twice = pieces.at(-1)!;
    const again = rowsOf(batch, [...everyRow, ...twice]);
    const regrouped: Batch =
      group === undefined || loss.kind !== "set"
        ? again
        : { ...again, group: { ...again["group"]!, data: [...group, ...twice.map(() => 5)] } };
    const doubled = runLoss(
      loss,
      batch,
      weights.map((weight, row) => (twice.includes(row) ? 2 * weight : weight)),
    );
    const repeated = runLoss(loss, regrouped, [...weights, ...picked(twice)]);
    near(whole(doubled).slice(0, 2), whole(repeated).slice(0, 2), scale);
  });

  test("the order of the rows changes no sum", () => {
    const order = [...random.fork("order").shuffle(Int32Array.from(pieces.keys()))].flatMap((piece) => pieces[piece]!);
    const shuffled = runLoss(loss, rowsOf(batch, order), picked(order));
    near(whole(shuffled), whole(all), scale);
    expect(distance(slopes(shuffled, everyRow), slopes(all, order))).toBeLessThanOrEqual(1e-12);
  });

  test("without any weight there is no value, and nothing is NaN", () => {
    const none = runLoss(
      loss,
      batch,
      everyRow.map(() => 0),
    );
    expect([none.value, none.numerator, none.denominator, none.count]).toEqual([null, 0, 0, 0]);
    expect(slopes(none, everyRow).every((slope) => slope === 0)).toBe(true);
  });

  test.each(["float64", "float32"] as const)("value and gradient are finite far out, in %s", (precision) => {
    expect(notFinite(loss, batch, { precision, forms: draw.forms ?? {} })).toEqual([]);
  });

  test.skipIf(Object.keys(loss.parameters).length === 0)(
    "the gradient of its own parameters is that of central differences, and adds up over shards",
    () => {
      const own = Object.fromEntries(
        Object.entries(loss.parameters).map(([name, parameter]) => {
          const stream = random.fork("parameter", name);
          const data = firstValues(parameter, stream).map((x) => x + 0.1 * stream.normal());
          return [name, { dtype: "real" as const, shape: parameter.shape, data }];
        }),
      );
      const near = { ...batch, ...own };
      const whole = runLoss(loss, near, weights);
      const engine = createReferenceEngine(trialProgram(loss, near));
      for (const [name, { data }] of Object.entries(near)) engine.input(name).set(data);
      engine.input("weight").set(weights);
      const learned = Object.keys(own).map((name) => whole.gradients[name]!.data);
      expect(learned.flat().some((slope) => slope !== 0)).toBe(true);
      for (const [i, name] of Object.keys(own).entries())
        expect(distance(learned[i]!, differences(engine, "numerator", name)), name).toBeLessThanOrEqual(1e-6);
      if (loss.kind === "two-phase") return; // λ carries theirs as it does the inputs'
      const halves = [0, 1].map((half) => {
        const part = pieces.filter((_, i) => i % 2 === half).flat();
        return runLoss(loss, { ...rowsOf(batch, part), ...own }, picked(part)).gradients;
      });
      for (const [i, name] of Object.keys(own).entries()) {
        const [a, b] = halves.map((gradients) => gradients[name]!.data) as [readonly number[], readonly number[]];
        expect(
          distance(
            learned[i]!,
            a.map((x, at) => x + b[at]!),
          ),
        ).toBeLessThanOrEqual(1e-12);
      }
    },
  );

  test.skipIf(heldConstant[loss.name] !== undefined)("the gradient is that of central differences", () => {
    const engine = createReferenceEngine(trialProgram(loss, batch));
    for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
    engine.input("weight").set(weights);
    for (const name of names) {
      const expected = differences(engine, "numerator", name);
      expect(distance(all.gradients[name]!.data, expected), name).toBeLessThanOrEqual(1e-6);
    }
  });
});

/** Losses whose options have no ends that are not among the cases above. */
const noEnds: ReadonlySet<string> = new Set([
  "mse",
  "gaussian-nll",
  "kl-divergence",
  "gan-generator",
  "gan-discriminator",
  "ctc",
  "cox",
  "cox-global",
  "feature-distance",
]);

test("losses with options say what is at their ends", () => {
  const silent = Object.values(losses).filter(
    (loss) => Object.keys(describeLoss(loss).options).length > 0 && lossExtremes[loss.name as LossName] === undefined,
  );
  expect(silent.map(({ name }) => name).filter((name) => !noEnds.has(name))).toEqual([]);
});

test.each(Object.keys(lossExtremes) as LossName[])("%s is finite far out at the ends of its options", (name) => {
  for (const options of lossExtremes[name]!) {
    const loss = losses[name].bind(options);
    const batch = drawBatch(loss, 7, Random.seeded(seed).fork(name));
    expect(notFinite(loss, batch, { precision: "float32" }), JSON.stringify(options)).toEqual([]);
  }
});
