/**
 * The four train steps of the design's table (forward, softmax cross-entropy, backward), as programs in update mode: the gradient of
 * the batch's mean loss, and the numerator and denominator of the objective.
 */
import {
  add,
  conv2d,
  divide,
  input,
  matmul,
  maxPool2d,
  relu,
  reshape,
  softmaxCrossEntropy,
  sumAll,
} from "../../shared/graph/build.ts";
import { gradient } from "../../shared/graph/gradient.ts";
import type { Node } from "../../shared/graph/graph.ts";
import { defineProgram } from "../../shared/graph/define-program.ts";
import type { Program, ProgramInput } from "../../shared/graph/program.ts";

type Parameters = Record<string, readonly number[]>;

function trainStep(
  batch: number,
  rowShape: readonly number[],
  shapes: Parameters,
  logits: (x: Node, p: Record<string, Node>) => Node,
): Program {
  const features = input("feature/x", [batch, ...rowShape]);
  const labels = input("target/y", [batch], "index");
  const parameters = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]));
  const numerator = sumAll(softmaxCrossEntropy(logits(features, parameters), labels));
  const names = Object.keys(shapes);
  const gradients = gradient(divide(numerator, batch), Object.values(parameters));
  const inputs: ProgramInput[] = [
    ...names.map((name): ProgramInput => ({
      name,
      role: "parameter",
      scope: "shared",
      shape: shapes[name]!,
      dtype: "real",
    })),
    { name: "feature/x", role: "batch", shape: [batch, ...rowShape], dtype: "real" },
    { name: "target/y", role: "batch", shape: [batch], dtype: "index" },
  ];
  return defineProgram({
    inputs,
    outputs: {
      "objective/loss/numerator": numerator,
      ...Object.fromEntries(names.map((name, i) => [`gradient/${name}`, gradients[i]!])),
    },
  });
}

const dense = (x: Node, p: Record<string, Node>, layer: string): Node =>
  add(matmul(x, p[`${layer}/weight`]!), p[`${layer}/bias`]!);

export const logisticStep = (batch: number, features = 13, classes = 2): Program =>
  trainStep(batch, [features], { "0/weight": [features, classes], "0/bias": [classes] }, (x, p) => dense(x, p, "0"));

/** A multilayer perceptron with relu between the layers: sizes 784, 200, 200, 10 is McMahan's 2NN. */
export function mlpStep(batch: number, sizes: readonly number[] = [784, 200, 200, 10]): Program {
  const shapes: Parameters = {};
  for (let i = 1; i < sizes.length; i++) {
    shapes[`${i}/weight`] = [sizes[i - 1]!, sizes[i]!];
    shapes[`${i}/bias`] = [sizes[i]!];
  }
  return trainStep(batch, [sizes[0]!], shapes, (x, p) => {
    let h = x;
    for (let i = 1; i < sizes.length; i++) h = i === 1 ? dense(h, p, "1") : dense(relu(h), p, String(i));
    return h;
  });
}

/** 5×5×32 – pool – 5×5×64 – pool – 512 – 10, same padding: McMahan's CNN on 28×28 images. */
export function cnnStep(batch: number): Program {
  const shapes = {
    "conv1/weight": [5, 5, 1, 32],
    "conv1/bias": [32],
    "conv2/weight": [5, 5, 32, 64],
    "conv2/bias": [64],
    "fc/weight": [3136, 512],
    "fc/bias": [512],
    "out/weight": [512, 10],
    "out/bias": [10],
  };
  const block = (x: Node, p: Record<string, Node>, layer: string): Node =>
    maxPool2d(relu(add(conv2d(x, p[`${layer}/weight`]!, { padding: "same" }), p[`${layer}/bias`]!)), 2);
  return trainStep(batch, [28, 28, 1], shapes, (x, p) => {
    const h = reshape(block(block(x, p, "conv1"), p, "conv2"), [batch, 3136]);
    return dense(relu(dense(h, p, "fc")), p, "out");
  });
}
