import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { adviseOn, type Advice } from "../../../shared/advice/advice.ts";
import { measure, mergeMeasurements, type Measurements } from "../../../shared/advice/measure.ts";
import type { Question } from "../../../shared/advice/task.ts";
import { numberColumn } from "../../../shared/data/readers/collect.ts";
import { readTable } from "../../../shared/data/readers/reader.ts";
import type { Table } from "../../../shared/data/table.ts";
import { exp } from "../../../shared/kernels/math.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import type { Loss } from "../../../shared/losses/loss.ts";
import type { Random } from "../../../shared/random.ts";
import { dealt, drawnTable } from "../../support/advice-tables.ts";

const data = resolve(import.meta.dirname, "../../../examples/data");
const advised = (table: Table, question: Partial<Question> = {}): Advice =>
  adviseOn(measure([table], { target: "y", ...question }));
const first = (table: Table, question: Partial<Question> = {}): string | undefined =>
  advised(table, question).proposals[0]?.loss;
const found = ({ findings }: Advice, about: string) => findings.find((finding) => finding.about === about);

/** Poisson by inversion: enough for small means. */
function poisson(mean: number, random: Random): number {
  let [count, product] = [0, random.uniform()];
  for (const floor = exp(-mean); product > floor; count++) product *= random.uniform();
  return count;
}

const line = (x: number, random: Random): number => 3 * x + random.normal();
const dirty = (x: number, random: Random): number => 3 * x + random.normal() * (random.uniform() < 0.1 ? 20 : 1);
const skewed = (x: number, random: Random): number => (exp(1 + x / 2) * random.gamma(2)) / 2;

describe("a number", () => {
  test.each([1, 2, 3, 4, 5])("with Gaussian noise is for mse (seed %i)", (seed) => {
    expect(first(drawnTable(1500, seed, line))).toBe("mse");
  });

  test.each([1, 2, 3, 4, 5])(
    "with one residual in ten twenty times as wide is for huber or barron (seed %i)",
    (seed) => {
      const advice = advised(drawnTable(1500, seed, dirty));
      expect(["huber", "barron"]).toContain(advice.proposals[0]?.loss);
      const mse = advice.proposals.find(({ loss }) => loss === "mse");
      expect(mse?.numbers["needs"]).toBeGreaterThan(10);
      const huber = advice.proposals.find(({ loss }) => loss === "huber")!;
      expect(huber.options["delta"]).toBeGreaterThan(1.345 * 0.95); // 1.345σ of the clean noise, a little more for the dirt
      expect(huber.options["delta"]).toBeLessThan(1.345 * 1.3);
      expect(found(advice, "outliers")?.warns).toBe(true);
    },
  );

  test("takes δ from the residuals, not from the target, which the features spread", () => {
    const advice = advised(drawnTable(3000, 1, (x, random) => 100 * x + random.normal()));
    const huber = advice.proposals.find(({ loss }) => loss === "huber")!;
    expect(huber.options["delta"]).toBeCloseTo(1.345, 0);
  });

  test("above 0 whose noise grows with it is for gamma-nll", () => {
    const [gamma] = advised(drawnTable(3000, 2, skewed)).proposals;
    expect(gamma?.loss).toBe("gamma-nll");
    expect(gamma?.numbers["power"]).toBeGreaterThan(1.6);
  });

  test("that piles up at its greatest value looks cut off there", () => {
    const advice = advised(drawnTable(1000, 3, (x, random) => Math.min(2.5, line(x, random))));
    expect(found(advice, "censoring")?.numbers["greatest"]).toBe(2.5);
  });

  test("that is a line through the features leaks", () => {
    expect(found(advised(drawnTable(500, 1, (x) => 7 * x)), "leak")).toBeDefined();
    expect(found(advised(drawnTable(500, 1, line)), "leak")).toBeUndefined();
  });
});

