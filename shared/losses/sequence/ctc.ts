/** Connectionist temporal classification: the likelihood of a labelling, whatever its alignment in time. */
import { z } from "zod";
import {
  add,
  and,
  broadcastTo,
  concatenate,
  constant,
  divide,
  equal,
  fill,
  iota,
  less,
  lessEqual,
  logSoftmax,
  logSumExp,
  maximum,
  min,
  multiply,
  negate,
  notEqual,
  or,
  pad,
  reshape,
  select,
  slice,
  squeeze,
  stack,
  takeLast,
  toIndex,
  transpose,
  unsqueeze,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel, type Drawn } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

/** Stands for log 0: finite, so that what flows back through a cell that no path reaches is 0 and not NaN. */
const NEVER = -1e30;

const optionsSchema = z.strictObject({
  blank: z.int().min(0).default(0),
  zeroInfinity: z.boolean().default(false),
  normalizer: z.enum(["sequence", "target-length"]).default("sequence"),
});

/**
 * Connectionist temporal classification.
 *
 *     ℓ = −log Σ_π Πₜ softmax(zₜ)_π(t)       over the paths π that become the target when repeats are merged and blanks dropped
 *     target-length: ℓ / max(1, labels)
 *
 * Shapes  logits z [batch, time, classes], target [batch, labels] (index, padded with anything), inputLength and
 *         targetLength [batch] (index) → [batch], a sequence each
 * Unit    nats (target-length: nats per label)
 * Facts   an empty target → −Σₜ log softmax(zₜ)_blank · two equal labels in a row need a blank between them · what stands beyond
 *         the lengths has no influence and slope 0 · Σ_c ∂ℓ/∂z_tc = 0 · finite at ±10⁴ ·
 *         the recursion is a graph, so its gradient can be differentiated again
 * Options blank: the class that means "nothing here". @default 0
 *         zeroInfinity: a target too long for its input costs 0 rather than ∞; its slope is 0 either way. @default false
 *         normalizer: a sequence's ℓ as it is, or divided by its target's length; either way den counts sequences. @default sequence
 * Errors  a label that is the blank or no class, and a length outside its axis, give NaN, which is counted as non-finite
 * Cost    O(time·labels) a sequence, and some thirty operations a time step
 * When    speech, handwriting and other sequences that are labelled without being segmented
 * Source  Graves, Fernández, Gomez & Schmidhuber (2006), the forward recursion of §4.1 in the log domain
 */
export const ctc = defineLoss({
  name: "ctc",
  version: 1,
  unit: "sequence",
  measure: "nats",
  inputs: {
    prediction: fromModel("real", ["batch", "time", "classes"]),
    target: fromData("class", ["batch", "labels"], { below: "classes" }),
    inputLength: fromData("length", ["batch"], { below: "time" }),
    targetLength: fromData("length", ["batch"], { below: "labels" }),
  },
  outputs: () => "any",
  arrange: feasible,
  options: optionsSchema,
  perExample: (batch, { blank, zeroInfinity, normalizer }) => {
    const { inputLength, targetLength } = batch;
    const labels = labelsOf(batch, blank);
    const path = interleaved(labels.node, blank);
    const reached = forward(emissions(batch.prediction, path), skips(path), inputLength);
    const logLikelihood = atEnd(reached, targetLength);
    const impossible = less(logLikelihood, NEVER / 10);
    const cost = select(impossible, zeroInfinity ? 0 : Infinity, negate(logLikelihood));
    const value = normalizer === "sequence" ? cost : divide(cost, maximum(targetLength, 1));
    return select(labels.sound, value, NaN);
  },
});

type Inputs = Readonly<Record<"prediction" | "target" | "inputLength" | "targetLength", Node>>;

