/** The distance through a frozen extractor: linear by hand, deep beside the same layers in plain arithmetic, and refused when it is another. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { losses } from "../../../shared/losses/catalogue.ts";
import { encodeExtractor, extractorHash, type ExtractorLayer } from "../../../shared/losses/perceptual/extractor.ts";
import type { Trial } from "../../../shared/objectives/trial.ts";
import { runLoss, type Batch } from "../../support/loss-batch.ts";

interface Linear {
  readonly kind: string;
  readonly W: readonly (readonly number[])[];
  readonly prediction: readonly number[];
  readonly target: readonly number[];
  readonly num: number;
  readonly den: number;
  readonly gradOfNum: readonly number[];
}
const misc = new URL("../../golden/losses/misc.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(misc, "utf8")) as { cases: readonly Linear[] };

const folder = mkdtempSync(join(tmpdir(), "extractor-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Tensors = Readonly<Record<string, readonly [shape: readonly number[], data: readonly number[]]>>;

/** Writes an extractor and names it as an option. */
function written(name: string, layers: readonly ExtractorLayer[], tensors: Tensors): { file: string; hash: string } {
  const named = Object.entries(tensors).map(
    ([tensor, [shape, data]]) => [tensor, { shape, data: Float64Array.from(data) }] as const,
  );
  const bytes = encodeExtractor(layers, new Map(named));
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return { file, hash: extractorHash(bytes) };
}

const batchOf = (shape: readonly number[], prediction: readonly number[], target: readonly number[]): Batch => ({
  prediction: { dtype: "real", shape, data: prediction },
  target: { dtype: "real", shape, data: target },
});
const slopes = ({ gradients }: Trial): readonly number[] => gradients["prediction"]!.data;

test("through one linear layer it is 2Wᵀ W(p − y)", () => {
  const { W, prediction, target, num, den, gradOfNum } = cases.find(({ kind }) => kind === "feature-distance-linear")!;
  const columns = W[0]!.flatMap((_, i) => W.map((row) => row[i]!)); // φ(x) = x·Wᵀ
  const extractor = written("linear", [{ kind: "dense", name: "only", activation: "none" }], {
    "only/weight": [[3, 2], columns],
  });
  const seen = runLoss(losses["feature-distance"].bind({ extractor }), batchOf([1, 3], prediction, target));
  expect([seen.numerator, seen.denominator]).toEqual([num, den]);
  expect(slopes(seen)).toEqual(gradOfNum);
});

test("through nothing it is the squared error", () => {
  const batch = batchOf([2, 3], [1, -2, 0.5, 3, 0, 1], [0, 1, 0.5, 2, -1, 4]);
  const [seen, wanted] = [losses["feature-distance"].bind(), losses.mse.bind()].map((loss) =>
    runLoss(loss, batch, [1, 2]),
  );
  expect([seen!.numerator, seen!.denominator, ...slopes(seen!)]).toEqual([
    wanted!.numerator,
    wanted!.denominator,
    ...slopes(wanted!),
  ]);
});

describe("through a convolution and a dense layer", () => {
  const filter = [0.5, -1, 2, 0.25];
  const weight = [1, -1, 0.5, 2];
  const extractor = written(
    "deep",
    [
      { kind: "convolution", name: "0", padding: "valid" },
      { kind: "dense", name: "1", activation: "none" },
    ],
    { "0/weight": [[2, 2, 1, 1], filter], "0/bias": [[1], [0.125]], "1/weight": [[4, 1], weight] },
  );
  const [p, y] = [
    [1, 0, 2, -1, 0.5, 1, 0, 2, 1],
    [0, 1, 1, 1, -0.5, 0, 2, 1, -1],
  ] as const;
  /** The same by loops over a 3 × 3 image. */
  const features = (x: readonly number[]): readonly [number[], number] => {
    const first = [0, 1, 3, 4].map((at) =>
      Math.max(0, 0.125 + [0, 1, 3, 4].reduce((sum, off, i) => sum + filter[i]! * x[at + off]!, 0)),
    );
    return [first, first.reduce((sum, one, i) => sum + weight[i]! * one, 0)];
  };
  const [first, second] = [features(p), features(y)];
  const near = first[0].reduce((sum, one, i) => sum + (one - second[0][i]!) ** 2, 0) / 4;
  const far = (first[1] - second[1]) ** 2;
  const run = (layerWeights?: readonly number[]): Trial =>
    runLoss(
      losses["feature-distance"].bind({ extractor, ...(layerWeights && { layerWeights }) }),
      batchOf([1, 3, 3, 1], p, y),
    );

  test("it is the mean of the layers' mean squares, weighed as asked", () => {
    expect(run().value).toBeCloseTo((near + far) / 2, 13);
    expect(run([3, 0.5]).value).toBeCloseTo((3 * near + 0.5 * far) / 2, 13);
  });
  test("layers without a weight of their own are refused", () => {
    expect(() => run([1])).toThrow("feature-distance.layerWeights: expected one for each of 2 layers, got 1");
  });
  test("another file under the same name is refused, and so is none", () => {
    const other = { file: extractor.file, hash: `sha256:${"0".repeat(64)}` };
    const batch = batchOf([1, 3, 3, 1], p, y);
    expect(() => runLoss(losses["feature-distance"].bind({ extractor: other }), batch)).toThrow(
      `expected the extractor of the hash ${other.hash}, got ${extractor.hash}`,
    );
    const missing = { ...extractor, file: join(folder, "none") };
    expect(() => runLoss(losses["feature-distance"].bind({ extractor: missing }), batch)).toThrow("expected a file at");
  });
});

test("an extractor without the weights of a layer is refused", () => {
  const extractor = written("hollow", [{ kind: "dense", name: "a" }], {});
  const batch = batchOf([1, 1], [1], [0]);
  expect(() => runLoss(losses["feature-distance"].bind({ extractor }), batch)).toThrow(
    'expected the tensor "a/weight"',
  );
});