describe("a count", () => {
  test("that scatters as Poisson's is for poisson-nll", () => {
    expect(first(drawnTable(3000, 1, (x, random) => poisson(exp(1.2 + 0.6 * x), random)))).toBe("poisson-nll");
  });

  test("that scatters more is for negative-binomial, with the dispersion it was drawn with", () => {
    const drawn = (x: number, random: Random): number => poisson(exp(1.5 + 0.6 * x) * random.gamma(2) * 0.5, random);
    const [binomial] = advised(drawnTable(6000, 1, drawn)).proposals;
    expect(binomial?.loss).toBe("negative-binomial");
    expect(binomial?.options["dispersion"]).toBeGreaterThan(0.35); // α = 1/2
    expect(binomial?.options["dispersion"]).toBeLessThan(0.7);
  });

  test("is seen in the hourly rentals of bikes, where their parts leak the sum", async () => {
    const advice = advised(await readTable(join(data, "bike_sharing/hour.csv.gz")), { target: "cnt" });
    expect(advice.task).toBe("count");
    expect(advice.proposals[0]?.loss).toBe("negative-binomial");
    expect(found(advice, "leak")).toBeDefined();
  });
});

describe("classes", () => {
  const labelled = (share: number, wrong = 0) =>
    drawnTable(4000, 1, (x, random) => {
      const positive = x > share !== random.uniform() < wrong;
      return positive ? "yes" : "no";
    });

  test("that are even are for plain cross-entropy", () => {
    expect(advised(labelled(0)).proposals[0]).toMatchObject({ loss: "bce-with-logits", options: {} });
  });

  test("that are uneven are for weights that even them out, or for focal where it is extreme", () => {
    const [weighted] = advised(labelled(1)).proposals;
    expect(weighted?.loss).toBe("bce-with-logits");
    expect(weighted?.options["posWeight"]).toBeCloseTo(5.3, 0);
    const advice = advised(labelled(2));
    expect(found(advice, "imbalance")?.warns).toBe(true);
    expect(advice.proposals[0]?.loss).toBe("focal-binary" in losses ? "focal-binary" : "bce-with-logits");
  });

  test("whose labels are wrong now and then are seen to be", () => {
    expect(found(advised(labelled(0, 0)), "label noise")?.numbers["labelNoise"]).toBeLessThan(0.01);
    const noise = found(advised(labelled(0, 0.2)), "label noise")!;
    expect(noise.numbers["labelNoise"]).toBeGreaterThan(0.15);
    expect(noise.numbers["labelNoise"]).toBeLessThan(0.25);
    expect(noise.warns).toBe(true);
  });

  test("that overlap altogether tell nothing of their labels", () => {
    const coin = drawnTable(2000, 1, (_, random) => "abcd"[random.integer(4)]!);
    expect(found(advised(coin), "label noise")).toBeUndefined();
  });

  test("that are whole steps are levels", () => {
    const levels = drawnTable(1000, 1, (x) => Math.max(1, Math.min(5, Math.round(3 + 2 * x))));
    expect(advised(levels)).toMatchObject({ task: "ordinal" });
    expect(first(levels)).toBe("ordinal-coral");
    expect(advised(levels, { task: "regression" }).task).toBe("regression");
  });
});

