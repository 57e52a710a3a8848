/** Embeddings against proxies: one learned vector for each class stands for all its examples, wherever they are. */
import { z } from "zod";
import {
  add,
  divide,
  divideSafe,
  equal,
  exp,
  greater,
  log,
  logSumExp,
  multiply,
  negate,
  notEqual,
  oneHot,
  pick,
  relu,
  select,
  softplus,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss, type TargetFacts } from "../loss.ts";
import { cosines } from "./distance.ts";

const shape = {
  classes: z.int().min(2),
  size: z.int().min(1),
};

interface Proxies {
  readonly classes: number;
  readonly size: number;
}

/** What losses against proxies have in common. */
const common = {
  version: 1,
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch", "size"]),
    target: fromData("class", ["batch"], { below: "classes" }),
  },
  parameters: ({ classes, size }: Proxies) => ({ proxies: { shape: [classes, size], initial: { deviation: 1 } } }),
  outputs: (_: TargetFacts, { size }: Proxies): number => size,
  misfit: ({ classes }: Proxies, target: TargetFacts): string | undefined =>
    target.classes === classes ? undefined : `classes is ${classes}, but the target has ${target.classes}`,
};

/** [batch, classes]: the cosine of each embedding and each proxy. */
const similarities = (prediction: Node, proxies: Node): Node => cosines(prediction, proxies);

/**
 * Proxy-NCA: each embedding is told from all proxies which is its own.
 *
 *     ℓ = −log softmax(−d²/τ)_y,   d² = ‖x̂ − p̂‖² = 2 − 2·cos(x, p)
 *
 * Shapes  embeddings [batch, size], labels [batch] → [batch]; parameters: proxies [classes, size]
 * Unit    nats
 * Facts   the own proxy is in the denominator, so ℓ > 0 · lengths are nothing, of embeddings and of proxies · proxies begin as
 *         normal draws of the run's seed, and are learned with the model by all clients · a zero embedding → ln(classes), slope 0
 * Options classes: as many as the target has.
 *         size: of an embedding, the outputs of the head.
 *         temperature τ > 0. @default 0.1
 * When    metric learning over clients that hold few classes each: no pair of examples is needed, so no group stays whole
 * Source  Movshovitz-Attias et al. (2017); the denominator and τ as in Teh, DeVries & Taylor (2020)
 */
export const proxyNca = defineLoss({
  ...common,
  name: "proxy-nca",
  unit: "row",
  options: z.strictObject({ ...shape, temperature: z.number().positive().default(0.1) }),
  perExample: (inputs, { temperature }) => {
    const { prediction, target } = inputs;
    const closeness = multiply(2 / temperature, similarities(prediction, inputs["proxies"]!));
    return subtract(logSumExp(closeness), pick(closeness, target));
  },
});

/**
 * Proxy-anchor: each proxy gathers the examples of its class and drives off the others, the farthest hardest.
 *
 *     F = 1/|P⁺|·Σ_{p ∈ P⁺} log(1 + Σ_{x of p} w·e^{−α(s(x,p) − δ)}) + 1/|P|·Σ_p log(1 + Σ_{x not of p} w·e^{α(s(x,p) + δ)})
 *
 * Shapes  embeddings x [batch, size], labels [batch]; parameters: proxies [classes, size]; s is the cosine
 * Unit    nats
 * Facts   P⁺: proxies with an example anywhere · a function of sums over all clients, so any sharding gives the value of one
 *         machine · lengths are nothing · proxies begin as normal draws of the run's seed, and are learned with the model
 * Options classes: as many as the target has.
 *         size: of an embedding, the outputs of the head.
 *         margin δ in [0, 1]. @default 0.1
 *         scale α in (0, 64]. @default 32
 * When    as proxy-nca, with attention to hard examples; every class weighs alike, however rare
 * Source  Kim et al. (2020)
 */
export const proxyAnchor = defineLoss({
  ...common,
  kind: "two-phase",
  name: "proxy-anchor",
  unit: "batch",
  options: z.strictObject({
    ...shape,
    margin: z.number().min(0).max(1).default(0.1),
    scale: z.number().positive().max(64).default(32),
  }),
  terms: (inputs: Readonly<Record<string, Node>>, { classes, scale }) => {
    const s = multiply(scale, similarities(inputs["prediction"]!, inputs["proxies"]!));
    const own = oneHot(inputs["target"]!, classes);
    return { pull: select(own, exp(negate(s)), 0), push: select(own, 0, exp(s)), examples: own };
  },
  of: ({ pull, push, examples }, { classes, margin, scale }) => {
    const present = notEqual(relu(examples), 0);
    const seen = sum(present, 0);
    const gathered = divideSafe(sum(select(present, stressOf(pull, scale * margin), 0), 0), seen);
    return { value: add(gathered, divide(sum(stressOf(push, scale * margin), 0), classes)), empty: equal(seen, 0) };
  },
});

/** log(1 + e^m·S), 0 where nothing was added up. The margin joins outside of the sums, whose e^±α float32 bears. */
function stressOf(summed: Node, margin: number): Node {
  const some = greater(summed, 0);
  return select(some, softplus(add(margin, log(select(some, summed, 1)))), 0);
}
