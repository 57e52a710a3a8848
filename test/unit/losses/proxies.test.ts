/** Proxy losses: values by hand on axes, beside plain loops, and the embeddings of two clients gathered about learned proxies. */
import { describe, expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import { Random } from "../../../shared/random.ts";
import { runLoss } from "../../support/loss-batch.ts";
import { real } from "../../support/loss-values.ts";
import { scene, simulateHere } from "../../support/scene.ts";

const labels = (...data: number[]) => ({ dtype: "index" as const, shape: [data.length], data });
/** Two proxies on the axes, and embeddings along one, between both, and nowhere. */
const proxies = real([2, 2], [2, 0, 0, 3]);
const batch = { prediction: real([3, 2], [5, 0, 1, 1, 0, 0]), target: labels(0, 0, 1), proxies };

test("proxy-nca is a softmax of twice the cosines over the temperature", () => {
  const { units } = runLoss(losses["proxy-nca"].bind({ classes: 2, size: 2, temperature: 0.5 }), batch);
  const expected = [Math.log(1 + Math.exp(-4)), Math.log(2), Math.log(2)];
  for (const [i, value] of units!.data.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
});

test("proxy-anchor is what a plain loop over proxies and examples gives", () => {
  const random = Random.seeded(7);
  const draw = (count: number): number[] => Array.from({ length: count }, () => random.normal());
  const [classes, size, count, margin, scale] = [3, 2, 9, 0.2, 4];
  const target = Array.from({ length: count }, (_, i) => i % 2); // class 2 has no example
  const [x, p] = [draw(count * size), draw(classes * size)];
  const weights = Array.from({ length: count }, (_, i) => 1 + (i % 3));
  const cosine = (i: number, c: number): number => {
    const [a, b] = [x.slice(2 * i, 2 * i + 2), p.slice(2 * c, 2 * c + 2)];
    return (a[0]! * b[0]! + a[1]! * b[1]!) / (Math.hypot(...a) * Math.hypot(...b));
  };
  let [gathered, driven] = [0, 0];
  for (let c = 0; c < classes; c++) {
    let [pull, push] = [0, 0];
    for (let i = 0; i < count; i++) {
      if (target[i] === c) pull += weights[i]! * Math.exp(-scale * (cosine(i, c) - margin));
      else push += weights[i]! * Math.exp(scale * (cosine(i, c) + margin));
    }
    if (target.includes(c)) gathered += Math.log1p(pull);
    driven += Math.log1p(push);
  }
  const loss = losses["proxy-anchor"].bind({ classes, size, margin, scale });
  const given = { prediction: real([count, size], x), target: labels(...target), proxies: real([classes, size], p) };
  expect(runLoss(loss, given, weights).numerator).toBeCloseTo(gathered / 2 + driven / 3, 12);
});

describe("over two clients that hold one class each", () => {
  const random = Random.seeded(4);
  const about = (x: number, y: number, label: number) =>
    Array.from({ length: 20 }, () => [x + 0.3 * random.normal(), y + 0.3 * random.normal(), label]);
  const clients = { a: about(1, 0.2, 0), b: about(0.8, -0.4, 1) };
  test.each(["proxy-nca", "proxy-anchor"])("%s learns its proxies with the model", async (kind) => {
    const experiment = scene(clients, {
      data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, classes: [0, 1] } } }",
      model: "{ heads: { z: 2 } }",
      objectives: `{ y: { head: z, target: y, loss: { kind: ${kind}, classes: 2, size: 2 } } }`,
      federation: "{ mode: gradient, rounds: 60, serverOptimizer: { kind: adam, learningRate: 0.1 } }",
    });
    const seen: number[] = [];
    await simulateHere(experiment, {
      onEvent: (event) => event.event === "round" && seen.push(event.losses["y"]!),
    });
    expect(seen.at(-1)!).toBeLessThan(0.3 * seen[0]!);
  });

  test("classes that are not the target's are refused", () => {
    expect(() =>
      scene(clients, {
        data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, classes: [0, 1] } } }",
        model: "{ heads: { z: 2 } }",
        objectives: "{ y: { head: z, target: y, loss: { kind: proxy-nca, classes: 3, size: 2 } } }",
      }),
    ).toThrow(/classes is 3, but the target has 2/);
  });
});
