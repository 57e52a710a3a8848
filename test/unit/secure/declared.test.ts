import { expect, test } from "vitest";
import { mustBeAsDeclared } from "../../../client/secure/declared.ts";
import type { Task } from "../../../shared/protocol/task.ts";
import { example } from "../../support/network.ts";

const experiment = example("heart-secure.yaml"); // evaluations in the clear, and nothing else
const { clip, levels, threshold } = experiment.federation.secureSums!;
const parameters = new Float32Array(0);
const train: Task = { kind: "train", round: 1, parameters, learningRate: 1, totals: [1] };
const evaluate: Task = { kind: "evaluate", parameters, part: "test" };

test("a coordinator that declared secure sums and assigns none, or weaker ones, is refused", () => {
  expect(() => {
    mustBeAsDeclared(experiment, {}, train);
  }).toThrow(/were declared with {"clip":1,.*}, and are assigned with nothing: refused/);
  expect(() => {
    mustBeAsDeclared(experiment, { secureSums: { clip, levels, threshold: 0.51 } }, train);
  }).toThrow(/assigned with .*"threshold":0.51}: refused/);
});

test("a task that would have more told than was declared is refused; what was declared is not", () => {
  const assignment = { secureSums: { clip, levels, threshold } };
  const refused = (task: Task): (() => void) => {
    return () => {
      mustBeAsDeclared(experiment, assignment, task);
    };
  };
  expect(refused({ kind: "statistics" })).toThrow(/statistics of this client's own rows .* \(evaluations\): refused/);
  expect(refused({ kind: "sums", round: 1, parameters })).toThrow(/sums of this client's own rows/);
  for (const task of [train, evaluate, { kind: "prepare" } as const]) expect(refused(task)).not.toThrow();
});

test("where nothing was declared nothing is held to", () => {
  expect(() => {
    mustBeAsDeclared(example("heart-disease.yaml"), {}, { kind: "statistics" });
  }).not.toThrow();
});
