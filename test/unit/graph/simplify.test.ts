import { describe, expect, test } from "vitest";
import * as g from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { inOrder } from "../../../shared/graph/graph.ts";
import { simplify } from "../../../shared/graph/simplify.ts";
import type { Draw } from "../../support/draw.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { evaluate } from "../../support/evaluate.ts";
import { distance } from "../../support/finite-differences.ts";

const x = g.input("x", [2, 3]);
const one = (node: Node): Node => simplify([node])[0]!;
const operationsOf = (node: Node): string[] => inOrder([one(node)]).map(({ operation }) => operation);

describe("simplify", () => {
  test.each([
    ["x·1", g.multiply(x, 1)],
    ["1·x", g.multiply(1, x)],
    ["x + 0", g.add(0, x)],
    ["x − 0", g.subtract(x, 0)],
    ["x / 1", g.divide(x, 1)],
    ["−(−x)", g.negate(g.negate(x))],
    ["a transpose twice", g.transpose(g.transpose(x))],
    ["a reshape there and back", g.reshape(g.reshape(x, [6]), [2, 3])],
    ["a reverse twice", g.reverse(g.reverse(x, 0), 0)],
    ["a pad cut off again", g.slice(g.pad(x, 1, 2, 1), 1, 2, 3)],
    ["a slice of everything", g.slice(x, 0, 0, 2)],
    ["a part alone", g.concatenate([x], 0)],
    ["a concatenation with nothing", g.concatenate([x, g.slice(x, 0, 0, 0)], 0)],
    ["stopGradient", g.stopGradient(x)],
    ["a known choice", g.select(g.less(1, 2), x, g.log(x))],
    ["a choice between twins", g.select(g.greater(x, 0), x, x)],
    ["maximum of twins", g.maximum(x, x)],
    ["an expand by 1", g.expand(g.reshape(x, [2, 1, 3]), 1, 1)],
  ])("%s becomes x itself", (_, node) => {
    expect(operationsOf(g.reshape(node, [2, 3]))).toEqual(["input"]);
  });

  test("equal nodes become one", () => {
    const twice = g.add(g.exp(x), g.exp(g.input("x", [2, 3])));
    expect(operationsOf(twice)).toEqual(["input", "exp", "add"]);
  });

  test("attributes keep −0, NaN and ±∞ apart", () => {
    const parts = [0, -0, NaN, Infinity, -Infinity].map((value) => g.constant([value], [1]));
    expect(new Set(simplify(parts)).size).toBe(5);
  });

  test("what is known is computed, by exact operations only", () => {
    expect(operationsOf(g.multiply(x, g.subtract(1, 0.25)))).toEqual(operationsOf(g.multiply(x, 0.75)));
    expect(operationsOf(g.exp(g.scalar(1)))).toEqual(["constant", "exp"]);
  });

  test("a sum of equals becomes a product", () => {
    const repeated = g.broadcastTo(g.input("b", [1, 3]), [4, 3]);
    expect(operationsOf(g.sum(repeated, 0, { keepAxis: true }))).toEqual(["input", "constant", "multiply"]);
  });

  test("x·0, x − x and x/x stay: they are NaN where x is not finite", () => {
    for (const node of [g.multiply(x, 0), g.subtract(x, x), g.divide(x, x)]) {
      expect(evaluate([one(node)], { x: [1, Infinity, NaN, 2, 0, -1] })[0]).toEqual(
        evaluate([node], { x: [1, Infinity, NaN, 2, 0, -1] })[0],
      );
      expect(evaluate([one(node)], { x: [1, Infinity, NaN, 2, 0, -1] })[0]![1]).toBeNaN();
    }
  });

  test("a graph far deeper than the call stack is simplified", () => {
    let state: Node = x;
    for (let step = 0; step < 50_000; step++) state = g.exp(state);
    expect(inOrder(simplify([state]))).toHaveLength(50_001);
  });

  test("simplified twice is simplified once", () => {
    const loss = g.sumAll(g.square(g.softmax(g.multiply(x, 3))));
    const [slope] = simplify(gradient(loss, [x]));
    expect(inOrder(simplify([slope!])).length).toBe(inOrder([slope!]).length);
  });
});

/** A graph of `steps` random nodes of shape [2, 3], full of what can be shortened. */
function randomGraph(draw: Draw, steps: number): Node[] {
  const pool: Node[] = [
    x,
    g.input("z", [2, 3]),
    g.fill(1, [2, 3]),
    g.fill(0, [2, 3]),
    g.constant([0, 1, 0, 1, 1, 0], [2, 3]),
  ];
  const pick = (): Node => draw.choice(pool);
  const grow: readonly (() => Node)[] = [
    () => g.add(pick(), pick()),
    () => g.subtract(pick(), pick()),
    () => g.multiply(pick(), pick()),
    () => g.maximum(pick(), pick()),
    () => g.less(pick(), pick()),
    () => g.select(pick(), pick(), pick()),
    () => g.negate(pick()),
    () => g.tanh(pick()),
    () => g.stopGradient(pick()),
    () => g.reshape(g.reshape(pick(), [3, 2]), [2, 3]),
    () => g.transpose(g.reshape(pick(), [3, 2])),
    () => g.transpose(g.transpose(pick())),
    () => g.reverse(pick(), draw.integer(0, 1)),
    () => g.slice(g.pad(pick(), 1, 1, 2), 1, draw.integer(0, 2), 3),
    () => g.slice(g.concatenate([pick(), pick()], 0), 0, draw.integer(0, 2), 2),
    () => g.broadcastTo(g.sum(pick(), draw.integer(0, 1), { keepAxis: true }), [2, 3]),
    () => g.tanh(g.sum(g.expand(g.reshape(pick(), [2, 1, 3]), 1, 4), 1)),
    () => g.add(pick(), draw.choice([0, 1, -1])),
  ];
  for (let step = 0; step < steps; step++) pool.push(draw.choice(grow)());
  return pool.slice(-3);
}

test(`a simplified graph computes the same with no more nodes (SEED=${seed})`, () => {
  let [before, after] = [0, 0];
  for (let round = 0; round < 150; round++) {
    const draw = drawOf(seed + round, "odd");
    const outputs = randomGraph(draw, 25).map((node) => g.tanh(node)); // tanh: values stay near 1, whatever piled up
    const simplified = simplify(outputs);
    const values = { x: draw.spread(6, 0.1, 2), z: draw.spread(6, 0.1, 2) };
    const expected = evaluate(outputs, values);
    evaluate(simplified, values).forEach((value, i) => {
      expect(distance(value, expected[i]!), `round ${round}`).toBeLessThan(1e-9);
    });
    before += inOrder(outputs).length;
    after += inOrder(simplified).length;
    expect(inOrder(simplified).length).toBeLessThanOrEqual(inOrder(outputs).length + 4); // a constant may take two nodes
  }
  expect(after).toBeLessThan(0.8 * before);
});
