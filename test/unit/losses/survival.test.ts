import { describe, expect, test } from "vitest";
import { input, multiply, sumAll } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { objectiveOutputs } from "../../../shared/objectives/objective.ts";
import { Random } from "../../../shared/random.ts";
import { seed } from "../../support/draw.ts";
import { runLoss, type Batch } from "../../support/loss-batch.ts";
import { labels, real } from "../../support/loss-values.ts";
import { besideLoops, type Row } from "../../support/slow-loss.ts";

const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const risk = (row: Row): number => Math.exp(row["prediction"]![0]!);
const seen = (row: Row): boolean => row["event"]![0] === 1;
const timeOf = (row: Row): number => row["time"]![0]!;

describe("cox is its plain loops over interleaved strata with ties", () => {
  test.each(["efron", "breslow"] as const)("%s", (ties) => {
    besideLoops("cox", { ties }, (rows) => {
      const events = rows.filter(seen);
      const terms = [...new Set(events.map(timeOf))].flatMap((time) => {
        const tied = events.filter((row) => timeOf(row) === time);
        const atRisk = total(rows.filter((row) => timeOf(row) >= time).map(risk));
        const gone = ties === "efron" ? total(tied.map(risk)) : 0;
        return tied.map((row, l) => Math.log(atRisk - (l / tied.length) * gone) - row["prediction"]![0]!);
      });
      return events.length === 0 ? null : { value: total(terms), normalizer: events.length };
    });
  });
});

describe("cox", () => {
  const heap = Heap.create();
  const random = Random.seeded(seed).fork("cox");
  const rows = 3000;
  const many: Batch = {
    prediction: real(
      [rows],
      Array.from({ length: rows }, () => 2 * random.normal()),
    ),
    time: real(
      [rows],
      Array.from({ length: rows }, () => 1 + random.integer(400)),
    ),
    event: real(
      [rows],
      Array.from({ length: rows }, () => random.integer(2)),
    ),
    group: labels(...Array.from({ length: rows }, () => 5 * random.integer(3))),
  };

  test.each(["float64", "float32"] as const)("of thousands of rows is the plain loop's, in %s", (precision) => {
    const atRisk = new Map<string, number>();
    const at = (i: number): string => `${many["group"]!.data[i]} ${many["time"]!.data[i]}`;
    const h = many["prediction"]!.data;
    for (const group of [0, 5, 10]) {
      let sum = 0;
      const own = [...h.keys()].filter((i) => many["group"]!.data[i] === group);
      for (let time = 400; time > 0; time--) {
        for (const i of own) if (many["time"]!.data[i] === time) sum += Math.exp(h[i]!);
        atRisk.set(`${group} ${time}`, sum);
      }
    }
    const slow = total(h.map((x, i) => (many["event"]!.data[i] === 1 ? Math.log(atRisk.get(at(i))!) - x : 0)));
    const fast = runLoss(losses.cox.bind({ ties: "breslow" }), many, undefined, (program) =>
      createEngine(program, { precision, heap }),
    );
    expect(Math.abs(fast.numerator / slow - 1)).toBeLessThanOrEqual(precision === "float64" ? 1e-13 : 1e-6);
    expect(Math.abs(total(fast.gradients["prediction"]!.data))).toBeLessThanOrEqual(precision === "float64" ? 1e-10 : 1e-2); // prettier-ignore
  });

  test.each(["float64", "float32"] as const)(
    "has finite second derivatives at differences of 10⁴, in %s",
    (precision) => {
      const n = 12;
      const shapes = { prediction: [n], time: [n], event: [n] };
      const nodes = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]));
      const [group, weight, along] = [input("group", [n], "index"), input("weight", [n]), input("along", [n])];
      const { numerator } = objectiveOutputs(losses.cox.bind(), { ...nodes, group }, weight);
      const [slope] = gradient(numerator, [nodes["prediction"]!]);
      const [turn] = gradient(sumAll(multiply(slope!, along)), [nodes["prediction"]!]);
      const declared = [...Object.values(nodes), group, weight, along];
      const program = defineProgram({
        inputs: declared.map(({ attributes, shape, dtype }) => ({ name: String(attributes["name"]), role: "batch", shape, dtype })), // prettier-ignore
        outputs: { slope: slope!, turn: turn! },
      });
      const engine = createEngine(program, { precision, heap });
      const places = [...Array(n).keys()];
      for (const sign of [1, -1]) {
        engine.input("prediction").set(places.map((i) => (i % 3 === 0 ? 1e4 : i % 3 === 1 ? -1e4 : i) * sign));
        engine.input("time").set(places.map((i) => 1 + (i >> 1)));
        engine.input("event").set(places.map((i) => (i % 4 === 3 ? 0 : 1)));
        engine.input("group").set(places.map((i) => i % 2));
        engine.input("weight").fill(1);
        engine.input("along").set(places.map((i) => i - 5));
        engine.run();
        expect([...engine.output("slope"), ...engine.output("turn")].every(Number.isFinite)).toBe(true);
      }
    },
  );

  test("of equal hazards, without ties and censoring, is ln(n!)/n", () => {
    const four = { prediction: real([4], [7, 7, 7, 7]), time: real([4], [3, 1, 4, 2]), event: real([4], [1, 1, 1, 1]), group: labels(0, 0, 0, 0) }; // prettier-ignore
    for (const ties of ["efron", "breslow"])
      expect(runLoss(losses.cox.bind({ ties }), four).value).toBeCloseTo(Math.log(24) / 4, 14);
  });
});

