/** The accountants, against values of others (test/golden/privacy: each names its source), and their laws. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Account, leastNoise, noiseFor, releasesWithin } from "../../../shared/privacy/accountant.ts";
import { gaussianDelta, gaussianEpsilon, gaussianSigma } from "../../../shared/privacy/analytic-gaussian.ts";
import { ComposedLoss } from "../../../shared/privacy/pld.ts";
import { epsilonOf, gaussianCurve, rhoOf } from "../../../shared/privacy/rdp.ts";
import { roundsOfTree, treeLevels } from "../../../shared/privacy/tree.ts";

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}
interface Case {
  readonly id: string;
  readonly kind:
    "epsilon" | "sigma" | "delta" | "rdp_curve" | "adaptive_clip" | "adaptive_clip_converges" | "noise_split";
  readonly accountant: "rdp" | "prv" | "pld" | "tree" | "analytic_gaussian" | "none";
  readonly input: {
    readonly sigma: number;
    readonly q: number;
    readonly steps: number;
    readonly delta: number;
    readonly epsilon: number;
    readonly sensitivity?: number;
    readonly orders?: readonly (number | Range)[];
  };
  readonly expect: {
    readonly epsilon: number;
    readonly sigma: number;
    readonly delta: number;
    readonly less_than?: number;
    readonly rdp: readonly number[];
  };
  readonly tolerance?: { readonly abs?: number; readonly rel?: number; readonly rel_last?: number };
}

const file = join(import.meta.dirname, "../../golden/privacy/privacy.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] };
const ordersOf = ({ input }: Case): readonly number[] | undefined =>
  input.orders?.flatMap((order) =>
    typeof order === "number"
      ? [order]
      : Array.from(
          { length: Math.round((order.to - order.from) / order.step) + 1 },
          (_, i) => Math.round((order.from + i * order.step) * 1e6) / 1e6,
        ),
  );

/** What the accountant of a case says of so much noise. */
function epsilonBy(one: Case, sigma: number): number {
  const { q, steps, delta } = one.input;
  switch (one.accountant) {
    case "rdp":
      return epsilonOf(gaussianCurve({ sigma, q }, ordersOf(one)), steps, delta);
    case "tree":
      return epsilonOf(gaussianCurve({ sigma, q: 1 }, ordersOf(one)), treeLevels(steps), delta);
    case "pld":
      return q === 1
        ? gaussianEpsilon(sigma, steps, delta)
        : new ComposedLoss({ sigma, q }, { releases: steps, delta }).epsilonAt(steps, delta);
    case "prv": {
      // Published are upper ends: an eps_error of 0.01, a delta_error of a thousandth of δ. What ours adds to δ for its arithmetic is taken back.
      const own = 0.999 * delta + (steps + 64) / 1_125_899_906_842_624;
      const tolerance = one.kind === "sigma" ? 1e-3 : 2e-5;
      const fine = { releases: steps, delta: own, tolerance, mostPoints: 4_194_304 };
      return 0.01 + new ComposedLoss({ sigma, q }, fine).epsilonAt(steps, own);
    }
    default:
      throw new Error(`No ε of the accountant ${one.accountant}`);
  }
}

/** Millions of grid points: seconds each. */
const long = process.env["TRIBUTARY_SWEEP"] === "1" ? [] : ["prv-s1.5-q0.05-t20000", "prv-s2.0-q0.05-t50000", "prv-s0.8-q0.001-t20000", "prv-s3.0-q0.05-t20000"]; // prettier-ignore
/** Ours is less by so much: at these two that library's own grid is coarse (sums of rounded losses lie within 4e-6 and 1e-4 of ours). */
const coarser: Readonly<Record<string, number>> = { "prv-s2.0-q0.001-t100": 2e-4, "prv-s3.0-q0.001-t1000": 1.2e-4 };

