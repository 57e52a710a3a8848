/** Attacks beside what is known of the worst case, and TRADES beside its two parts. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  add,
  fill,
  input,
  matmul,
  reshape,
  slice,
  stack,
  stopGradient,
  subtract,
  sumAll,
  tanh,
} from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { attacked, type Attack, type Features } from "../../../shared/objectives/adversarial.ts";
import { objectiveOutputs } from "../../../shared/objectives/objective.ts";
import { divergence, trades } from "../../../shared/objectives/trades.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { evaluate } from "../../support/evaluate.ts";

interface Linear {
  readonly kind: string;
  readonly w: readonly number[];
  readonly x: readonly number[];
  readonly y: number;
  readonly epsilon: number;
  readonly clean: number;
  readonly worstCase: number;
  readonly fgsm: readonly number[];
}
const file = new URL("../../golden/losses/misc.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Linear[] };
const golden = cases.find(({ kind }) => kind === "adversarial-linear")!;

const bce = losses["bce-with-logits"].bind();
const attackOf = (given: Partial<Attack>): Attack => ({
  method: "pgd",
  epsilon: 0.1,
  norm: "inf",
  steps: 10,
  stepSize: 0.025,
  start: "clean",
  ...given,
});
const never = (): Node => {
  throw new Error("no chance is drawn here");
};

describe("a logistic model of three features", () => {
  const [x, w] = [input("x", [1, 3]), input("w", [3, 1])];
  const lossAt = ({ table }: Features): Node =>
    objectiveOutputs(bce, { prediction: reshape(matmul(table!, w), [1]), target: fill(golden.y, [1]) }, fill(1, [1]))
      .numerator;
  const attack = (given: Partial<Attack>): number[][] => {
    const moved = attacked(attackOf(given), { table: x }, lossAt, never);
    return evaluate([moved["table"]!, lossAt(moved), lossAt({ table: x })], { x: golden.x, w: golden.w });
  };

  test.each([{ method: "fgsm" }, { method: "pgd" }, { method: "pgd", steps: 3, stepSize: 1 }] as const)(
    "is shown its worst case: %o",
    (given) => {
      const [shown, [worst], [clean]] = attack({ epsilon: golden.epsilon, ...given }) as [number[], number[], number[]];
      expect(shown).toEqual(golden.fgsm.map((one) => expect.closeTo(one, 14) as number));
      expect(worst).toBeCloseTo(golden.worstCase, 13);
      expect(clean).toBeCloseTo(golden.clean, 13);
    },
  );
  test("in the norm 2 is moved along w by ε, and pays for the margin ε‖w‖", () => {
    const length = Math.sqrt(golden.w.reduce((sum, one) => sum + one * one, 0));
    const margin = golden.w.reduce((sum, one, i) => sum + one * golden.x[i]!, 0) - golden.epsilon * length;
    for (const given of [{ method: "fgsm" }, { method: "pgd", steps: 5, stepSize: 0.07 }] as const) {
      const [shown, [worst]] = attack({ norm: "2", epsilon: golden.epsilon, ...given }) as [number[], number[]];
      const along = golden.x.map((one, i) => one - (golden.epsilon * golden.w[i]!) / length);
      expect(shown).toEqual(along.map((one) => expect.closeTo(one, 13) as number));
      expect(worst).toBeCloseTo(Math.log1p(Math.exp(-margin)), 13);
    }
  });
  test("is descended at the attacked point, the attack being held", () => {
    const moved = attacked(attackOf({ method: "fgsm", epsilon: golden.epsilon }), { table: x }, lossAt, never);
    const [slope] = gradient(lossAt(moved), [w]);
    const [seen] = evaluate([slope!], { x: golden.x, w: golden.w });
    const miss = -(1 - Math.exp(-golden.worstCase)); // σ − y
    expect(seen).toEqual(golden.fgsm.map((one) => expect.closeTo(miss * one, 13) as number));
  });
});

describe(`a network of two feature tensors (SEED=${seed})`, () => {
  const draw = drawOf(seed, "odd");
  const rows = 5;
  const [a, b] = [input("a", [rows, 3]), input("b", [rows, 2, 1])];
  const [u, v, out] = [input("u", [3, 4]), input("v", [2, 4]), input("out", [4, 2])];
  const [weights, target] = [input("weights", [rows]), input("target", [rows], "index")];
  const values = {
    a: draw.spread(15, -1, 1),
    b: draw.spread(10, -1, 1),
    u: draw.spread(12, -2, 2),
    v: draw.spread(8, -2, 2),
    out: draw.spread(8, -2, 2),
    chance: draw.spread(rows * 3, 0, 1),
    target: [0, 1, 1, 0, 1],
  };
  const plain = losses["softmax-cross-entropy"].bind();
  const logits = (features: Features): Node =>
    matmul(tanh(add(matmul(features["a"]!, u), matmul(reshape(features["b"]!, [rows, 2]), v))), out);
  const lossAt = (features: Features): Node =>
    objectiveOutputs(plain, { prediction: logits(features), target }, weights).numerator;
  const chance = input("chance", [rows, 3]);
  const uniform = (size: number): Node => slice(chance, 1, 0, size);
  const shown = (given: Partial<Attack>): Features => attacked(attackOf(given), { a, b }, lossAt, uniform);
  const run = (nodes: readonly Node[], w: readonly number[] = [1, 2, 0.5, 1, 1]): number[][] =>
    evaluate(nodes, { ...values, weights: [...w] });
  const moves = (given: Partial<Attack>, w?: readonly number[]): number[] => {
    const { a: atA, b: atB } = shown(given);
    return run([subtract(atA!, a), subtract(atB!, b)], w).flat();
  };
  /** The five moves of a, then of b: the length of each row's. */
  const lengths = (move: readonly number[]): number[] =>
    Array.from({ length: rows }, (_, row) =>
      Math.sqrt(
        [...move.slice(3 * row, 3 * row + 3), ...move.slice(15 + 2 * row, 17 + 2 * row)].reduce((t, x) => t + x * x, 0),
      ),
    );

  test.each(["clean", "random"] as const)("is moved no further than ε, starting from a %s point", (start) => {
    const most = Math.max(...moves({ start, stepSize: 0.07 }).map(Math.abs));
    expect(most).toBeLessThanOrEqual(0.1 + 1e-15);
    expect(most).toBeGreaterThan(0.1 - 1e-12);
    const furthest = lengths(moves({ start, norm: "2", stepSize: 0.07 }));
    expect(Math.max(...furthest)).toBeLessThanOrEqual(0.1 + 1e-15);
    expect(Math.min(...furthest)).toBeGreaterThan(0.1 - 1e-12);
  });
  test("is worse off for one step as for many", () => {
    const at = (given: Partial<Attack>): number => run([lossAt(shown(given))])[0]![0]!;
    const clean = run([lossAt({ a, b })])[0]![0]!;
    expect(at({ method: "fgsm", epsilon: 0.01 })).toBeGreaterThan(clean);
    expect(at({ epsilon: 0.01, stepSize: 0.0025, steps: 10 })).toBeGreaterThan(clean);
  });
  test("does not depend on the weight of a row, and leaves a row without weight where it is", () => {
    const [even, odd] = [moves({ norm: "2" }), moves({ norm: "2" }, [3, 0.25, 0, 1, 7])];
    const [seen, wanted] = [lengths(odd), lengths(even)];
    expect(seen[2]).toBe(0);
    expect(seen.toSpliced(2, 1)).toEqual(wanted.toSpliced(2, 1).map((one) => expect.closeTo(one, 13) as number));
  });
  test("trades finds where the answers differ, and adds β times how much", () => {
    const clean = logits({ a, b });
    const apart = (features: Features): Node => sumAll(divergence(plain, stopGradient(clean), logits(features)));
    const moved = attacked(attackOf({ method: "trades", start: "random" }), { a, b }, apart, uniform);
    const robust = trades(plain, 6);
    const perturbed = logits(moved);
    const [both, alone, gap, start] = run([
      objectiveOutputs(robust, { prediction: clean, target, perturbed }, fill(1, [rows])).numerator,
      objectiveOutputs(robust, { prediction: clean, target }, fill(1, [rows])).numerator,
      apart(moved),
      apart(attacked(attackOf({ method: "trades", start: "random", steps: 0 }), { a, b }, apart, uniform)),
    ]).flat() as [number, number, number, number];
    expect(both).toBeCloseTo(alone + 6 * gap, 12);
    expect(gap).toBeGreaterThan(start);
    expect(start).toBeGreaterThan(0);
  });
  test("the divergence of two classes is that of their difference", () => {
    const [p, q] = [input("p", [3]), input("q", [3])];
    const pair = (x: Node): Node => stack([fill(0, [3]), x], 1);
    const seen = evaluate([divergence(plain, pair(p), pair(q)), divergence(bce, p, q)], {
      p: [1, -2, 0],
      q: [0, -2, 3],
    });
    expect(seen[0]).toEqual(seen[1]!.map((one) => expect.closeTo(one, 14) as number));
    expect(() => divergence(losses.mse.bind(), p, q)).toThrow(
      "trades goes with softmax-cross-entropy or bce-with-logits",
    );
  });
});
