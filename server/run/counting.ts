import { defineProgram, graphOf } from "../../shared/graph/define-program.ts";
import type { Program } from "../../shared/graph/program.ts";
import { inOrder } from "../../shared/graph/graph.ts";

/**
 * The part of an evaluation program that counts: denominators, counts and ignored units. It reads weights and perhaps targets, not
 * the model, so that clients can say what they weigh before there is anything to train.
 */
export function countingProgram(evaluation: Program): Program {
  const graph = graphOf(evaluation).outputs;
  const outputs = Object.fromEntries(
    Object.entries(graph).filter(([name]) => /^objective\/[^/]+\/(denominator|count|ignored)$/.test(name)),
  );
  const read = new Set(
    inOrder(Object.values(outputs)).flatMap(({ operation, attributes }) =>
      operation === "input" ? [String(attributes["name"])] : [],
    ),
  );
  return defineProgram({ inputs: evaluation.inputs.filter(({ name }) => read.has(name)), outputs });
}