test.each(cases.filter(({ accountant, id }) => accountant !== "none" && !long.includes(id)))(
  "$id: $kind by $accountant",
  (one) => {
    const { input, expect: wanted, tolerance } = one;
    const { sigma, q, steps, delta, epsilon } = input;
    const mustBe = (found: number, published: number): void => {
      const allowed = tolerance?.abs ?? (tolerance?.rel ?? 0) * published;
      const says = `${String(found)}, published ${String(published)}`;
      expect(found - published, says).toBeLessThanOrEqual(allowed);
      expect(published - found, says).toBeLessThanOrEqual(coarser[one.id] ?? allowed);
    };
    switch (one.kind) {
      case "epsilon":
        if (wanted.less_than !== undefined) expect(epsilonBy(one, sigma)).toBeLessThan(wanted.less_than);
        else mustBe(epsilonBy(one, sigma), wanted.epsilon);
        return;
      case "sigma": {
        if (one.accountant === "analytic_gaussian") {
          mustBe(gaussianSigma(epsilon, 1, delta), wanted.sigma);
          return;
        }
        const sensitivity = input.sensitivity ?? 1;
        const found = sensitivity * leastNoise((noise) => epsilonBy(one, noise), epsilon);
        mustBe(found, wanted.sigma);
        // Published is the end of a bisection that stops within 0.01 of its target, never above it.
        const reached = epsilonBy(one, wanted.sigma / sensitivity);
        expect(reached).toBeGreaterThan(epsilon - 0.01);
        expect(reached).toBeLessThanOrEqual(epsilon);
        return;
      }
      case "delta":
        if (one.accountant === "analytic_gaussian") mustBe(gaussianDelta(sigma, 1, epsilon), wanted.delta);
        else
          mustBe(
            new ComposedLoss({ sigma, q }, { releases: steps, delta: 1e-3 }).deltaAt(steps, epsilon),
            wanted.delta,
          );
        return;
      case "rdp_curve": {
        const orders = ordersOf(one) ?? [];
        orders.forEach((order, i) => {
          const allowed = i === orders.length - 1 ? tolerance?.rel_last : tolerance?.rel;
          const found = rhoOf({ sigma, q }, order)! * steps;
          expect(Math.abs(found / wanted.rdp[i]! - 1), `order ${String(order)}`).toBeLessThan(allowed ?? 0);
        });
        return;
      }
      default:
        throw new Error(`No accountant answers ${one.kind}`);
    }
  },
);

describe("RDP", () => {
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
        expect(between, `${JSON.stringify(mechanism)}, order ${String(whole)}.5`).toBeGreaterThan(low);
        expect(between).toBeLessThan(high);
      }
  });
});

describe("privacy loss distributions", () => {
  test("nearly without sampling are the exact Gaussian's, from above", () => {
    for (const [sigma, steps] of [
      [1, 1],
      [3, 20],
      [20, 1000],
    ] as const) {
      // prettier-ignore
      const exact = gaussianEpsilon(sigma, steps, 1e-5);
      const found = new ComposedLoss({ sigma, q: 1 - 1e-9 }, { releases: steps, delta: 1e-5 }).epsilonAt(steps, 1e-5);
      expect(found).toBeGreaterThanOrEqual(exact - 1e-8); // 1 − 10⁻⁹ is a little less than 1
      expect(found).toBeLessThan(exact + 2e-4);
    }
  });

  test("of one release are the sum of two tails, from above: δ(ε) = P(L > ε) − e^ε·Q(L > ε), computed by itself", () => {
    const [sigma, q] = [0.8, 0.3];
    const loss = new ComposedLoss({ sigma, q }, { releases: 1, delta: 1e-6 });
    for (const epsilon of [0.1, 0.5, 1, 2, 3]) {
      // (1 − q)·n₀ + q·n₁ against n₀ is at least e^ε where q·(n₁ − (1 + (e^ε − 1)/q)·n₀) ≥ 0: a Gaussian's δ at another ε, q times
      const inner = Math.log(1 + (Math.exp(epsilon) - 1) / q);
      const exact = q * gaussianDelta(sigma, 1, inner);
      const found = loss.deltaAt(1, epsilon);
      expect(found).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
      expect(found / exact).toBeLessThan(1.0005);
    }
  });

  test("only grow coarser: a grid of fewer points never says less, and neither says more than RDP by its own error", () => {
    const mechanism = { sigma: 1, q: 0.02 };
    const at = (tolerance: number): number =>
      new ComposedLoss(mechanism, { releases: 300, delta: 1e-5, tolerance }).epsilonAt(300, 1e-5);
    const [fine, middle, coarse] = [at(1e-5), at(1e-3), at(1e-2)];
    expect(middle).toBeGreaterThan(fine);
    expect(coarse).toBeGreaterThan(middle);
    expect(middle - fine).toBeLessThan(1e-3);
    expect(coarse).toBeLessThan(epsilonOf(gaussianCurve(mechanism), 300, 1e-5));
  });

  test("prove nothing where they cannot, rather than too little", () => {
    const epsilonAt = (sigma: number, q: number, releases: number): number =>
      new ComposedLoss({ sigma, q }, { releases, delta: 1e-5 }).epsilonAt(releases, 1e-5);
    expect(epsilonAt(0.01, 0.5, 10)).toBe(Infinity); // losses beyond e^700
    const hardlyVarying = epsilonAt(0.05, 0.5, 1); // in one direction
    expect(hardlyVarying).toBeGreaterThan(280); // the exact Gaussian's at δ/q is 280.5
    expect(hardlyVarying).toBeLessThan(gaussianEpsilon(0.05, 1, 1e-5));
    expect(epsilonAt(0.3, 1e-6, 10)).toBe(0); // drawn at all with a probability of δ
  });
});

