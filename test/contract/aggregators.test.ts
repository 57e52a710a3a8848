/** What every aggregator owes its callers. A new rule is one line in the table below. */
import { describe, expect, test } from "vitest";
import type { Aggregator } from "../../server/aggregation/aggregator.ts";
import { mean } from "../../server/aggregation/mean.ts";
import { Random } from "../../shared/random.ts";
import type { Update } from "../../shared/updates/update.ts";

const length = 9;
const weights = { a: 1, b: 0.5 };

function drawUpdate(client: string, kind: Update["kind"], random: Random): Update {
  const vector = (): Float64Array =>
    Float64Array.from({ length }, () => random.normal() * (random.uniform() < 0.1 ? 1e6 : 1));
  const sums = ["a", "b"].map((objective) => {
    const examples = 1 + random.integer(50);
    return { objective, examples, ignored: 0, numerator: random.uniform() * examples, denominator: examples };
  });
  return kind === "change"
    ? { kind, client, contributions: sums, weight: random.uniform(), change: vector() }
    : { kind, client, contributions: sums.map((sum) => ({ ...sum, gradient: vector() })) };
}

const unused = (update: Update): Update =>
  update.kind === "change"
    ? {
        ...update,
        weight: 0,
        contributions: update.contributions.map((sum) => ({ ...sum, examples: 0, numerator: 0, denominator: 0 })),
      }
    : {
        ...update,
        contributions: update.contributions.map((sum) => ({
          ...sum,
          examples: 0,
          numerator: 0,
          denominator: 0,
          gradient: new Float64Array(length),
        })),
      };

function aggregatorContract<State>(aggregator: Aggregator<State>, kind: Update["kind"]): void {
  const seed = 20;
  const random = Random.seeded(seed);
  const updates = Array.from({ length: 12 }, (_, i) => drawUpdate(`client-${i}`, kind, random));
  const fold = (some: readonly Update[]): State =>
    some.reduce((state, update) => aggregator.add(state, update), aggregator.empty());

  describe(`${aggregator.name} of ${kind}`, () => {
    test(`gives the same bits in every order of arrival and every grouping (seed ${seed})`, () => {
      const expected = aggregator.finish(fold(updates));
      for (let i = 0; i < 50; i++) {
        const order = random.shuffle([...updates]);
        const cuts = [0, random.integer(13), random.integer(13), 12].sort((a, b) => a - b);
        const groups = cuts.slice(1).map((cut, j) => fold(order.slice(cuts[j], cut)));
        const merged = groups.reduce((a, b) => aggregator.merge(a, b), aggregator.empty());
        expect(aggregator.finish(merged)).toEqual(expected);
      }
    });

    test("leaves updates as they were", () => {
      const copies = structuredClone(updates);
      aggregator.finish(fold(updates));
      expect(updates).toEqual(copies);
    });

    test("says an objective without examples is empty", () => {
      for (const state of [aggregator.empty(), fold(updates.map(unused))]) {
        for (const row of aggregator.finish(state)) expect(row.status).toBe("empty");
      }
    });

    test("a client without examples changes no bit", () => {
      expect(aggregator.finish(fold([...updates, unused(updates[0]!)]))).toEqual(aggregator.finish(fold(updates)));
    });
  });
}

aggregatorContract(mean({ mode: "gradient", objectives: weights, divisor: "sum" }), "gradients");
aggregatorContract(mean({ mode: "update", objectives: weights, divisor: "sum" }), "change");
