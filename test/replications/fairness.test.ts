/**
 * Fairness on real data: a demographic-parity gap held to a bound that strangers' rows keep too, and the worst tenth of schools.
 *
 *     TRIBUTARY_DATA=… TRIBUTARY_SWEEP=1 npx vitest run --config .ci/vitest.config.ts test/replications/fairness.test.ts
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { temporaryFile } from "../support/prepared-data.ts";
import { realData, realExperiment } from "../support/real-data.ts";
import { simulateHere } from "../support/scene.ts";
import { deviation, mean, spread, sweep, writeTable } from "./tables.ts";

const adult = realData("adult", ["adult.data", "adult.test"]);
const bounds = [0.1, 0.05, 0.02];
/** What a gap on 16,281 strangers may be beyond its bound on the training rows. */
const tolerance = 0.01;

test.skipIf(!sweep || adult.absent)(
  adult.title("adult: a bound on demographic parity is kept on held-out rows"),
  { timeout: 3_600_000 },
  async () => {
    const held = temporaryFile(
      "held-out.data",
      readFileSync(adult.path("adult.test"), "utf8").replaceAll("K.\n", "K\n"),
    );
    const { objectives, model, evaluation, federation, ...rest } = realExperiment("adult.yaml", {
      data: adult.path("adult.data"),
      test: held,
    });
    // A head for each bound, the first without one: the same rows, the same steps, four models.
    const { income, parity } = objectives;
    const heads = [undefined, ...bounds].map((atMost, i) => ({ atMost, head: `head-${String(i)}`, name: String(i) }));
    const { metrics } = await simulateHere({
      ...rest,
      federation: { ...federation, rounds: 300 },
      constraints: { method: "augmented", rate: 0.3, every: 1, patience: 300 },
      model: { ...model, heads: Object.fromEntries(heads.map(({ head }) => [head, model.heads["income"]!])) },
      objectives: Object.fromEntries(
        heads.flatMap(({ atMost, head, name }) => [
          [`income-${name}`, { ...income!, head }] as const,
          [
            `parity-${name}`,
            atMost === undefined
              ? { ...parity!, head, weight: 0 }
              : { ...parity!, head, bound: { atMost, tolerance: 0, measuredBy: undefined } },
          ] as const,
        ]),
      ),
      evaluation: {
        ...evaluation,
        everyRounds: 300,
        parts: ["train", "test"],
        metrics: Object.fromEntries(heads.map(({ name }) => [`income-${name}`, evaluation.metrics["income"]!])),
      },
    });
    const rows = heads.map(({ atMost, name }) => ({
      atMost,
      train: metrics[`parity-${name}/train/loss`]!,
      test: metrics[`parity-${name}/test/loss`]!,
      accuracy: metrics[`income-${name}/test/accuracy`]!,
    }));
    writeTable(
      "adult-parity",
      [
        "bound",
        "gap on training rows",
        "gap on held-out rows",
        "accuracy on held-out rows",
        `kept within ${String(tolerance)}`,
      ],
      rows.map(({ atMost, train, test: gap, accuracy }) => [
        atMost === undefined ? "none" : String(atMost),
        train.toFixed(4),
        gap.toFixed(4),
        accuracy.toFixed(4),
        atMost === undefined ? "" : gap <= atMost + tolerance ? "yes" : "no",
      ]),
    );
    expect(Math.abs(rows[0]!.accuracy - 0.8519)).toBeLessThan(0.003); // scikit-learn's logistic regression
    for (const { atMost, test: gap } of rows.slice(1)) expect(gap).toBeLessThanOrEqual(atMost! + tolerance);
  },
);

