/**
 * Steps: a program as a plan sees it. Aliases (reshape, stopGradient) are gone, since they only rename storage; some operations are
 * written in a form that runs faster (rewrite.ts); what no output needs is gone; and the order is the one in which things will run.
 *
 * Small results that depend on constants alone are made once, before the first run.
 *
 * Outputs are visited from the shallowest to the deepest. So a weight's gradient is computed as soon as what flows back
 * has reached its layer, and the layer's activations die there, instead of living until the whole backward pass is done.
 * It comes after whatever reads the weight itself, so that a step of descent may be taken in its place (training/descent.ts).
 */
import { isAlias } from "../../graph/operations.ts";
import type { Program } from "../../graph/program.ts";
import { isOnce, rewritten } from "./rewrite.ts";
import { isLeaf, type Step } from "./step.ts";

export interface Steps {
  readonly order: readonly Step[];
  readonly outputs: ReadonlyMap<string, Step>;
}

export function stepsOf(program: Program): Steps {
  const made: Step[] = [];
  for (const node of program.nodes) {
    const inputs = node.inputs.map((id) => made[id]!);
    if (isAlias(node.operation)) made.push(inputs[0]!);
    else {
      const inputShapes = node.inputs.map((id) => program.nodes[id]!.shape);
      const { operation, attributes, shape, dtype } = node;
      const once = operation === "constant" || isOnce(inputs, shape);
      made.push(rewritten({ operation, inputs, inputShapes, attributes, shape, dtype, once }));
    }
  }
  const outputs = new Map(Object.entries(program.outputs).map(([name, id]) => [name, made[id]!]));
  return { order: gradientsAfterReaders(shallowFirst(outputs.values()), outputs), outputs };
}

function shallowFirst(outputs: Iterable<Step>): Step[] {
  const depths = new Map<Step, number>();
  const roots = [...new Set(outputs)];
  for (const step of inputsFirst(roots)) {
    depths.set(
      step,
      step.inputs.reduce((depth, input) => Math.max(depth, depths.get(input)! + 1), 0),
    );
  }
  return inputsFirst(roots.toSorted((a, b) => depths.get(a)! - depths.get(b)!)); // a stable sort: equal depths keep their order
}

/** Moves each gradient that no step reads behind the last reader of its parameter. */
function gradientsAfterReaders(order: readonly Step[], outputs: ReadonlyMap<string, Step>): Step[] {
  const lastReader = new Map<Step, number>();
  order.forEach(({ inputs }, index) => {
    for (const input of inputs) lastReader.set(input, index);
  });
  const parameters = new Map(order.filter(isInput).map((step) => [step.attributes["name"], step]));
  const gradients = new Map<Step, number>();
  for (const [name, step] of outputs) {
    const parameter = name.startsWith("gradient/") ? parameters.get(name.slice("gradient/".length)) : undefined;
    if (parameter !== undefined && !isLeaf(step) && !lastReader.has(step))
      gradients.set(step, lastReader.get(parameter) ?? 0);
  }
  const places = order.map((step, index) => ({ step, place: Math.max(index, (gradients.get(step) ?? -1) + 0.5) }));
  return places.toSorted((a, b) => a.place - b.place).map(({ step }) => step);
}

const isInput = ({ operation }: Step): boolean => operation === "input";

/** Every step that `roots` need, each after its inputs; iterative, since a recurrent graph is deeper than the call stack. */
function inputsFirst(roots: readonly Step[]): Step[] {
  const order: Step[] = [];
  const seen = new Set<Step>();
  for (const root of roots) {
    const stack: [step: Step, next: number][] = [[root, 0]];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const [step, next] = top;
      if (seen.has(step) || next === step.inputs.length) {
        stack.pop();
        if (!seen.has(step)) order.push(step);
        seen.add(step);
      } else {
        top[1]++;
        stack.push([step.inputs[next]!, 0]);
      }
    }
  }
  return order;
}
