/**
 * From what heads put out to what a reader asked for: each objective's answer in the words of its own target.
 *
 *     number        value, with the target's transform undone          binary   probability σ(x), or the score of a hinge
 *     class         probabilities softmax(z)                           level    P(level > k) = σ(xₖ)
 *
 * The functions are graph nodes, so they are computed by the kernels, alike on every machine.
 */
import type { TargetConfig } from "./data.ts";
import { canonical } from "../data/schema.ts";
import { expm1, reshape, sigmoid, softmax } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Goal } from "./goal.ts";

/** What the model says about one row, for one objective. */
export interface Answer {
  /** The number, 0 or 1, or the class or level as the experiment writes it. */
  readonly value: number | string;
  /** How sure it is of `value`; absent for numbers and for scores without probabilities. */
  readonly probability?: number;
  /** Class → probability. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** The signed distance of a separator: positive means 1. */
  readonly score?: number;
}

/** [batch, outputs] of a head → what `readAnswer` reads, [batch, width]. */
export function answerNode({ facts, loss }: Goal, { transform }: TargetConfig, head: Node): Node {
  const rows = head.shape.length === 1 ? reshape(head, [head.shape[0]!, 1]) : head;
  if (facts.kind === "number") return transform === "log1p" ? expm1(rows) : rows;
  if (facts.kind === "class") return softmax(rows);
  if (facts.kind === "binary" && rows.shape[1] === 2) return softmax(rows);
  return loss.signs || loss.measure !== "nats" ? rows : sigmoid(rows);
}

/** The answer of one row, whose outputs of `answerNode` are `outputs`. */
export function readAnswer({ facts, loss }: Goal, target: TargetConfig, outputs: ArrayLike<number>): Answer {
  const first = outputs[0]!;
  if (facts.kind === "number") return { value: first };
  if (facts.kind === "class") return mostProbable(namesOf(target), outputs);
  if (facts.kind === "binary") {
    if (outputs.length === 2) return mostProbable([0, 1], outputs);
    if (loss.measure !== "nats") return { value: loss.signs ? Number(first > 0) : Number(first > 0.5), score: first };
    return {
      value: Number(first > 0.5),
      probability: first > 0.5 ? first : 1 - first,
      probabilities: { 0: 1 - first, 1: first },
    };
  }
  const above = Array.from(outputs);
  return { value: namesOf(target)[above.filter((probability) => probability > 0.5).length]! };
}

/** The first of the largest. */
function mostProbable(names: readonly (number | string)[], outputs: ArrayLike<number>): Answer {
  const probabilities = Array.from(outputs);
  const probability = Math.max(...probabilities);
  return {
    value: names[probabilities.indexOf(probability)]!,
    probability,
    probabilities: Object.fromEntries(names.map((name, i) => [name, probabilities[i]!])),
  };
}

/** Classes or levels as they are written; numbers stay numbers. */
function namesOf({ classes, levels }: TargetConfig): (number | string)[] {
  if (typeof classes === "number") return Array.from({ length: classes }, (_, i) => i);
  return (classes ?? levels ?? []).map((value) => (typeof value === "number" ? value : canonical(value)));
}
