/** California housing: a tenth of the training targets wrong by 20 standard deviations, the held-out ones as they were. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../../../server/simulation/simulate.ts";
import { adviseOn } from "../../../shared/advice/advice.ts";
import { measure } from "../../../shared/advice/measure.ts";
import { readTable } from "../../../shared/data/readers/reader.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFile } from "../../support/prepared-data.ts";
import { realData, realExperiment, report } from "../../support/real-data.ts";

const data = realData("california_housing", ["housing.csv"]);

/** Four fifths with wrong targets in every tenth row, and a clean fifth; targets in 100,000 USD, in the column `value`. */
function divided(random: Random): { train: string; held: string } {
  const [header, ...lines] = readFileSync(data.path("housing.csv"), "utf8").trim().split("\n");
  const names = header!.split(",");
  const values = lines.map((line) => Number(line.split(",")[names.indexOf("median_house_value")]) / 1e5);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length);
  const order = random.shuffle(lines.map((_, row) => row));
  const held = order.slice(0, Math.ceil(lines.length / 5));
  const train = order.slice(held.length);
  const wrong = new Set(train.filter(() => random.uniform() < 0.1));
  const written = (rows: readonly number[]): string =>
    rows
      .map((row) => `${lines[row]!},${values[row]! + (wrong.has(row) ? 20 * deviation * random.normal() : 0)}`)
      .join("\n");
  const file = (name: string, rows: readonly number[]): string =>
    temporaryFile(name, `${header!},value\n${written(rows)}`);
  return { train: file("train.csv", train), held: file("held-out.csv", held) };
}

describe.skipIf(data.absent)(data.title("house prices, a tenth of them wrong"), () => {
  test("huber and barron do better on clean rows than mse, as advise says beforehand", async () => {
    const { train, held } = divided(Random.seeded(1));
    const table = await readTable(train);
    const columns = new Map([...table.columns].filter(([name]) => name !== "median_house_value"));
    const { proposals } = adviseOn(measure([{ ...table, columns }], { target: "value" }));
    const place = (loss: string): number => proposals.findIndex((proposal) => proposal.loss === loss);
    expect(["huber", "barron"]).toContain(proposals[0]?.loss);
    expect(["huber", "barron"]).toContain(proposals[1]?.loss);
    expect(place("mse")).not.toBe(0);

    const { metrics } = await simulate(realExperiment("california.yaml", { data: train, test: held }), { threads: 2 });
    const errors = Object.entries(metrics).filter(([name]) => /rmse|mae/.test(name));
    report(
      "california housing, clean rows (scikit-learn on clean training rows: rmse .687)",
      Object.fromEntries(errors) as Record<string, number>,
    );
    for (const measured of ["rmse", "mae"]) {
      const squared = metrics[`squared/test/${measured}`]!;
      expect(metrics[`huber/test/${measured}`], measured).toBeLessThan(squared);
      expect(metrics[`barron/test/${measured}`], measured).toBeLessThan(squared);
    }
  });
});
