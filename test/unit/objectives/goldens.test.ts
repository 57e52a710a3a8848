/** Every golden of the objective axis, through the same door as `tributary combine`. Provenance: test/golden/objectives/README.md. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { answerCombine, type CombineAnswer } from "../../../shared/objectives/combine-request.ts";

interface Golden {
  readonly cases: readonly {
    readonly id: string;
    readonly jacobian: number[][];
    readonly paretoStationary: boolean;
    readonly results: readonly { method: string; options: object; weights: number[] | null; direction: number[] }[];
  }[];
  readonly scalarizations: readonly {
    method: string;
    options: object;
    losses: number[];
    value: number;
    gradient: number[];
  }[];
  readonly stateful: readonly Readonly<Record<string, unknown>>[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../golden/objectives/aggregators.json", import.meta.url), "utf8"),
) as Golden;

const length = (row: readonly number[]): number => Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
const near = (got: readonly number[] | null, wanted: readonly number[], tolerance: number, what: string): void => {
  expect(got?.length, what).toBe(wanted.length);
  wanted.forEach((x, i) => {
    expect(Math.abs(got![i]! - x), `${what}[${i}]: ${got![i]}, golden ${x}`).toBeLessThanOrEqual(tolerance);
  });
};

describe.each(golden.cases)("$id", ({ jacobian, results }) => {
  const longest = Math.max(...jacobian.map(length));
  test.each(results)(
    "$method $options gives the golden direction and weights",
    ({ method, options, weights, direction }) => {
      const answer = answerCombine({ method, options, jacobian });
      near(answer.direction, direction, 1e-8 * longest, "direction");
      if (weights !== null && answer.weights !== null)
        near(answer.weights, weights, 1e-8 * Math.max(1, ...weights.map(Math.abs)), "weights");
    },
  );
});

test.each(golden.scalarizations)(
  "$method $options of $losses has the golden value and slopes",
  ({ method, options, losses, value, gradient }) => {
    const answer = answerCombine({ method, options, losses });
    expect(answer.direction).toBeNull();
    expect(answer.value).toBeCloseTo(value, 10);
    near(answer.weights, gradient, 1e-9, "slopes");
  },
);

describe("methods with a state, step by step", () => {
  const stateful = (method: string): Readonly<Record<string, never>> =>
    golden.stateful.find((one) => one["method"] === method)! as never;
  const inTurn = (requests: readonly object[]): CombineAnswer => {
    let answer: CombineAnswer | undefined;
    for (const request of requests) answer = answerCombine({ ...request, state: answer?.state ?? null });
    return answer!;
  };

  test("dwa weighs the third round by the ratio of the two before", () => {
    const { options, input, weights } = stateful("dwa") as unknown as Stateful;
    const losses = [input["lossPrevious2"], input["lossPrevious1"], [9, 9, 9]];
    near(inTurn(losses.map((own) => ({ method: "dwa", options, losses: own }))).weights, weights, 1e-12, "weights");
  });

  test("grad-norm pulls the lengths together from the second round on", () => {
    const { options, input, weights } = stateful("grad-norm") as unknown as Stateful;
    const jacobian = input["jacobian"];
    const losses = [input["initialLosses"], input["losses"]];
    near(
      inTurn(losses.map((own) => ({ method: "grad-norm", options, jacobian, losses: own }))).weights,
      weights,
      1e-12,
      "weights",
    );
  });

  test("famo descends its logits by how fast each logarithm fell", () => {
    const { options, trace } = stateful("famo") as unknown as { options: object; trace: FamoStep[] };
    let state: unknown = null;
    for (const { lossesBefore, lossWeights } of trace) {
      const answer = answerCombine({ method: "famo", options, losses: lossesBefore, state });
      near(answer.weights, lossWeights, 1e-12, "weights");
      state = answer.state;
    }
    const last = trace.at(-1)!;
    const { xi } = answerCombine({ method: "famo", options, losses: last.lossesAfter, state }).state as { xi: object };
    near(Object.values(xi), last.xiAfter, 1e-12, "ξ");
  });

  test("db-mtl brings the gradients of logarithms to the longest", () => {
    const { options, input, direction } = stateful("db-mtl") as unknown as Stateful;
    near(
      inTurn([{ method: "db-mtl", options, jacobian: input["logLossJacobian"] }]).direction,
      direction,
      1e-12,
      "direction",
    );
  });

  test("afl climbs from the golden mixture", () => {
    const { options, input, weights } = stateful("afl") as unknown as Stateful;
    near(inTurn([{ method: "afl", options, losses: input["losses"] }]).weights, weights, 1e-12, "weights");
  });
});

interface Stateful {
  readonly options: object;
  readonly input: Readonly<Record<string, number[]>>;
  readonly weights: number[];
  readonly direction: number[];
}
interface FamoStep {
  readonly lossesBefore: number[];
  readonly lossesAfter: number[];
  readonly lossWeights: number[];
  readonly xiAfter: number[];
}
