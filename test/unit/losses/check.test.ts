/** The check of losses of one's own lets sound ones pass, and refuses others by input and coordinate. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { add, exp, log, multiply, square, stopGradient, subtract, sumAll } from "../../../shared/graph/build.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { checkLoss } from "../../../shared/losses/check.ts";
import { fromData, fromModel } from "../../../shared/losses/inputs.ts";
import { defineLoss } from "../../../shared/losses/loss.ts";

const own = (value: (error: Node) => Node, name = "own") =>
  defineLoss({
    name,
    version: 1,
    unit: "element",
    measure: "target²",
    kinks: [0],
    inputs: { prediction: fromModel("real", ["batch"]), target: fromData("real", ["batch"]) },
    options: z.strictObject({}),
    perExample: ({ prediction, target }) => value(subtract(prediction, target)),
  });

describe("a loss of one's own", () => {
  test("that is sound passes", () => {
    expect(() => {
      checkLoss(own(square));
    }).not.toThrow();
  });
  test.each([
    [
      "whose gradient is wrong",
      own((e) => multiply(e, stopGradient(e))),
      /gradient .* for "prediction" at \[0\], expected/,
    ],
    ["that overflows far out", own((e) => log(add(exp(e), 1))), /expected a finite value far out, got Infinity/],
    ["that mixes rows", own((e) => multiply(e, sumAll(e))), /expected two shards to add up to/],
    ["with a name of the catalogue", own(square, "huber"), /has the name of a loss of the catalogue/],
  ])("%s is refused", (_, loss, message) => {
    expect(() => {
      checkLoss(loss);
    }).toThrow(message);
  });
  test("may use what the catalogue uses: its own losses pass but for their names", () => {
    for (const loss of [losses.mae, losses.huber, losses["softmax-cross-entropy"], losses.hinge])
      expect(() => {
        checkLoss({ ...loss, name: `my-${loss.name}` });
      }, loss.name).not.toThrow();
  });
});
