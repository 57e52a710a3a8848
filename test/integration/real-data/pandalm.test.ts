/** PandaLM's test set: 894 pairs of answers on which two of three people agree, over ten clients. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { foldsOf } from "../../support/folds.ts";
import { temporaryFile } from "../../support/prepared-data.ts";
import { realData, realExperiment, report } from "../../support/real-data.ts";

const data = realData("preferences_pandalm", ["testset-v1.json"]);

interface Comparison {
  readonly response1: unknown;
  readonly response2: unknown;
  readonly annotator1: number;
  readonly annotator2: number;
  readonly annotator3: number;
}

/** The answer that two of three prefer: 1 or 2; undefined for a tie, or where all differ. */
function majority({ annotator1: a, annotator2: b, annotator3: c }: Comparison): number | undefined {
  const most = a === b || a === c ? a : b === c ? b : 0;
  return most === 0 ? undefined : most;
}

function pairs(): string[] {
  const comparisons = JSON.parse(readFileSync(data.path("testset-v1.json"), "utf8")) as Comparison[];
  return comparisons.flatMap((comparison) => {
    const better = majority(comparison);
    if (better === undefined) return [];
    const { response1: first, response2: second } = comparison;
    const [chosen, rejected] = better === 1 ? [first, second] : [second, first];
    return [JSON.stringify({ chosen, rejected })];
  });
}

describe.skipIf(data.absent)(data.title("preferences over ten clients"), () => {
  test("a Bradley–Terry reward is right as often as logistic regression on one machine: .7975 over its five folds", async () => {
    let right = 0;
    const folds = foldsOf("pandalm", pairs());
    for (const { train, test } of folds) {
      const experiment = realExperiment("pandalm.yaml", {
        data: temporaryFile("train.ndjson", train.join("\n")),
        test: temporaryFile("test.ndjson", test.join("\n")),
      });
      const { metrics } = await simulate(experiment, { threads: 2 });
      right += metrics["better/test/accuracy"]! / folds.length;
    }
    expect(right).toBeGreaterThan(0.7875);
    expect(right).toBeLessThan(0.8075);
    report("pandalm, five folds (scikit-learn: .7975)", { accuracy: right });
  });
});
