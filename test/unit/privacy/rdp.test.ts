/** The accountant, against values of others (test/golden/privacy: each names its source), and its laws. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { epsilonOf, gaussianCurve, logErfc, rhoOf } from "../../../shared/privacy/rdp.ts";

type Orders = readonly number[] | { readonly from: number; readonly to: number; readonly step: number };
interface Case {
  readonly id: string;
  readonly kind: "epsilon" | "sigma" | "rdp_curve";
  readonly input: {
    readonly sigma: number;
    readonly q: number;
    readonly steps: number;
    readonly delta: number;
    readonly epsilon: number;
    readonly orders: Orders;
  };
  readonly expect: { readonly epsilon: number; readonly sigma: number; readonly rdp: readonly number[] };
  readonly tolerance: { readonly abs?: number; readonly rel?: number; readonly rel_last?: number };
}

const file = join(import.meta.dirname, "../../golden/privacy/rdp.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };
const listed = (orders: Orders): readonly number[] =>
  "from" in orders
    ? Array.from({ length: Math.round((orders.to - orders.from) / orders.step) + 1 }, (_, i) => orders.from + i * orders.step) // prettier-ignore
    : orders;

test.each(cases)("$id: $kind", ({ kind, input, expect: wanted, tolerance }) => {
  const { sigma, q, steps, delta, epsilon } = input;
  const orders = listed(input.orders);
  const spent = (noise: number): number => epsilonOf(gaussianCurve({ sigma: noise, q }, orders), steps, delta);
  switch (kind) {
    case "epsilon": {
      const allowed = tolerance.abs ?? (tolerance.rel ?? 0) * wanted.epsilon;
      expect(Math.abs(spent(sigma) - wanted.epsilon)).toBeLessThanOrEqual(allowed);
      return;
    }
    case "sigma": // a published one is the end of a bisection that stops within 0.01
      expect(spent(wanted.sigma)).toBeGreaterThan(epsilon - 0.01);
      expect(spent(wanted.sigma)).toBeLessThanOrEqual(epsilon);
      return;
    case "rdp_curve":
      orders.forEach((order, i) => {
        const allowed = i === orders.length - 1 ? tolerance.rel_last! : tolerance.rel!;
        const found = rhoOf({ sigma, q }, order)! * steps;
        expect(Math.abs(found / wanted.rdp[i]! - 1), `order ${order}`).toBeLessThan(allowed);
      });
  }
});

describe("its laws", () => {
  test("more noise, fewer rounds, rarer sampling and a larger δ cost less; nothing costs nothing", () => {
    const spent = (sigma: number, q: number, rounds: number, delta: number): number =>
      epsilonOf(gaussianCurve({ sigma, q }), rounds, delta);
    const base = spent(1, 0.1, 100, 1e-5);
    expect(spent(1.1, 0.1, 100, 1e-5)).toBeLessThan(base);
    expect(spent(1, 0.09, 100, 1e-5)).toBeLessThan(base);
    expect(spent(1, 0.1, 99, 1e-5)).toBeLessThan(base);
    expect(spent(1, 0.1, 100, 1e-4)).toBeLessThan(base);
    expect(spent(1, 0.1, 0, 1e-5)).toBe(0);
    expect(spent(1, 0, 100, 1e-5)).toBe(0);
    expect(spent(1, 1, 100, 1e-5)).toBeGreaterThan(base);
  });

  test("an order between two whole ones costs what lies between, where terms nearly cancel too; a curve never falls", () => {
    for (const mechanism of [
      { sigma: 12, q: 0.4 },
      { sigma: 1, q: 0.01 },
      { sigma: 0.5, q: 0.2 },
    ])
      for (const whole of [2, 5, 58, 59]) {
        const [low, high] = [rhoOf(mechanism, whole)!, rhoOf(mechanism, whole + 1)!];
        expect(high).toBeGreaterThan(low);
        const between = rhoOf(mechanism, whole + 0.5);
        if (between === undefined) continue; // left out, not guessed
        expect(between, `${JSON.stringify(mechanism)}, order ${whole}.5`).toBeGreaterThan(low);
        expect(between).toBeLessThan(high);
      }
  });

  test("ln erfc is smooth where its two forms meet, and right far out", () => {
    expect(logErfc(2 - 1e-12)).toBeCloseTo(logErfc(2), 10);
    expect(logErfc(0)).toBeCloseTo(0, 15);
    expect(logErfc(-6)).toBeCloseTo(0.6931471805599453, 14);
    expect(logErfc(5) / -27.200889545537446 - 1).toBeCloseTo(0, 14); // scipy's log_ndtr
    expect(logErfc(30) / -903.9741171106442 - 1).toBeCloseTo(0, 14);
  });
});
