import { describe, expect, test } from "vitest";
import { weightings } from "../../../shared/objectives/catalogue.ts";
import { answerCombine } from "../../../shared/objectives/combine-request.ts";

const jacobian = [
  [-4, 1, 1],
  [6, 1, 1],
];
const ask = (method: string, state: unknown): ReturnType<typeof answerCombine> => {
  const options = method === "weighted" ? { weights: [1, 2] } : {};
  return answerCombine({ method, options, jacobian, losses: [1, 2], state });
};

describe.each(Object.keys(weightings))("%s", (method) => {
  test("goes on from the state of its answers, written down and read again", () => {
    let state: unknown = null;
    for (let i = 0; i < 3; i++) ({ state } = JSON.parse(JSON.stringify(ask(method, state))) as { state: unknown });
    expect(ask(method, state).method).toBe(method);
  });

  test("says of what is no state of its answers where it is wrong", () => {
    for (const wrong of [7, "x", [1, 2], { 0: "a", 1: "b" }])
      expect(() => ask(method, wrong)).toThrow(/^state[^:]*: (expected|is missing).*(keeps none|of an earlier answer)/);
  });
});

test("numbers too large to be answered for are refused, and so is the state of other rows", () => {
  expect(() => answerCombine({ method: "sum", jacobian: [[1e308], [1e308]] })).toThrow(/sum comes to no finite number/);
  const { state } = JSON.parse(JSON.stringify(ask("db-mtl", null))) as { state: unknown };
  const wider = { method: "db-mtl", jacobian: [[1, 2, 3, 4], [4, 3, 2, 1]], losses: [1, 2], state }; // prettier-ignore
  expect(() => answerCombine(wider)).toThrow(/state.averages.0: expected a number, or a list of 4 numbers/);
});