describe("rows that are not alone", () => {
  test("are times, of which the censored ones and those of 0 are counted", () => {
    const table = drawnTable(200, 1, (_, random) => random.integer(50));
    const died = numberColumn(Float64Array.from({ length: 200 }, (_, row) => (row % 4 === 0 ? 1 : 0)));
    const timed = { ...table, columns: new Map([...table.columns, ["died", died] as const]) };
    const advice = advised(timed, { event: "died" });
    expect(advice.task).toBe("survival");
    expect(found(advice, "censoring")?.numbers).toMatchObject({ events: 50, censored: 0.75 });
    expect(found(advice, "times of 0")?.numbers["rows"]).toBeGreaterThan(0);
  });

  test("are lists, of which those cut over clients are counted", () => {
    const table = drawnTable(200, 1, (_, random) => random.integer(4));
    const query = numberColumn(Float64Array.from({ length: 200 }, (_, row) => Math.floor(row / 10)));
    const listed = { ...table, columns: new Map([...table.columns, ["query", query] as const]) };
    expect(found(advised(listed, { group: "query" }), "groups")?.numbers).toMatchObject({ lists: 20, longest: 10 });
    expect(found(advised(listed, { group: "query" }), "cut groups")).toBeUndefined();
    const split = adviseOn(measure(dealt(listed, 2), { target: "y", group: "query" }));
    expect(found(split, "cut groups")?.numbers).toMatchObject({ cut: 20 });
  });
});

describe("the advice", () => {
  const cases: readonly (readonly [string, Table])[] = [
    ["numbers", drawnTable(300, 1, dirty)],
    ["positive numbers", drawnTable(300, 1, skewed)],
    ["classes", drawnTable(300, 1, (x) => (x > 0.7 ? "a" : x > -0.2 ? "b" : "c"))],
  ];

  test.each(cases)("is the same however the rows are split over clients: %s", (_, table) => {
    const { proposals, regularization, findings } = advised(table);
    for (const count of [2, 3, 7]) {
      const split = adviseOn(measure(dealt(table, count), { target: "y" }));
      expect({ proposals: split.proposals, regularization: split.regularization }).toEqual({
        proposals,
        regularization,
      });
      expect(split.findings.slice(1)).toEqual(findings.slice(1)); // the first says how many clients there are
    }
  });

  test("from merged summaries keeps what each client counted, and judges the same dirt", () => {
    const parts = dealt(drawnTable(3000, 1, dirty), 3).map((part) => measure([part], { target: "y" }));
    const sent = JSON.parse(JSON.stringify(parts)) as Measurements[];
    const merged = mergeMeasurements(sent);
    const whole = measure([drawnTable(3000, 1, dirty)], { target: "y" });
    expect(merged.columns.map((column) => ({ ...column, ascending: false }))).toEqual(
      whole.columns.map((column) => ({ ...column, ascending: false })),
    );
    expect(merged.sketches).toEqual(whole.sketches);
    expect(["huber", "barron"]).toContain(adviseOn(merged).proposals[0]?.loss);
  });

  test.each(cases)("proposes only losses of the catalogue, with options they take: %s", (_, table) => {
    const known: Readonly<Record<string, Loss>> = losses;
    const { proposals } = advised(table);
    expect(proposals.length).toBeGreaterThan(0);
    for (const { loss, options } of proposals) expect(() => known[loss]!.bind(options)).not.toThrow();
  });

  test.each([
    ["no such column", { target: "yy" }, 'No column "yy": did you mean "y"?'],
    [
      "a task that does not fit",
      { target: "y", task: "binary" },
      "--task binary: expected two different values in y, got 300",
    ],
    ["no event", { target: "y", task: "survival" }, "name the column of events with --event"],
    ["an event of many values", { target: "y", event: "z" }, "--event z: expected a column of two values, got 300"],
    ["no group", { target: "y", task: "ranking" }, "name the column of lists with --group"],
  ] as const)("is refused for %s", (_, question, message) => {
    expect(() => adviseOn(measure([drawnTable(300, 1, line)], question))).toThrow(message);
  });

  test.each([
    ["the same in every row", () => 7, "Cannot learn about y: it is 7 in every row"],
    ["missing in every row", () => "NA", "Cannot learn about y: it is missing in all 50 rows"],
    [
      "a text of its own in each row",
      (_: number, random: Random) => `t${random.bits()}`,
      "50 different texts, of which at most 30",
    ],
  ] as const)("is refused for a target that is %s", (_, target, message) => {
    expect(() => advised(drawnTable(50, 1, target))).toThrow(message);
  });
});