const school = realData("school_ilea", ["school.csv.gz"]);
const arms = [
  ["FedAvg", "{ kind: denominators }"],
  ["uniform", "{ kind: uniform }"],
  ["q-FFL, q = 0.5", "{ kind: q-fair, q: 0.5 }"],
  ["q-FFL, q = 1", "{ kind: q-fair, q: 1 }"],
  ["q-FFL, q = 2", "{ kind: q-fair, q: 2 }"],
  ["q-FFL, q = 5", "{ kind: q-fair, q: 5 }"],
  ["AFL, rate 0.001", "{ kind: agnostic, learningRate: 0.001 }"],
  ["AFL, rate 0.01", "{ kind: agnostic, learningRate: 0.01 }"],
  ["TERM, t = 1", "{ kind: tilted, t: 1 }"],
] as const;
const seeds = [1, 2, 3];

/** The exam scores in units of their spread over all pupils, so that q and the rates mean what they mean elsewhere. */
function standardScores(): { readonly folder: string; readonly features: readonly string[] } {
  const [header, ...lines] = gunzipSync(readFileSync(school.path("school.csv.gz")))
    .toString("utf8")
    .trim()
    .split("\n");
  const rows = lines.map((line) => line.split(","));
  const scores = rows.map((row) => Number(row.at(-1)));
  const [centre, unit] = [mean(scores), deviation(scores)];
  const folder = mkdtempSync(join(tmpdir(), "tributary-school-"));
  const scaled = rows.map((row, i) => [...row.slice(0, -1), (scores[i]! - centre) / unit].join(","));
  writeFileSync(join(folder, "school.csv"), [header, ...scaled].join("\n"));
  return { folder, features: header!.split(",").slice(1, -2) }; // the last feature is constant
}

describe.skipIf(!sweep || school.absent)(school.title("139 schools"), () => {
  test("q-FFL or AFL makes the worst tenth of them better off", { timeout: 3_600_000 }, async () => {
    const { folder, features } = standardScores();
    const found = new Map<string, { worst: number[]; all: number[]; variance: number[] }>();
    for (const [name, shares] of arms) {
      const own = { worst: [] as number[], all: [] as number[], variance: [] as number[] };
      for (const seed of seeds) {
        const text = `tributary: 1
name: school
seed: ${String(seed)}
data: { features: { numeric: [${features.join(", ")}] }, targets: { score: { column: score } }, standardize: global, split: { test: 0.25 } }
model: { heads: { score: 1 }, initial: { kind: zeros } }
objectives: { score: { head: score, target: score, loss: mse } }
federation: { mode: update, rounds: 60, shares: ${shares}, local: { optimizer: { kind: sgd, learningRate: 0.01 }, epochs: 1, batchSize: full } }
evaluation: { everyRounds: 60, parts: [test] }
simulation: { data: school.csv, partition: { kind: natural, column: school } }
`;
        const { clients } = await simulateHere(decodeExperiment("school.yaml", text, { folder }), {
          baseDirectory: folder,
        });
        const losses = clients.map(({ scores }) => scores["score"]!.test!.loss!).sort((a, b) => b - a);
        own.worst.push(mean(losses.slice(0, Math.ceil(losses.length / 10))));
        own.all.push(mean(losses));
        own.variance.push(deviation(losses));
      }
      found.set(name, own);
      process.stderr.write(`${name} ${spread(own.worst)} ${spread(own.all)}\n`);
    }
    const plain = found.get("FedAvg")!;
    writeTable(
      "school",
      [
        "clients count by",
        "worst tenth of schools, mse",
        "beside FedAvg",
        "mean over schools",
        "deviation over schools",
      ],
      [...found].map(([name, { worst, all, variance }]) => [
        name,
        spread(worst),
        name === "FedAvg" ? "" : `${(100 * (mean(worst) / mean(plain.worst) - 1)).toFixed(1)} %`,
        spread(all),
        spread(variance),
      ]),
    );
    const best = Math.min(
      ...[...found].filter(([name]) => /^(q-FFL|AFL)/.test(name)).map(([, { worst }]) => mean(worst)),
    );
    expect(best).toBeLessThan(mean(plain.worst));
  });
});