test("a tree of partial sums has a level more with every doubling of its rounds", () => {
  expect([0, 1, 2, 3, 4, 1600].map(treeLevels)).toEqual([0, 1, 2, 2, 3, 11]);
  for (const levels of [1, 2, 11]) {
    expect(treeLevels(roundsOfTree(levels))).toBe(levels);
    expect(treeLevels(roundsOfTree(levels) + 1)).toBe(levels + 1);
  }
});

describe("the account", () => {
  test("is the smallest that any accountant proves, and says whose that is", () => {
    const costOf = (sigma: number, q: number, releases: number, delta = 1e-5) =>
      new Account({ sigma, q }, { releases, delta }).costOf(releases);
    expect(costOf(5, 1, 100)).toEqual({ epsilon: gaussianEpsilon(5, 100, 1e-5), accountant: "analytic-gaussian" });
    expect(costOf(5, 1, 100).epsilon).toBeLessThan(10.7255096964); // what RDP makes of it
    const sampled = costOf(1, 0.01, 1000);
    expect(sampled.accountant).toBe("pld");
    expect(sampled.epsilon).toBeGreaterThan(1.82);
    expect(sampled.epsilon).toBeLessThan(1.83); // RDP: 2.10136527165
    expect(costOf(0.01, 0.5, 10).accountant).toBe("analytic-gaussian"); // no sampling helps against so little noise
    expect(costOf(1, 0.01, 1000, 1e-11).accountant).toBe("rdp"); // δ is beyond what sums of probabilities can tell
    expect(costOf(1, 0, 10).epsilon).toBe(0);
  });

  test("says the same of fewer releases, whatever it was made for, but for its tolerance", () => {
    const [wide, narrow] = [300, 10].map((releases) => new Account({ sigma: 1, q: 0.05 }, { releases, delta: 1e-5 }));
    expect(Math.abs(wide!.costOf(10).epsilon - narrow!.costOf(10).epsilon)).toBeLessThan(1e-4);
    expect(() => narrow!.costOf(11)).toThrow("Expected at most 10 releases, got 11");
  });

  test("turned round: the noise for an ε costs it and a hair less would not; a budget lasts for so many releases and not one more", () => {
    for (const q of [1, 0.05]) {
      const sigma = noiseFor(2, q, { releases: 50, delta: 1e-5 });
      const costOf = (noise: number): number =>
        new Account({ sigma: noise, q }, { releases: 50, delta: 1e-5 }).costOf(50).epsilon;
      expect(costOf(sigma)).toBeLessThanOrEqual(2);
      expect(costOf(sigma * 0.999)).toBeGreaterThan(2);
      const most = releasesWithin(2, { sigma, q }, 1e-5);
      expect(most).toBeGreaterThanOrEqual(50);
      expect(most).toBeLessThanOrEqual(51);
    }
  });
});
