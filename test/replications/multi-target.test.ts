/**
 * Every weighting against a tuned sum, on multi-target regression sets: m = 2, 8 and 14 heads over one trunk.
 *
 *     TRIBUTARY_DATA=… TRIBUTARY_SWEEP=1 npx vitest run --config .ci/vitest.config.ts test/replications/multi-target.test.ts
 *
 * TRIBUTARY_SETS=enb,wq runs some of the sets. Each seed has a split of its own and a start of its own. Every method is tuned alike: its rate
 * is the best of its set's on rows held back for it, over the first seeds; the sum's weights are tuned on the same rows. All that is then done
 * on the test rows is to report, for each seed, and to pair.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { weightings } from "../../shared/objectives/catalogue.ts";
import { Random } from "../../shared/random.ts";
import { realData } from "../support/real-data.ts";
import { simulateHere } from "../support/scene.ts";
import { deviation, mean, spread, sweep, writeTable } from "./tables.ts";

interface Plan {
  readonly targets: number;
  readonly seeds: number;
  /** Of them, those that rates and weights are chosen by. */
  readonly choosing: number;
  readonly rows: number;
  /** What each method's rate is the best of. */
  readonly rates: readonly number[];
}

const plans = {
  enb: { targets: 2, seeds: 6, choosing: 3, rows: 768, rates: [0.02, 0.05, 0.1, 0.2] },
  wq: { targets: 14, seeds: 3, choosing: 1, rows: 1060, rates: [0.002, 0.006, 0.02] },
  rf1: { targets: 8, seeds: 3, choosing: 1, rows: 1200, rates: [0.02, 0.08, 0.3] },
} as const satisfies Readonly<Record<string, Plan>>;
type SetName = keyof typeof plans;
const wanted = (process.env["TRIBUTARY_SETS"]?.split(",") ?? Object.keys(plans)) as SetName[];
const rounds = 100;

/** Complete rows, the targets last. */
function readArff(path: string): number[][] {
  const text = readFileSync(path, "utf8");
  const lines = text.slice(text.toLowerCase().indexOf("@data") + 5).split("\n");
  const rows = lines
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map((cell) => (cell.trim() === "?" ? NaN : Number(cell))));
  return rows.filter((row) => row.every(Number.isFinite));
}

/** The files of a seed, and the mean square of each target on the rows that are looked at: what the training mean would lose. */
interface Cut {
  readonly folder: string;
  readonly features: number;
  readonly seed: number;
  readonly squares: Readonly<Record<Part, readonly number[]>>;
}
type Part = "test" | "choose";

/** A quarter held out, a fifth of the rest for choosing; targets in units of their spread among the training rows. */
function cutOf(set: SetName, all: readonly number[][], seed: number): Cut {
  const { targets, rows: most } = plans[set];
  const rows = Random.seeded(seed)
    .fork(set)
    .shuffle([...all])
    .slice(0, most);
  const features = rows[0]!.length - targets;
  const [test, choose] = [Math.floor(rows.length / 4), Math.floor(rows.length * 0.4)];
  const training = rows.slice(choose);
  const units = Array.from({ length: targets }, (_, t) => {
    const values = training.map((row) => row[features + t]!);
    return { centre: mean(values), deviation: deviation(values) || 1 };
  });
  const folder = mkdtempSync(join(tmpdir(), "tributary-weightings-"));
  const header = [
    ...Array.from({ length: features }, (_, i) => `x${String(i)}`),
    ...Array.from({ length: targets }, (_, t) => `y${String(t)}`),
  ].join(",");
  const scaled = (row: readonly number[]): number[] =>
    row.map((value, i) =>
      i < features ? value : (value - units[i - features]!.centre) / units[i - features]!.deviation,
    );
  const write = (name: string, some: readonly number[][]): number[] => {
    const lines = some.map(scaled);
    writeFileSync(join(folder, `${name}.csv`), [header, ...lines.map((line) => line.join(","))].join("\n"));
    return units.map((_, t) => mean(lines.map((line) => line[features + t]! * line[features + t]!)));
  };
  const squares = { test: write("test", rows.slice(0, test)), choose: write("choose", rows.slice(test, choose)) };
  for (const k of [0, 1, 2]) {
    const own = training.filter((_, i) => i % 3 === k);
    write(`client-${String(k)}`, own);
  }
  return { folder, features, seed, squares };
}

interface Arm {
  readonly weighting: string;
  readonly rate: number;
}

