import { describe, expect, test } from "vitest";
import { toDataset } from "../../../shared/data/preprocess.ts";
import { decodeExperiment } from "../../../shared/experiment/decode.ts";
import { refuseTargetsOutside } from "../../../shared/experiment/target-domains.ts";
import { changed } from "../../support/experiments.ts";
import { tableOf } from "../../support/tables.ts";

/** Reads the column y for a loss, and looks at it. */
function look(loss: string, y: readonly unknown[], extra = ""): void {
  const text = changed("loss: bce-with-logits", `loss: ${loss}`)
    .replace("{ column: y, above: 0 }", `{ column: y${extra} }`)
    .replace("[accuracy]", "[rmse]")
    .replace("split: { test: 0.25, stratify: goal }", 'missing: { token: "NA", targets: ignore }');
  const experiment = decodeExperiment("run.yaml", text);
  const table = tableOf({ x1: y.map(() => 1), x2: y.map(() => 2), colour: y.map(() => "red"), y });
  refuseTargetsOutside(experiment, table, toDataset(table, { schema: experiment.data }));
}

describe("targets that a loss does not take are refused with their place", () => {
  test.each([
    ["gamma-nll", [1, 0.5, 0, 2], 4, "a number above 0, got 0"],
    ["tweedie", [0, -0.5, 2], 3, "a number of at least 0, got -0.5"],
    ["poisson-nll", [-1], 2, "a number of at least 0, got -1"],
    ["negative-binomial", [3, 2.5], 3, "a count: a whole number of at least 0, got 2.5"],
  ])("%s on %o", (loss, y, line, expected) => {
    expect(() => {
      look(loss, y);
    }).toThrow(`clinic.csv:${line}, column "y": ${loss} (objectives.goal) takes ${expected}`);
  });
});

test("targets that it takes, and those that are missing, pass", () => {
  look("gamma-nll", [1, 0.5, "NA", 2]);
  look("tweedie", [0, 0, 3.5]);
  look("negative-binomial", [0, 1, 7]);
  look("mse", [-1, 0, 1]);
});

test("a target is seen as the model sees it", () => {
  expect(() => {
    look("gamma-nll", [-0.5], ", transform: log1p");
  }).toThrow("takes a number above 0, got -0.69");
});
