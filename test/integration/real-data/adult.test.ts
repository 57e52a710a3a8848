/** Adult (UCI): 32,561 people over nine kinds of employer, each a client. What equal rates of "yes" for women and men cost. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { temporaryFile } from "../../support/prepared-data.ts";
import { realData, realExperiment, report } from "../../support/real-data.ts";

const data = realData("adult", ["adult.data", "adult.test"]);
const weights = [0, 0.3, 1, 3];

describe.skipIf(data.absent)(data.title("income over nine kinds of employer"), () => {
  test("a weight on demographic parity trades accuracy for it, from the reference's .8519 on", async () => {
    // In the test file labels end in a full stop.
    const held = temporaryFile(
      "held-out.data",
      readFileSync(data.path("adult.test"), "utf8").replaceAll("K.\n", "K\n"),
    );
    const { objectives, model, evaluation, ...rest } = realExperiment("adult.yaml", {
      data: data.path("adult.data"),
      test: held,
    });
    // A head for each weight: the same rows, the same steps, four models.
    const { income, parity } = objectives;
    const heads = weights.map((weight, i) => ({ weight, head: `head-${i}` }));
    const curve = heads.flatMap(({ weight, head }, i) => [
      [`income-${i}`, { ...income!, head }] as const,
      [`parity-${i}`, { ...parity!, head, weight }] as const,
    ]);
    const { metrics } = await simulate(
      {
        ...rest,
        model: { ...model, heads: Object.fromEntries(heads.map(({ head }) => [head, model.heads["income"]!])) },
        objectives: Object.fromEntries(curve),
        evaluation: {
          ...evaluation,
          metrics: Object.fromEntries(heads.map((_, i) => [`income-${i}`, evaluation.metrics["income"]!])),
        },
      },
      { threads: 2 },
    );
    const points = weights.map((weight, i) => ({
      weight,
      accuracy: metrics[`income-${i}/test/accuracy`]!,
      gap: metrics[`parity-${i}/test/loss`]!,
    }));
    const table = points.flatMap(({ weight, accuracy, gap }) => [
      [`weight ${weight}: accuracy`, accuracy] as const,
      [`weight ${weight}: gap of the mean rates`, gap] as const,
    ]);
    report("adult (scikit-learn without parity: accuracy .8519)", Object.fromEntries(table));
    expect(Math.abs(points[0]!.accuracy - 0.8519)).toBeLessThan(0.003);
    for (const [i, { gap, accuracy }] of points.slice(1).entries()) {
      expect(gap).toBeLessThan(points[i]!.gap);
      expect(accuracy).toBeLessThan(points[i]!.accuracy + 0.002);
    }
    expect(points.at(-1)!.gap).toBeLessThan(0.02); // of .19
    expect(points.at(-1)!.accuracy).toBeGreaterThan(0.8);
  });
});
