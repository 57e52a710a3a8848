import { describe, expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import { runLoss } from "../../support/loss-batch.ts";
import { labels, real } from "../../support/loss-values.ts";
import { besideLoops, type Loops, type Row } from "../../support/slow-loss.ts";

const softplus = (x: number): number => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
const score = (row: Row): number => row["prediction"]![0]!;
const level = (row: Row): number => row["target"]![0]!;
const gain = (row: Row): number => 2 ** level(row) - 1;
const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

/** Places from 1, highest first, equals as the rows stand. */
function ranksBy(rows: readonly Row[], key: (row: Row) => number): number[] {
  const order = [...rows.keys()].sort((i, j) => key(rows[j]!) - key(rows[i]!) || i - j);
  return rows.map((_, i) => order.indexOf(i) + 1);
}
const share = (rank: number, k = Infinity): number => (rank <= k ? 1 / Math.log2(1 + rank) : 0);
const idealOf = (rows: readonly Row[], k?: number): number => {
  const ranks = ranksBy(rows, level);
  return total(rows.map((row, i) => gain(row) * share(ranks[i]!, k)));
};

/** Σ f over the pairs of which the first is more relevant, and their number. */
const overPairs =
  (f: (better: Row, worse: Row, i: number, j: number) => number): Loops =>
  (rows) => {
    const costs = rows.flatMap((a, i) => rows.flatMap((b, j) => (level(a) > level(b) ? [f(a, b, i, j)] : [])));
    return costs.length === 0 ? null : { value: total(costs), normalizer: costs.length };
  };

/** Σ wᵢⱼ·sp(−σ(sᵢ − sⱼ)) over lists that have a gain. */
const weighed =
  (sigma: number, k: number | undefined, weight: (i: number, j: number, rank: readonly number[]) => number): Loops =>
  (rows) => {
    const ideal = idealOf(rows, k);
    if (ideal === 0) return null;
    const rank = ranksBy(rows, score);
    const pairs = overPairs((a, b, i, j) => {
      const gains = Math.abs(gain(a) - gain(b)) / ideal;
      return gains * weight(i, j, rank) * softplus(-sigma * (score(a) - score(b)));
    })(rows);
    return { value: pairs?.value ?? 0 };
  };
const exchange =
  (k?: number) =>
  (i: number, j: number, rank: readonly number[]): number =>
    Math.abs(share(rank[i]!, k) - share(rank[j]!, k));
const neighbours = (i: number, j: number, rank: readonly number[]): number => {
  const apart = Math.abs(rank[i]! - rank[j]!);
  return share(apart) - share(apart + 1);
};
const inBits =
  (loops: Loops): Loops =>
  (rows) => {
    const worth = loops(rows);
    return worth && { value: worth.value / Math.LN2 };
  };

describe("ranking losses are their plain loops over interleaved groups", () => {
  test.each([1, 2])("ranknet with σ = %d", (sigma) => {
    besideLoops("ranknet", { sigma }, overPairs((a, b) => softplus(-sigma * (score(a) - score(b))))); // prettier-ignore
  });
  test("pairwise-hinge", () => {
    besideLoops("pairwise-hinge", { margin: 0.7 }, overPairs((a, b) => Math.max(0, 0.7 - score(a) + score(b)))); // prettier-ignore
  });
  test("lambdarank", () => {
    besideLoops("lambdarank", {}, weighed(1, undefined, exchange()));
    besideLoops("lambdarank", { sigma: 2, k: 2 }, weighed(2, 2, exchange(2)));
  });
  test("lambda-loss", () => {
    besideLoops("lambda-loss", { scheme: "ndcg-loss2" }, inBits(weighed(1, undefined, neighbours)));
    const both = (i: number, j: number, rank: readonly number[]): number =>
      3 * neighbours(i, j, rank) + exchange()(i, j, rank);
    besideLoops("lambda-loss", { mu: 3, sigma: 0.5 }, inBits(weighed(0.5, undefined, both)));
    besideLoops("lambda-loss", { scheme: "ndcg-loss1" }, (rows) => {
      const [ideal, rank] = [idealOf(rows), ranksBy(rows, score)];
      const costs = rows.flatMap((a, i) =>
        rows.map((b) => ((gain(a) * share(rank[i]!)) / ideal) * softplus(score(b) - score(a))),
      );
      return ideal === 0 ? null : { value: total(costs) / Math.LN2 };
    });
  });
  test("listnet", () => {
    besideLoops("listnet", {}, (rows) => {
      const chances = (key: (row: Row) => number): number[] => {
        const powers = rows.map((row) => Math.exp(key(row)));
        return powers.map((power) => power / total(powers));
      };
      const seen = chances(score);
      return { value: -total(chances(level).map((chance, i) => chance * Math.log(seen[i]!))) };
    });
  });
  test("listmle", () => {
    besideLoops("listmle", {}, (rows) => {
      const places = ranksBy(rows, level);
      const sorted = rows.map((_, rank) => score(rows[places.indexOf(rank + 1)]!));
      return {
        value: total(sorted.map((s, i) => Math.log(total(sorted.slice(i).map(Math.exp))) - s)),
      };
    });
  });
  test("ranking-softmax", () => {
    besideLoops("ranking-softmax", {}, (rows) => {
      const all = Math.log(total(rows.map((row) => Math.exp(score(row)))));
      return total(rows.map(level)) === 0 ? null : { value: total(rows.map((row) => level(row) * (all - score(row)))) };
    });
  });
  test("approx-ndcg", () => {
    besideLoops("approx-ndcg", { alpha: 2 }, (rows) => {
      const smooth = (i: number): number =>
        1 + total(rows.map((b, j) => (i === j ? 0 : 1 / (1 + Math.exp(-2 * (score(b) - score(rows[i]!)))))));
      const ideal = idealOf(rows);
      return ideal === 0 ? null : { value: -total(rows.map((row, i) => gain(row) * share(smooth(i)))) / ideal };
    });
  });
  test("warp", () => {
    besideLoops("warp", { margin: 0.5 }, (rows) => {
      const costs = rows.flatMap((a) => {
        const worse = rows.filter((b) => level(b) < level(a));
        const over = worse.map((b) => 0.5 - score(a) + score(b)).filter((excess) => excess > 0);
        const harmonic = total(over.map((_, r) => 1 / (r + 1)));
        return worse.length === 0 ? [] : [over.length === 0 ? 0 : (harmonic / over.length) * total(over)];
      });
      return costs.length === 0 ? null : { value: total(costs), normalizer: costs.length };
    });
  });
});

describe("facts", () => {
  const five = (target: readonly number[]) => ({
    prediction: real([5], [1, 1, 1, 1, 1]),
    target: real([5], target),
    group: labels(0, 0, 0, 0, 0),
  });
  test("equal scores cost ln 2 a pair, ln n a choice, ln n! an order", () => {
    const batch = five([4, 3, 2, 1, 0]);
    expect(runLoss(losses.ranknet.bind(), batch).value).toBeCloseTo(Math.LN2, 14);
    expect(runLoss(losses.listnet.bind(), batch).value).toBeCloseTo(Math.log(5), 14);
    expect(runLoss(losses.listmle.bind(), batch).value).toBeCloseTo(Math.log(120), 13);
  });
  test("without any difference there is no pair, and without relevance no gain", () => {
    for (const name of ["ranknet", "pairwise-hinge", "warp"] as const)
      expect(runLoss(losses[name].bind(), five([2, 2, 2, 2, 2])).value, name).toBeNull();
    for (const name of ["lambdarank", "lambda-loss", "approx-ndcg", "ranking-softmax"] as const)
      expect(runLoss(losses[name].bind(), five([0, 0, 0, 0, 0])).value, name).toBeNull();
  });
  test("a pair that is a margin apart is left alone", () => {
    const apart = { ...five([1, 0, 0, 0, 0]), prediction: real([5], [2, 1, 1, 1, 1]) };
    for (const name of ["pairwise-hinge", "warp"] as const) {
      const seen = runLoss(losses[name].bind(), apart);
      expect([seen.numerator, ...seen.gradients["prediction"]!.data.map(Math.abs)], name).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });
});
