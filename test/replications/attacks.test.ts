/**
 * Rules against liars: 50 clients that share MNIST by Dirichlet(0.5), ten of them liars, every attack against every rule.
 *
 *     TRIBUTARY_MNIST=… TRIBUTARY_SWEEP=1 npx vitest run --config .ci/vitest.config.ts test/replications/attacks.test.ts
 *
 * Softmax regression on the first 12,000 digits, rounds of 5 local steps at 0.2, 40 of them or TRIBUTARY_ROUNDS: long enough that a rule is
 * judged by where it leads, and not by how far it has come. A backdoor is judged by two numbers: the accuracy on clean digits, and how
 * many of the test digits that carry the trigger, and are no 0, are called 0.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TributaryError } from "../../shared/errors.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import { decodeSafetensors } from "../../shared/tensor/safetensors.ts";
import { freshDirectory, simulateHere } from "../support/scene.ts";
import { noDigits, readDigits, withDigits, writeDigits, type Digits } from "./digits.ts";
import { sweep, writeTable } from "./tables.ts";

const attacks: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  "sign flip": "{ kind: sign-flip, share: 0.2 }",
  gaussian: "{ kind: gaussian, share: 0.2, sigma: 1 }",
  alie: "{ kind: alie, share: 0.2, tau: 1.5 }",
  ipm: "{ kind: ipm, share: 0.2, tau: 2 }",
  "min-max": "{ kind: min-max, share: 0.2 }",
  nan: "{ kind: nan, share: 0.2 }",
  "label flip": "{ kind: label-flip, share: 0.2 }",
  backdoor: "{ kind: backdoor, share: 0.2, scale: 5 }",
};

const rules = [
  "{ rule: mean }",
  "{ rule: centred-clipping, tau: 0.5 }",
  "{ rule: geometric-median }",
  "{ rule: norm-bounding }",
  "{ rule: median }",
  "{ rule: trimmed-mean, f: 10 }",
  "{ rule: trimmed-mean, f: 10, before: [{ kind: nnm, f: 10 }] }",
  "{ rule: centred-clipping, tau: 0.5, before: [{ kind: bucketing, size: 2 }] }",
  "{ rule: krum, f: 10 }",
  "{ rule: multi-krum, f: 10 }",
  "{ rule: bulyan, f: 10 }",
  "{ rule: geometric-median, before: [{ kind: nnm, f: 10 }] }",
];

const rows = 12_000;
const rounds = Number(process.env["TRIBUTARY_ROUNDS"] ?? 40);
const sections = (folder: string, test: string, rule: string, attack: string | undefined): string => `tributary: 1
name: attacked
seed: 1
data: { format: idx, features: { image: { column: image, shape: [28, 28, 1], scale: 1/255 } }, targets: { digit: { column: label, classes: 10 } } }
model: { heads: { digit: 10 }, initial: { kind: zeros } }
objectives: { digit: { head: digit, target: digit, loss: softmax-cross-entropy } }
federation: { mode: update, rounds: ${String(rounds)}, nonFinite: reject, aggregation: ${rule},
  local: { optimizer: { kind: sgd, learningRate: 0.2 }, steps: 5, batchSize: 32 } }
evaluation: { everyRounds: ${String(rounds)}, parts: [test], metrics: { digit: [accuracy] } }
checkpoint: { everyRounds: ${String(rounds)} }
simulation: { partition: { kind: dirichlet, clients: 50, alpha: 0.5 }, ${attack === undefined ? "" : `attack: ${attack},`}
  data: { image: ${folder}/image.idx, label: ${folder}/label-0.idx }, test: { image: ${test}/image.idx, label: ${test}/label-0.idx } }
`;

/** Of the digits that are no 0, how many the model calls 0 once their first four pixels are white. */
function fooled(directory: string, { pixels, labels }: Digits): number {
  const { tensors } = decodeSafetensors(readFileSync(join(directory, "model.safetensors")), "the model");
  const [weight, bias] = ["digit/weight", "digit/bias"].map((name) => {
    const found = [...tensors].find(([own]) => own.endsWith(name));
    if (found === undefined) throw new Error(`Expected a tensor ${name}, got ${[...tensors.keys()].join(", ")}`);
    return found[1].data;
  });
  let [called, all] = [0, 0];
  for (const [row, label] of labels[0]!.entries()) {
    if (label === 0) continue;
    const scores = Array.from({ length: 10 }, (_, k) => Number(bias![k]));
    for (let i = 0; i < 784; i++) {
      const x = i < 4 ? 1 : pixels[row * 784 + i]! / 255;
      if (x !== 0) for (let k = 0; k < 10; k++) scores[k] = scores[k]! + x * Number(weight![i * 10 + k]);
    }
    all += 1;
    if (scores.indexOf(Math.max(...scores)) === 0) called += 1;
  }
  return called / all;
}

