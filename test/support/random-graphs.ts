/**
 * Random programs of some dozens of nodes over a few related shapes: elementwise chains of different sizes that cross, broadcasts, aliases,
 * reductions and products between them, gradients, outputs that are inputs, and one node under two names. What a plan may get wrong.
 */
import {
  abs, add, concatenate, cumulativeSum, divide, input, less, logSumExp, matmul, maximum, multiply, relu, reshape, reverse, scalar, select, sigmoid, slice,
  softmax, softplus, square, stopGradient, subtract, sum, sumAll, swapAxes, tanh,
} from "../../shared/graph/build.ts"; // prettier-ignore
import { gradient } from "../../shared/graph/gradient.ts";
import type { Node } from "../../shared/graph/graph.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import type { Program, ProgramInput } from "../../shared/graph/program.ts";
import { sizeOf } from "../../shared/tensor/shape.ts";
import type { Draw } from "./draw.ts";

/** `rows × columns` is larger than a chunk of a fused group when the draw is large. */
export function randomProgram(draw: Draw, length: number): Program {
  const rows = draw.integer(1, 9);
  const columns = draw.size === "large" ? draw.integer(60, 200) : draw.integer(1, 9);
  const shapes = { w: [columns, columns], b: [columns], s: [1], x: [rows, columns], r: [rows, 1] };
  const leaves = Object.entries(shapes).map(([name, shape]) => input(name, shape)) as [Node, Node, Node, Node, Node];
  const [w, , , x] = leaves;
  const nodes: Node[] = leaves.slice(1); // w is read by products only: it does not broadcast with the others
  const bounded = (node: Node): Node => tanh(multiply(node, 0.3)); // so that no chain grows without limit
  const pick = (): Node => draw.choice(nodes.slice(-8).concat(nodes.slice(0, 4)));
  const wide = (): Node => add(multiply(x, 0), pick()); // [rows, columns]
  const pointwise = [tanh, sigmoid, relu, square, abs, softplus, stopGradient, bounded];
  const pairwise = [add, subtract, multiply, maximum, less, (a: Node, b: Node) => divide(a, add(square(b), 1))];

  const makers: readonly (() => Node)[] = [
    () => draw.choice(pointwise)(pick()),
    () => draw.choice(pointwise)(pick()),
    () => draw.choice(pairwise)(wide(), pick()),
    () => draw.choice(pairwise)(pick(), scalar(draw.choice([0.5, 1, -2]))),
    () => select(less(wide(), 0.1), wide(), pick()),
    () => bounded(matmul(wide(), w)),
    () => sum(wide(), draw.integer(0, 1), { keepAxis: true }),
    () => softmax(wide()),
    () => reshape(logSumExp(wide()), [rows, 1]),
    () => reshape(reshape(wide(), [rows * columns]), [rows, columns]),
    () => swapAxes(swapAxes(wide(), 0, 1), 0, 1),
    () => swapAxes(reshape(swapAxes(wide(), 0, 1), [columns, rows]), 0, 1),
    () => cumulativeSum(multiply(wide(), 0.1), draw.integer(0, 1)),
    () => reverse(wide(), 1),
    () => slice(concatenate([wide(), wide()], 0), 0, draw.integer(0, rows), rows),
  ];
  for (let i = 0; i < length; i++) {
    const made = draw.choice(makers)();
    if (made.shape.length <= 2 && sizeOf(made.shape) <= rows * columns) nodes.push(made);
  }

  const losses = nodes.slice(-4).map((node) => sumAll(bounded(node)));
  const numerator = losses.reduce(add);
  const parameters = leaves.slice(0, 3);
  const gradients = gradient(numerator, parameters);
  const inputs: ProgramInput[] = Object.entries(shapes).map(([name, shape], i) => ({
    name,
    role: i < 3 ? "parameter" : "batch",
    ...(i < 3 ? { scope: "shared" } : {}),
    shape,
    dtype: "real",
  }));
  return defineProgram({
    inputs,
    outputs: {
      "objective/loss/numerator": numerator,
      "gradient/w": gradients[0]!,
      "gradient/b": gradients[1]!,
      "gradient/s": gradients[2]!,
      "prediction/last": nodes[nodes.length - 1]!,
      "prediction/again": nodes[nodes.length - 1]!,
      "prediction/middle": nodes[Math.floor(nodes.length / 2)]!,
      "prediction/input": x,
    },
  });
}
