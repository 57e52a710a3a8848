/** MathAchieve (R's nlme): 7,185 pupils of 160 schools, each school a client, against R's `lm` on all rows together. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { coefficientsOf } from "../../support/coefficients.ts";
import { realData, realExperiment } from "../../support/real-data.ts";
import { freshDirectory } from "../../support/scene.ts";

const data = realData("math_achieve", ["MathAchieve.csv"]);

describe.skipIf(data.absent)(data.title("math achievement over 160 schools"), () => {
  test("has the coefficients of least squares on pooled rows, to every digit R prints (R 4.2.2)", async () => {
    const out = freshDirectory();
    const experiment = realExperiment("math-achieve.yaml", { data: data.path("MathAchieve.csv") });
    const { metrics, clients } = await simulate(experiment, { threads: 2, out });
    expect(clients).toHaveLength(160);

    const found = coefficientsOf(out, "score");
    // MathAch ~ SES + Minority + Sex; the base is No and Male.
    const coefficients = {
      intercept: 14.253890442,
      SES: 2.682989811,
      "Minority=Yes": -2.836512772,
      "Sex=Female": -1.376645347,
    };
    for (const [name, value] of Object.entries(coefficients)) expect(found[name], name).toBeCloseTo(value, 9);
    expect(metrics["score/train/loss"]! * 7185).toBeCloseTo(281651.5878, 3);
    expect(metrics["score/train/r2"]).toBeCloseTo(0.1713130281, 9);
  });
});
