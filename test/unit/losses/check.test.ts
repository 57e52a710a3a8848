/** The check of losses of one's own lets sound ones pass, and refuses others by input and coordinate. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  abs,
  add,
  equal,
  exp,
  log,
  multiply,
  select,
  square,
  stopGradient,
  subtract,
  sumAll,
} from "../../../shared/graph/build.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { losses, type LossName } from "../../../shared/losses/catalogue.ts";
import { checkLoss } from "../../../shared/losses/check.ts";
import { exampleOptions } from "../../../shared/losses/example.ts";
import { fromData, fromModel } from "../../../shared/losses/inputs.ts";
import { defineLoss, type Loss } from "../../../shared/losses/loss.ts";

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
  test("that bears its inputs far out together, but not one of them alone, is refused", () => {
    const ratio = defineLoss({
      name: "ratio",
      version: 1,
      unit: "pair",
      measure: "share",
      inputs: { above: fromModel("real", ["batch"]), below: fromModel("real", ["batch"]) },
      options: z.strictObject({}),
      perExample: ({ above, below }) => exp(subtract(above, below)), // e⁰ where both are equally far
    });
    expect(() => {
      checkLoss(ratio);
    }).toThrow(/expected a finite value far out, got Infinity/);
  });
  test("whose gradient is wrong at one point alone is found out where that point is declared", () => {
    /** |p| whose slope is 3 too much where p is .5, to the bit. */
    const at = (kinks: readonly number[]) =>
      defineLoss({
        name: "lopsided",
        version: 1,
        unit: "element",
        measure: "target",
        kinks,
        inputs: { prediction: fromModel("real", ["batch", "size"]), target: fromData("real", ["batch", "size"]) },
        options: z.strictObject({}),
        perExample: ({ prediction: p }) =>
          add(abs(p), select(equal(p, 0.5), multiply(3, subtract(p, stopGradient(p))), 0)),
      });
    expect(() => {
      checkLoss(at([0]));
    }).not.toThrow();
    expect(() => {
      checkLoss(at([0, 0.5]));
    }).toThrow(/has the gradient 4 for "prediction" at \[0, 0\], expected/);
  });
  const counts = [100, 10, 1, 5];
  const given: Partial<Record<LossName, object>> = { "logit-adjusted-cross-entropy": { counts }, ldam: { counts } };
  const heldConstant: readonly LossName[] = ["circle"]; // its weights are
  test.each((Object.keys(losses) as LossName[]).filter((name) => !heldConstant.includes(name)))(
    "may be %s of the catalogue, but for its name",
    (name) => {
      const loss: Loss = losses[name];
      expect(() => {
        checkLoss({ ...loss, name: `my-${name}` }, given[name] ?? exampleOptions(loss));
      }).not.toThrow();
    },
  );
});
