/** Mammography (Woods et al.; 260 positives of 11,183 rows): rare positives, by losses that weigh them differently. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { foldsOf } from "../../support/folds.ts";
import { temporaryFile } from "../../support/prepared-data.ts";
import { realData, realExperiment, report } from "../../support/real-data.ts";

const data = realData("mammography", ["mammography.csv"]);

describe.skipIf(data.absent)(data.title("mammography over 8 clients"), () => {
  test("plain, weighted and focal losses rank as logistic regression on one machine does: AUC .9201 over its five folds", async () => {
    const folds = foldsOf("mammography", readFileSync(data.path("mammography.csv"), "utf8").trim().split("\n"));
    const means: Record<string, number> = {};
    for (const { train, test } of folds) {
      const { metrics } = await simulate(
        realExperiment("mammography.yaml", {
          data: temporaryFile("train.csv", train.join("\n")),
          test: temporaryFile("test.csv", test.join("\n")),
        }),
        { threads: 2 },
      );
      for (const [name, value] of Object.entries(metrics)) means[name] = (means[name] ?? 0) + value! / folds.length;
    }
    report("mammography, five folds (scikit-learn: AUC .9201, average precision .6209)", means);
    expect(Math.abs(means["plain/test/auc"]! - 0.9201)).toBeLessThan(0.002);
    expect(Math.abs(means["plain/test/average-precision"]! - 0.6209)).toBeLessThan(0.01);
    expect(Math.abs(means["weighted/test/auc"]! - 0.9201)).toBeLessThan(0.02);
    expect(Math.abs(means["focal/test/auc"]! - 0.9201)).toBeLessThan(0.02);
  });
});