/** aRRMSE: √(loss / loss of predicting the training mean), meaned over the targets; 1 is no better than the mean. */
async function relativeError(set: SetName, cut: Cut, { weighting, rate }: Arm, part: Part): Promise<number> {
  const names = Array.from({ length: plans[set].targets }, (_, t) => `y${String(t)}`);
  const columns = Array.from({ length: cut.features }, (_, i) => `x${String(i)}`);
  const text = [
    "tributary: 1",
    `name: ${set}`,
    `seed: ${String(cut.seed)}`,
    "precision: float32",
    `data: { standardize: global, features: { numeric: [${columns.join(", ")}] }, targets: { ${names.map((name) => `${name}: { column: ${name} }`).join(", ")} } }`,
    `model: { trunk: { kind: mlp, units: [32] }, heads: { ${names.map((name) => `${name}: 1`).join(", ")} }, initial: { kind: glorot-uniform } }`,
    `objectives: { ${names.map((name) => `${name}: { head: ${name}, target: ${name}, loss: mse }`).join(", ")} }`,
    `weighting: ${weighting}`,
    `federation: { mode: gradient, rounds: ${String(rounds)}, serverOptimizer: { kind: adam, learningRate: ${String(rate)} } }`,
    `evaluation: { everyRounds: ${String(rounds)}, parts: [test] }`,
    `simulation: { clients: { a: client-0.csv, b: client-1.csv, c: client-2.csv }, test: ${part}.csv }`,
  ].join("\n");
  const { objectives, stopReason } = await simulateHere(decodeExperiment(`${set}.yaml`, text, { folder: cut.folder }), {
    baseDirectory: cut.folder,
  });
  if (stopReason !== "rounds") return Infinity;
  return mean(names.map((name, t) => Math.sqrt((objectives[name]?.test?.loss ?? Infinity) / cut.squares[part][t]!)));
}

/** Sums to choose from: even, and some targets counted thrice or a third as much, for two of them also ten times. */
function candidateSums(targets: number): string[] {
  const factors = targets === 2 ? [3, 10] : [3, 1 / 3];
  const uneven = Array.from({ length: targets }, (_, t) =>
    factors.map((weight) => `{ method: fixed, weights: { y${String(t)}: ${String(weight)} } }`),
  );
  return ["{ method: fixed }", ...uneven.flat().slice(0, 8)];
}

const armsOf = (set: SetName, sums: readonly string[]): Arm[] =>
  sums.flatMap((weighting) => plans[set].rates.map((rate) => ({ weighting, rate })));

async function bestOf(set: SetName, cuts: readonly Cut[], arms: readonly Arm[]): Promise<Arm> {
  const found: { arm: Arm; error: number }[] = [];
  for (const arm of arms) {
    const errors: number[] = [];
    for (const cut of cuts) errors.push(await relativeError(set, cut, arm, "choose"));
    found.push({ arm, error: mean(errors) });
  }
  return found.reduce((best, one) => (one.error < best.error ? one : best)).arm;
}

/** Beside the tuned sum, seed by seed: the mean difference, and whether it is more than two of its standard errors. */
function beside(errors: readonly number[], sums: readonly number[]): string {
  const differences = errors.map((error, i) => error - sums[i]!);
  const [off, standard] = [mean(differences), deviation(differences) / Math.sqrt(differences.length)];
  if (!Number.isFinite(off)) return "diverged";
  const share = `${off < 0 ? "−" : "+"}${((100 * Math.abs(off)) / mean(sums)).toFixed(1)} %`;
  if (Math.abs(off) <= 2 * standard) return `${share}, within two standard errors`;
  return `${share}, ${off < 0 ? "better" : "worse"}`;
}

describe.skipIf(!sweep)("weightings beside a tuned sum", () => {
  for (const set of wanted) {
    const data = realData("multi_target", [`${set}.arff`]);
    test.skipIf(data.absent)(data.title(`on ${set}`), { timeout: 7_200_000 }, async () => {
      const { targets, seeds, choosing } = plans[set];
      const all = readArff(data.path(`${set}.arff`));
      const cuts = Array.from({ length: seeds }, (_, i) => cutOf(set, all, i + 1));
      const held = cuts.slice(0, choosing);
      const errorsOf = async (arm: Arm): Promise<number[]> => {
        const errors: number[] = [];
        for (const cut of cuts) errors.push(await relativeError(set, cut, arm, "test"));
        return errors;
      };
      const arms = armsOf(set, candidateSums(targets));
      const tuned = await bestOf(set, held, arms);
      const sums = await errorsOf(tuned);
      const equal = JSON.stringify(Object.fromEntries(Array.from({ length: targets }, (_, t) => [`y${String(t)}`, 1])));
      const results = [{ name: "**tuned sum**", rate: tuned.rate, errors: sums }];
      for (const method of Object.keys(weightings)) {
        const weighting = method === "weighted" ? `{ method: weighted, weights: ${equal} }` : `{ method: ${method} }`;
        const arm = await bestOf(set, held, armsOf(set, [weighting]));
        results.push({ name: method, rate: arm.rate, errors: await errorsOf(arm) });
        process.stderr.write(`${set} ${method} ${spread(results.at(-1)!.errors)}\n`);
      }
      const sorted = results.toSorted((a, b) => mean(a.errors) - mean(b.errors));
      const place = sorted.findIndex(({ errors }) => errors === sums) + 1;
      writeTable(
        `multi-target-${set}`,
        ["weighting", "rate", "aRRMSE on test rows", "beside the tuned sum"],
        sorted.map(({ name, rate, errors }) => [
          name,
          String(rate),
          spread(errors),
          errors === sums ? "" : beside(errors, sums),
        ]),
        `The tuned sum is \`${tuned.weighting}\`, the best of ${String(arms.length)} on rows held back for it: place ${String(place)} of ${String(sorted.length)}.`,
      );
      expect(sorted.filter(({ errors }) => mean(errors) < 1).length).toBeGreaterThan(20);
    });
  }
});
