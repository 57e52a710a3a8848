import { describe, expect, test } from "vitest";
import { losses, type LossName } from "../../../shared/losses/catalogue.ts";
import { distance as furthest } from "../../support/finite-differences.ts";
import { runLoss, type Batch } from "../../support/loss-batch.ts";
import { labels, real } from "../../support/loss-values.ts";
import { besideLoops, type Loops, type Row } from "../../support/slow-loss.ts";

const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
const mean = (xs: readonly number[]): number => total(xs) / xs.length;
const dot = (a: readonly number[], b: readonly number[]): number => total(a.map((x, i) => x * b[i]!));
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const embedding = (row: Row): readonly number[] => row["prediction"]!;
const apart = (a: Row, b: Row): number => {
  const gap = embedding(a).map((x, i) => x - embedding(b)[i]!);
  return Math.sqrt(dot(gap, gap));
};
const alike = (a: Row, b: Row): number => cosine(embedding(a), embedding(b));
const logSum = (xs: readonly number[]): number => Math.log(total(xs.map(Math.exp)));

/** Σ of what each anchor costs; undefined for a row that is none. */
const overAnchors =
  (cost: (anchor: Row, rows: readonly Row[]) => number | undefined): Loops =>
  (rows) => {
    const costs = rows.flatMap((row) => cost(row, rows) ?? []);
    return costs.length === 0 ? null : { value: total(costs), normalizer: costs.length };
  };

const kinOf = (input: "pair" | "target", anchor: Row, rows: readonly Row[]) => ({
  own: rows.filter((row) => row !== anchor && row[input]![0] === anchor[input]![0]),
  foreign: rows.filter((row) => row[input]![0] !== anchor[input]![0]),
});

const against =
  (input: "pair" | "target", tau: number) =>
  (anchor: Row, rows: readonly Row[]): number | undefined => {
    const { own, foreign } = kinOf(input, anchor, rows);
    const all = logSum([...own, ...foreign].map((row) => alike(anchor, row) / tau));
    return own.length === 0 ? undefined : mean(own.map((row) => all - alike(anchor, row) / tau));
  };

const mined =
  (
    choose: (near: readonly number[], far: readonly number[]) => readonly (readonly [number, number])[],
    margin: number,
  ) =>
  (anchor: Row, rows: readonly Row[]): number | undefined => {
    const { own, foreign } = kinOf("target", anchor, rows);
    const [near, far] = [own, foreign].map((some) => some.map((row) => apart(anchor, row)));
    if (near!.length * far!.length === 0) return undefined;
    return mean(choose(near!, far!).map(([p, n]) => Math.max(0, p - n + margin)));
  };

describe("contrastive losses are their plain loops over interleaved groups", () => {
  test("nt-xent", () => {
    besideLoops("nt-xent", { temperature: 0.7 }, overAnchors(against("pair", 0.7)), { sizes: { features: 4 } });
  });
  test("sup-con", () => {
    besideLoops("sup-con", {}, overAnchors(against("target", 0.1)), { sizes: { classes: 2 } });
  });
  test.each([false, true])("info-nce, symmetric: %s", (symmetric) => {
    besideLoops("info-nce", { temperature: 0.4, symmetric }, (rows) => {
      const s = rows.map((a) => rows.map((b) => cosine(a["query"]!, b["key"]!) / 0.4));
      const forth = rows.map((_, i) => logSum(s[i]!) - s[i]![i]!);
      const back = rows.map((_, i) => logSum(s.map((row) => row[i]!)) - s[i]![i]!);
      return { value: symmetric ? (total(forth) + total(back)) / 2 : total(forth), normalizer: rows.length };
    });
  });
  test.each([
    ["hard", (near, far) => [[Math.max(...near), Math.min(...far)]]],
    [
      "semi-hard",
      (near, far) =>
        near.map((p) => {
          const beyond = far.filter((n) => n > p);
          return [p, beyond.length > 0 ? Math.min(...beyond) : Math.max(...far)];
        }),
    ],
    ["all", (near, far) => near.flatMap((p) => far.map((n): [number, number] => [p, n]))],
  ] as [string, Parameters<typeof mined>[0]][])("triplet-mining, %s", (mining, choose) => {
    besideLoops("triplet-mining", { mining, margin: 1.5 }, overAnchors(mined(choose, 1.5)), { sizes: { classes: 2 } });
  });
  test.each([{}, { alpha: 1, beta: 5, base: 0.2, epsilon: 0.5 }])("multi-similarity %o", (options) => {
    const { alpha, beta, base, epsilon } = { alpha: 2, beta: 50, base: 0.5, epsilon: 0.1, ...options };
    const cost = (anchor: Row, rows: readonly Row[]): number | undefined => {
      const { own, foreign } = kinOf("target", anchor, rows);
      const [near, far] = [own, foreign].map((some) => some.map((row) => alike(anchor, row)));
      if (near!.length * far!.length === 0) return undefined;
      const positives = near!.filter((s) => s < Math.max(...far!) + epsilon);
      const negatives = far!.filter((s) => s > Math.min(...near!) - epsilon);
      return (
        Math.log1p(total(positives.map((s) => Math.exp(-alpha * (s - base))))) / alpha +
        Math.log1p(total(negatives.map((s) => Math.exp(beta * (s - base))))) / beta
      );
    };
    besideLoops("multi-similarity", options, overAnchors(cost), { sizes: { classes: 2 } });
  });
});