/** The target with blanks where it is padded or wrong, and for each sequence whether labels and lengths can be used. */
function labelsOf({ prediction, target, inputLength, targetLength }: Inputs, blank: number) {
  const [, time, classes] = prediction.shape as readonly [number, number, number];
  const [, longest] = target.shape as readonly [number, number];
  const isLabel = and(and(lessEqual(0, target), less(target, classes)), notEqual(target, blank));
  const beyond = lessEqual(unsqueeze(targetLength, 1), iota(target.shape));
  const within = (length: Node, most: number): Node => and(lessEqual(0, length), lessEqual(length, most));
  const lengths = and(within(inputLength, time), within(targetLength, longest));
  const sound = longest === 0 ? lengths : and(lengths, min(or(isLabel, beyond), 1));
  return { node: toIndex(select(isLabel, target, blank)), sound };
}

/** blank, label, blank, label, …, blank: [batch, labels] → [batch, 2·labels + 1]. */
function interleaved(labels: Node, blank: number): Node {
  const [rows, longest] = labels.shape as readonly [number, number];
  const blanks = (columns: number): Node => broadcastTo(constant([blank], [1, 1], "index"), [rows, columns]);
  const pairs = reshape(stack([blanks(longest), labels], 2), [rows, 2 * longest]);
  return concatenate([pairs, blanks(1)], 1);
}

/** log softmax of each cell's class at each time: [time, batch, cells]. */
function emissions(logits: Node, path: Node): Node {
  const [rows, time] = logits.shape as readonly [number, number];
  const everywhere = broadcastTo(unsqueeze(path, 0), [time, rows, path.shape[1]!]);
  return takeLast(transpose(logSoftmax(logits), [1, 0, 2]), everywhere);
}

/** What it costs to come to a cell from the one before the last: 0 between different labels, never otherwise. */
function skips(path: Node): Node {
  const cells = path.shape[1]!;
  if (cells < 3) return fill(0, path.shape); // there is no cell before the last
  const [from, to] = [slice(path, 1, 0, cells - 2), slice(path, 1, 2, cells - 2)];
  return pad(multiply(NEVER, equal(from, to)), 1, 2, 0);
}

/**
 * log α after the last step of each sequence, [batch, 2 + cells]: two cells that are never reached stand before the first. Before
 * any step the first cell has the probability 1, as if a path could stand there waiting.
 */
function forward(emitted: Node, skipped: Node, inputLength: Node): Node {
  const [, rows, cells] = emitted.shape as readonly [number, number, number];
  const before = fill(NEVER, [rows, 2]);
  let reached = concatenate([before, fill(0, [rows, 1]), fill(NEVER, [rows, cells - 1])], 1);
  steps(emitted).forEach((step, t) => {
    const ways = [
      slice(reached, 1, 2, cells), // stay
      slice(reached, 1, 1, cells), // from the cell before
      add(slice(reached, 1, 0, cells), skipped), // over a blank
    ];
    const next = add(logSumExp(stack(ways, 2)), step);
    reached = select(less(t, unsqueeze(inputLength, 1)), concatenate([before, next], 1), reached);
  });
  return reached;
}

/** x [time, …] as one node for each time: by halves, since a gradient through slices of the whole would be O(time²). */
function steps(x: Node): Node[] {
  const time = x.shape[0]!;
  if (time === 0) return [];
  if (time === 1) return [squeeze(x, 0)];
  const half = time >> 1;
  return [...steps(slice(x, 0, 0, half)), ...steps(slice(x, 0, half, time - half))];
}

/** log of what has come to the last label or the blank after it. */
function atEnd(reached: Node, targetLength: Node): Node {
  const last = add(multiply(2, targetLength), 1);
  const ends = toIndex(stack([last, add(last, 1)], 1));
  return logSumExp(takeLast(reached, ends));
}

/** Drawn batches whose targets hold no blank (class 0) and fit into their inputs, even if every label is repeated. */
function feasible(drawn: Drawn): Drawn {
  const [target, inputLength, targetLength] = [drawn["target"]!, drawn["inputLength"]!, drawn["targetLength"]!];
  const lengths = inputLength.data.map((length, row) => Math.max(length, 2 * targetLength.data[row]! - 1));
  return {
    ...drawn,
    target: { ...target, data: target.data.map((label) => Math.max(label, 1)) },
    inputLength: { ...inputLength, data: lengths },
  };
}
