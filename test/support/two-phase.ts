/** The two phases of a loss of sums, as clients and a coordinator would go through them. */
import { input } from "../../shared/graph/build.ts";
import { gradient } from "../../shared/graph/gradient.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../shared/kernels/reference.ts";
import type { InputValues } from "../../shared/losses/inputs.ts";
import type { SumsLoss } from "../../shared/losses/loss.ts";
import { linearized, sumsOutputs } from "../../shared/objectives/objective.ts";
import { outerFunction, type OuterValue } from "../../shared/objectives/outer.ts";
import { nodesOf, slopesOf, type Trial } from "../../shared/objectives/trial.ts";
import type { Batch } from "./loss-batch.ts";

/** F and λ at the sums of several clients together. */
export function betweenPhases(loss: SumsLoss, clients: readonly Trial[], heap: Heap): OuterValue {
  const shapes = Object.fromEntries(Object.entries(clients[0]!.sums!).map(([name, { shape }]) => [name, shape]));
  const total = (name: string): number[] =>
    clients.map(({ sums }) => [...sums![name]!.data]).reduce((a, b) => a.map((x, i) => x + b[i]!));
  const sums = Object.fromEntries(Object.keys(shapes).map((name) => [name, total(name)]));
  return outerFunction(loss, shapes, heap)(sums);
}

/** Σ λ·∇S of one client, for each input that comes from the model. */
export function secondPhase(
  loss: SumsLoss,
  batch: Batch,
  weights: readonly number[],
  multipliers: OuterValue["multipliers"],
): Readonly<Record<string, InputValues>> {
  const nodes = nodesOf(loss, batch);
  const weight = input("weight", [weights.length]);
  const { sums } = sumsOutputs(loss, nodes, weight);
  const named = Object.entries(sums).map(([sum, { shape }]) => {
    const name = `multiplier/${sum}`;
    return { sum, name, node: input(name, shape) };
  });
  const lambda = Object.fromEntries(named.map(({ sum, node }) => [sum, node]));
  const names = slopesOf(loss, batch);
  const slopes = gradient(
    linearized(sums, lambda),
    names.map((name) => nodes[name]!),
  );
  const given = {
    ...Object.fromEntries(Object.keys(batch).map((name) => [name, nodes[name]!])),
    weight,
    ...Object.fromEntries(named.map(({ name, node }) => [name, node])),
  };
  const program = defineProgram({
    inputs: Object.entries(given).map(([name, { shape, dtype }]) => ({ name, role: "batch", shape, dtype }) as const),
    outputs: Object.fromEntries(names.map((name, i) => [name, slopes[i]!])),
  });
  const engine = createReferenceEngine(program);
  for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
  engine.input("weight").set(weights);
  for (const [name, data] of Object.entries(multipliers)) engine.input(`multiplier/${name}`).set(data);
  engine.run();
  return Object.fromEntries(names.map((name) => [name, { ...batch[name]!, data: [...engine.output(name)] }]));
}