test("circle holds its weights constant: its gradient is that of the loss with α as it stands", () => {
  const at = [0.9, 0.2, -0.3, 0.6, 0.1, 0.75];
  const target = [1, 0, 0, 1, 0, 1];
  const batch: Batch = { prediction: real([6], at), target: real([6], target), group: labels(4, 4, 4, 4, 4, 4) };
  const [gamma, m] = [8, 0.25];
  const frozen = (s: readonly number[]): number => {
    const terms = (label: number): number[] =>
      s.flatMap((x, i) => {
        if (target[i] !== label) return [];
        return label === 0 ? [gamma * Math.max(0, at[i]! + m) * (x - m)] : [-gamma * Math.max(0, 1 + m - at[i]!) * (x - 1 + m)]; // prettier-ignore
      });
    return Math.log1p(Math.exp(logSum(terms(0)) + logSum(terms(1))));
  };
  const seen = runLoss(losses.circle.bind({ scale: gamma }), batch);
  expect(seen.numerator).toBeCloseTo(frozen(at), 13);
  const slopes = at.map((x, i) => (frozen(at.with(i, x + 1e-6)) - frozen(at.with(i, x - 1e-6))) / 2e-6);
  expect(furthest(seen.gradients["prediction"]!.data, slopes)).toBeLessThanOrEqual(1e-8);
});

describe("facts", () => {
  const cosines = real([2, 3], [0.5, -0.25, 0.75, 0.125, -0.5, 0.25]);
  const scaled = real([2, 3], cosines.data.map((x) => 8 * x)); // prettier-ignore
  test.each(["arcface", "cosface"] as const)("%s without margin is softmax cross-entropy on scaled cosines", (name) => {
    const target = labels(2, 0);
    const plain = runLoss(losses["softmax-cross-entropy"].bind(), { prediction: scaled, target });
    const seen = runLoss(losses[name].bind({ scale: 8, margin: 0 }), { prediction: cosines, target });
    expect(seen.numerator).toBeCloseTo(plain.numerator, 14);
  });
  test("arcface is finite where a cosine is ±1", () => {
    const seen = runLoss(losses.arcface.bind(), { prediction: real([2, 2], [1, -1, -1, 1]), target: labels(0, 0) });
    expect([seen.numerator, ...seen.gradients["prediction"]!.data].every(Number.isFinite)).toBe(true);
  });
  test("sup-con with two of each class is nt-xent", () => {
    const [prediction, group] = [real([4, 2], [1, 2, -1, 0.5, 2, 2, 0.25, -1]), labels(0, 0, 0, 0)];
    const [kin, options] = [labels(1, 0, 1, 0), { temperature: 0.3 }];
    expect(runLoss(losses["sup-con"].bind(options), { prediction, group, target: kin }).numerator).toBe(
      runLoss(losses["nt-xent"].bind(options), { prediction, group, pair: kin }).numerator,
    );
  });
  test("mined from one positive and one negative each way is triplet-margin", () => {
    const batch: Batch = {
      prediction: real([3, 2], [0, 0, 3, 4, 1, 0]),
      target: labels(0, 0, 1),
      group: labels(9, 9, 9),
    };
    const [a, p, n] = [[0, 0], [3, 4], [1, 0]].map((x) => real([1, 2], x)); // prettier-ignore
    const given = (anchor: typeof a, positive: typeof a): number =>
      runLoss(losses["triplet-margin"].bind(), { anchor: anchor!, positive: positive!, negative: n! }).numerator;
    for (const mining of ["hard", "semi-hard", "all"]) {
      const seen = runLoss(losses["triplet-mining"].bind({ mining }), batch);
      expect([seen.numerator, seen.denominator]).toEqual([given(a, p) + given(p, a), 2]);
    }
  });
  test.each([1, 2, 3.5])("a triplet of equals costs its margin, with slope 0: norm %d", (p) => {
    const one = real([1, 2], [0.5, 0.5]);
    const seen = runLoss(losses["triplet-margin"].bind({ p }), { anchor: one, positive: one, negative: one });
    expect([seen.numerator, ...Object.values(seen.gradients).flatMap(({ data }) => data.map(Math.abs))]).toEqual([1, 0, 0, 0, 0, 0, 0]); // prettier-ignore
  });
  test("lengths do not matter to contrastive losses", () => {
    const [prediction, group] = [real([4, 2], [1, 2, -1, 0.5, 2, 2, 0.25, -1]), labels(0, 0, 0, 0)];
    const longer = { ...prediction, data: prediction.data.map((x, i) => x * [3, 0.5, 7, 2][i >> 1]!) };
    for (const name of ["sup-con", "multi-similarity"] as const satisfies LossName[]) {
      const valueOf = (embeddings: typeof prediction): number =>
        runLoss(losses[name].bind(), { prediction: embeddings, target: labels(0, 1, 0, 1), group }).numerator;
      expect(valueOf(longer), name).toBeCloseTo(valueOf(prediction), 12);
    }
  });
});
