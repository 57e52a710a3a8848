/**
 * Adversarial examples, built inside the program: the features, moved as far as is allowed in the direction in which the loss
 * grows most. The gradient with respect to the features is a graph like any other, so the training program holds the whole attack
 * and no client needs code for it.
 *
 *     fgsm    x′ = x + ε·sign ∇ₓℓ(x)
 *     pgd     x′ ← Π(x′ + α·sign ∇ₓℓ(x′)), k times, from a random point of the ball or from x
 *     trades  as pgd, up the divergence between the answers to x and to x′ (`trades.ts`)
 *
 * In the norm 2 the sign is g/‖g‖ row by row, and Π shortens what is longer than ε. x′ is held constant: the loss at x′ is
 * descended, the attack is not. A row's own loss alone moves a row, so the law of sharding holds as it does without.
 *
 * Source  Goodfellow, Shlens & Szegedy (2015); Madry et al. (2018); Zhang et al. (2019)
 */
import {
  add,
  clamp,
  concatenate,
  divideSafe,
  equal,
  fill,
  flatten,
  minimum,
  multiply,
  norm,
  reshape,
  select,
  sign,
  stopGradient,
  subtract,
} from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import type { Node } from "../graph/graph.ts";
import { sizeOf } from "../tensor/shape.ts";

export interface Attack {
  readonly method: "fgsm" | "pgd" | "trades";
  /** How far a row may be moved, in units of the (standardized) features. */
  readonly epsilon: number;
  /** The ball: every feature by at most ε, or the row by a vector of length at most ε. */
  readonly norm: "inf" | "2";
  /** k; fgsm takes one. */
  readonly steps: number;
  /** α; fgsm takes ε. */
  readonly stepSize: number;
  /** Where pgd and trades begin. trades needs a random point: at x itself its divergence has no slope. */
  readonly start: "random" | "clean";
}

/** Features by name, [batch, …] each. */
export type Features = Readonly<Record<string, Node>>;

/**
 * The features an adversary would show instead.
 *
 * `lossAt` is Σ of the rows' losses at other features; `uniform` draws numbers in [0, 1), [batch, size], for a random start.
 */
export function attacked(
  attack: Attack,
  features: Features,
  lossAt: (features: Features) => Node,
  uniform: (size: number) => Node,
): Features {
  const names = Object.keys(features);
  const { steps, stepSize } = attack.method === "fgsm" ? { steps: 1, stepSize: attack.epsilon } : attack;
  const begun = attack.method !== "fgsm" && attack.start === "random";
  const width = sum(Object.values(features).map((x) => sizeOf(x.shape.slice(1))));
  let moves: Features = map(features, (x) => (begun ? startingMove(attack, x, width, uniform) : fill(0, x.shape)));
  for (let step = 0; step < steps; step++) {
    const shown = map(features, (x, name) => add(stopGradient(x), stopGradient(moves[name]!)));
    const slopes = gradient(
      lossAt(shown),
      names.map((name) => shown[name]!),
    );
    const steepest = Object.fromEntries(names.map((name, i) => [name, slopes[i]!]));
    const further = map(steepest, (g, name) => add(moves[name]!, multiply(stepSize, unit(attack, g, steepest))));
    moves = map(further, (move) => held(attack, move, further));
  }
  return map(features, (x, name) => stopGradient(add(x, moves[name]!)));
}

/** The steepest move of length 1: in the norm inf of every feature by itself, in the norm 2 of all features of the row together. */
function unit({ norm: kind }: Attack, slope: Node, all: Features): Node {
  return kind === "inf" ? sign(slope) : divideSafe(slope, beside(lengths(all), slope));
}

/** Π: the nearest move that is allowed. */
function held({ norm: kind, epsilon }: Attack, move: Node, all: Features): Node {
  if (kind === "inf") return clamp(move, -epsilon, epsilon);
  const length = lengths(all);
  const shrink = select(equal(length, 0), 1, minimum(1, divideSafe(epsilon, length)));
  return multiply(move, beside(shrink, move));
}

/** A uniform move of each of `width` numbers by at most ε, in the norm 2 by ε/√width, which stays inside the ball. */
function startingMove({ norm: kind, epsilon }: Attack, x: Node, width: number, uniform: (size: number) => Node): Node {
  const drawn = reshape(uniform(sizeOf(x.shape.slice(1))), x.shape);
  return multiply(kind === "inf" ? epsilon : epsilon / Math.sqrt(width), subtract(multiply(2, drawn), 1));
}

/** [batch]: the length of each row, all its features together. */
const lengths = (features: Features): Node => norm(concatenate(Object.values(features).map(flatten), 1));

const beside = (perRow: Node, x: Node): Node => reshape(perRow, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]);

const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

const map = (features: Features, change: (node: Node, name: string) => Node): Features =>
  Object.fromEntries(Object.entries(features).map(([name, node]) => [name, change(node, name)]));
