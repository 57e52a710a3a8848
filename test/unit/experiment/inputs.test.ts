/** What is said about inputs of losses that do not fit. */
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { own, ownText } from "../../support/own-objectives.ts";

const complaint = (objective: string, more?: Parameters<typeof ownText>[1]): string => {
  try {
    decodeExperiment("run.yaml", ownText(objective, more));
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
};

describe("inputs of losses", () => {
  test.each([
    [
      "a loss without what it needs",
      "{ loss: bradley-terry, inputs: { chosen: { head: h } } }",
      "objectives.o: bradley-terry needs inputs.rejected: { head: …, view: … }",
    ],
    [
      "a head where a column belongs",
      "{ loss: mse, head: h, inputs: { target: { head: h } } }",
      "objectives.o.inputs.target: comes from the data: give the name of a target, got a head",
    ],
    [
      "a column where a head belongs",
      "{ loss: bradley-terry, inputs: { chosen: number, rejected: { head: h } } }",
      'objectives.o.inputs.chosen: comes from the model: give { head: … }, got the target "number"',
    ],
    [
      "an input there is not",
      "{ loss: mse, head: h, target: number, inputs: { grup: query } }",
      "objectives.o.inputs.grup: is no input of mse, which takes prediction, target",
    ],
    [
      "a view there is not",
      "{ loss: bradley-terry, inputs: { chosen: { head: h }, rejected: { head: h, view: oter } } }",
      'objectives.o.inputs.rejected.view: names the view "oter", which is not declared: did you mean "other"?',
    ],
    [
      "a group for what is none",
      "{ loss: mse, head: h, inputs: { target: { by: client } } }",
      "objectives.o.inputs.target: is for the group of a set loss",
    ],
    [
      "the same input twice",
      "{ loss: mse, head: h, target: number, inputs: { target: number } }",
      "objectives.o.inputs.target: and target are the same input: leave out one",
    ],
    [
      "several values where one belongs",
      "{ loss: bce-with-logits, head: h, target: several }",
      "bce-with-logits takes targets of the kind binary",
    ],
    [
      "too few outputs for several columns",
      "{ loss: mse, head: h, target: several }",
      'model.heads.h: has 1 outputs, but mse on the target "several" needs 2',
    ],
  ])("%s", (_, objective, message) => {
    expect(complaint(objective)).toContain(message);
  });

  test("fit", () => {
    expect(complaint(own)).toBe("none");
    expect(complaint("{ loss: mse, head: two, target: several }")).toBe("none");
  });

  test("a view of a column that is no feature", () => {
    expect(complaint(own, { view: "{ x9: z1 }" })).toContain('data.views.other.x9: names the feature column "x9"');
    expect(complaint(own, { view: "{ x1: x2 }" })).toContain(
      'data.views.other: reads the column "x2" for two features',
    );
  });
});