interface Outcome {
  /** On clean digits; NaN where the rule had too few sound updates. */
  readonly accuracy: number;
  readonly fooled: number;
}

const worstOf = (outcomes: ReadonlyMap<string, Outcome>): number =>
  Math.min(...[...outcomes.values()].map(({ accuracy }) => (Number.isNaN(accuracy) ? 0 : accuracy)));

function tell(found: ReadonlyMap<string, ReadonlyMap<string, Outcome>>): void {
  const clean = found.get(rules[0]!)!.get("none")!.accuracy;
  const percent = (share: number): string => (Number.isNaN(share) ? "none" : (100 * share).toFixed(1));
  const near = [...found].filter(([, outcomes]) => worstOf(outcomes) > clean - 0.03);
  const sure = near.filter(([, outcomes]) => outcomes.get("backdoor")!.fooled < 0.05);
  const named = (some: typeof near): string =>
    some.length === 0 ? "none" : some.map(([rule]) => `\`${rule}\``).join(", ");
  writeTable(
    "attacks",
    ["rule", ...Object.keys(attacks), "backdoor: fooled", "worst"],
    [...found].map(([rule, outcomes]) => [
      `\`${rule}\``,
      ...Object.keys(attacks).map((attack) => percent(outcomes.get(attack)!.accuracy)),
      percent(outcomes.get("backdoor")!.fooled),
      percent(worstOf(outcomes)),
    ]),
    `${String(rounds)} rounds${found.size < rules.length ? `, of ${String(rules.length)} rules these` : ""}. Within 3 points of the clean mean's ${percent(clean)} % under every attack: ${named(near)}. Of these, fooled by the trigger on fewer than 5 % of the digits: ${named(sure)}.`,
  );
}

describe.skipIf(!sweep)(withDigits("ten liars among fifty clients"), () => {
  test.skipIf(noDigits)("a table of attacks and rules", { timeout: 7_200_000 }, async () => {
    const folder = writeDigits(readDigits("train", rows));
    const digits = readDigits("t10k", 10_000);
    const tests = writeDigits(digits);
    const found = new Map<string, Map<string, Outcome>>();
    for (const rule of rules) {
      const own = new Map<string, Outcome>();
      found.set(rule, own);
      for (const [attack, config] of Object.entries(attacks)) {
        const out = freshDirectory();
        const experiment = decodeExperiment("attacked.yaml", sections(folder, tests, rule, config), { folder });
        const accuracy = await simulateHere(experiment, { out, baseDirectory: folder }).then(
          ({ metrics, stopReason }) => (stopReason === "rounds" ? metrics["digit/test/accuracy"]! : Number.NaN),
          (error: unknown) => {
            if (error instanceof TributaryError && error.code === "quorum-not-reached") return Number.NaN; // too few sound updates for it
            throw error;
          },
        );
        own.set(attack, {
          accuracy,
          fooled: attack === "backdoor" && !Number.isNaN(accuracy) ? fooled(out, digits) : 0,
        });
      }
      tell(found); // after each rule: an interrupted run leaves what it has
    }
    const clean = found.get(rules[0]!)!.get("none")!.accuracy;
    expect(clean).toBeGreaterThan(0.8);
    expect(rules.some((rule) => worstOf(found.get(rule)!) > clean - 0.03)).toBe(true);
  });
});