const intervals = (row: Row): number[] => {
  const powers = [...row["prediction"]!.map(Math.exp), 1];
  return powers.map((power) => power / total(powers));
};
const by = (row: Row, k: number): number => total(intervals(row).slice(0, k + 1));
const when = (row: Row): number => row["interval"]![0]!;

test.each([
  [0.2, 0.1],
  [0.7, 0.5],
])("deephit with α = %d, σ = %d is pmf and pycox's ranking, by plain loops", (alpha, sigma) => {
  besideLoops("deephit", { alpha, sigma }, (rows) => {
    const costs = rows.map((i) => {
      const likelihood = -Math.log(seen(i) ? intervals(i)[when(i)]! : 1 - by(i, when(i)));
      const later = rows.filter((j) => seen(i) && (when(i) < when(j) || (when(i) === when(j) && !seen(j))));
      const ranking = total(later.map((j) => Math.exp((by(j, when(i)) - by(i, when(i))) / sigma))) / rows.length;
      return alpha * likelihood + (1 - alpha) * ranking;
    });
    return { value: total(costs), normalizer: rows.length };
  });
});

describe("losses on intervals", () => {
  const batch = (prediction: readonly number[], interval: number, event: number): Batch => ({
    prediction: real([1, prediction.length], prediction),
    interval: labels(interval),
    event: real([1], [event]),
  });
  const valueOf = (name: "pmf" | "mtlr" | "logistic-hazard" | "softmax-cross-entropy", one: Batch): number =>
    runLoss(losses[name].bind(), one).numerator;

  test("pmf of an event is softmax cross-entropy with one more class of logit 0", () => {
    const classes = { prediction: real([1, 4], [0.5, -1, 2, 0]), target: labels(1) };
    expect(valueOf("pmf", batch([0.5, -1, 2], 1, 1))).toBeCloseTo(valueOf("softmax-cross-entropy", classes), 14);
  });
  test("mtlr of one interval is pmf", () => {
    expect(valueOf("mtlr", batch([0.7], 0, 1))).toBe(valueOf("pmf", batch([0.7], 0, 1)));
  });
  test("the chances of all outcomes sum to 1", () => {
    const logits = [0.5, -1, 2];
    for (const name of ["pmf", "mtlr", "logistic-hazard"] as const) {
      const events = logits.map((_, k) => Math.exp(-valueOf(name, batch(logits, k, 1))));
      expect(total(events) + Math.exp(-valueOf(name, batch(logits, 2, 0))), name).toBeCloseTo(1, 14);
    }
  });
  test("intervals after the last seen have no slope in logistic-hazard", () => {
    const { gradients } = runLoss(losses["logistic-hazard"].bind(), batch([0.5, -1, 2], 0, 0));
    expect(gradients["prediction"]!.data.slice(1)).toEqual([0, 0]);
  });
});
