/** Mammography (Woods et al.; 260 positives of 11,183 rows): rare positives, by losses that weigh them differently. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import type { ObjectiveConfig } from "../../../shared/experiment/objectives.ts";
import { long, realData, realExperiment } from "../../support/real-data.ts";

const data = realData("mammography", ["mammography.csv"]);
const seeds = Array.from({ length: long ? 5 : 2 }, (_, seed) => seed);

describe.skipIf(data.absent)(data.title("mammography over 8 clients"), () => {
  // Held-out fifths, stratified; scikit-learn's logistic regression has a five-fold AUC of .9201.
  test.each<[string, ObjectiveConfig["loss"]]>([
    ["bce-with-logits", { kind: "bce-with-logits", posWeight: 1, labelSmoothing: 0 }],
    ["bce-with-logits with positives weighing 42", { kind: "bce-with-logits", posWeight: 42, labelSmoothing: 0 }],
    ["focal-binary", { kind: "focal-binary", gamma: 2, alpha: 0.25, normalizer: "weight-sum" }],
  ])("%s ranks held-out rows within .03 of the reference's AUC", async (name, loss) => {
    const experiment = realExperiment("mammography.yaml", { data: data.path("mammography.csv") });
    const objectives = { cancer: { ...experiment.objectives["cancer"]!, loss } };
    let total = 0;
    for (const seed of seeds) {
      const { metrics } = await simulate({ ...experiment, objectives }, { threads: 2, seed });
      total += metrics["cancer/test/auc"]!;
    }
    expect(Math.abs(total / seeds.length - 0.9201), `${name}: mean AUC ${total / seeds.length}`).toBeLessThan(0.03);
  });
});
