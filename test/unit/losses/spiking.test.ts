/** Spike trains: the distance beside its integral, and a neuron that learns through a surrogate slope. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fill, input, multiply, reshape, sumAll } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { spike, spikingCell } from "../../../shared/models/spiking.ts";
import { unroll } from "../../../shared/models/recurrent.ts";
import { trace } from "../../../shared/models/trace.ts";
import { evaluate } from "../../support/evaluate.ts";
import { runLoss } from "../../support/loss-batch.ts";

interface Distance {
  readonly kind: string;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly tau: number;
  readonly squaredDistance: number;
}
const file = new URL("../../golden/losses/misc.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Distance[] };

const trainOf = (times: readonly number[], step: number, length: number): number[] =>
  Array.from({ length }, (_, t) => times.filter((at) => at === t * step).length);
const distance = (s: readonly number[], y: readonly number[], options: object): number =>
  runLoss(losses["van-rossum"].bind(options), {
    prediction: { dtype: "real", shape: [1, s.length], data: s },
    target: { dtype: "real", shape: [1, y.length], data: y },
  }).numerator;

describe("van Rossum's distance", () => {
  test.each(cases.filter(({ kind }) => kind === "van-rossum"))("of $a and $b is $squaredDistance", (one) => {
    const seen = distance(trainOf(one.a, 0.25, 30), trainOf(one.b, 0.25, 30), { tau: one.tau, step: 0.25 });
    expect(seen).toBeCloseTo(one.squaredDistance, 13);
  });
  test("does not depend on the silence that follows", () => {
    const [a, b] = [
      [1, 0, 1],
      [0, 1, 0],
    ] as const;
    expect(distance(a, b, { tau: 3 })).toBeCloseTo(distance([...a, 0, 0, 0, 0], [...b, 0, 0, 0, 0], { tau: 3 }), 14);
  });
  test("with a long memory is half the squared difference of the counts", () => {
    expect(distance([1, 1, 0, 1], [0, 0, 1, 0], { tau: 1e9 })).toBeCloseTo(2, 7);
  });
});

describe("a spiking neuron", () => {
  test("fires or not, with the slope of its surrogate", () => {
    const v = input("v", [3]);
    const fired = spike(v, 4);
    const [slope] = gradient(sumAll(fired), [v]);
    const [seen, slopes] = evaluate([fired, slope!], { v: [-0.25, 0, 0.5] });
    expect(seen).toEqual([0, 0, 1]);
    const surrogate = (x: number): number => 4 / ((1 + Math.exp(-4 * x)) * (1 + Math.exp(4 * x)));
    expect(slopes).toEqual([-0.25, 0, 0.5].map((x) => expect.closeTo(surrogate(x), 14) as number));
  });

  test("integrates, leaks, fires and is reset as by hand", () => {
    const x = input("x", [1, 5, 1]);
    let shown: Node = x;
    const model = {
      name: "neuron",
      build: (at: Parameters<typeof spikingCell>[0]) => {
        shown = unroll(spikingCell(at, 1, { leak: 0.5 }), x, 1);
        return {};
      },
    };
    trace({ model, heads: {}, features: {}, batch: 1, training: true });
    const [seen] = evaluate([shown], { x: [0.75, 0.75, 0.75, 0, 3], weight: [1], bias: [0] });
    // v: .75 | 1.125 → fires, .125 | .8125 | .40625 | 3.203125 → fires
    expect(seen).toEqual([0, 1, 0, 0, 1]);
  });

  test("learns to fire as often as it is told, through slopes that are only lent", () => {
    const model = {
      name: "neuron",
      build: (at: Parameters<typeof spikingCell>[0]) => {
        const train = unroll(spikingCell(at, 1), fill(1, [1, 20, 1]), 1);
        return { train: reshape(train, [1, 20]) };
      },
    };
    const { heads, parameters } = trace({
      model,
      heads: { train: { outputs: 20, bias: false } },
      features: {},
      batch: 1,
      training: true,
    });
    const weights = fill(1, [1]);
    const { value } = losses["spike-count"]
      .bind()
      .units({ prediction: heads["train"]!, target: fill(7, [1]) }, weights);
    const slopes = gradient(
      sumAll(multiply(weights, value)),
      parameters.map(({ node }) => node),
    );
    let [weight, bias] = [0.15, 0];
    const run = (): number[][] => evaluate([value, ...slopes], { weight: [weight], bias: [bias] });
    expect(run()[0]).toEqual([36]); // once in twenty steps, six times too few
    for (let step = 0; step < 100; step++) {
      const [, byWeight, byBias] = run();
      weight -= 0.0002 * byWeight![0]!;
      bias -= 0.0002 * byBias![0]!;
    }
    expect(run()[0]).toEqual([0]);
  });
});
