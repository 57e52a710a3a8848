/** A small batch for any loss, in numbers that can be typed: what a page shows, and `tributary loss NAME` without vectors. */
import { Random } from "../random.ts";
import { drawBatch } from "./draw.ts";
import { formFor, formsOf, type Drawn, type Holds, type InputValues } from "./inputs.ts";
import { describeLoss, type OptionSchema } from "./description.ts";
import type { BoundLoss, Loss } from "./loss.ts";
import type { Node } from "../graph/graph.ts";

/** Options for a loss that cannot do without some: for each that is required, the plainest value its schema takes; mse as an inner loss. */
export function exampleOptions(loss: Loss): Readonly<Record<string, unknown>> {
  if (loss.options.safeParse({}).success) return {};
  const missing = loss.options.safeParse({}).error?.issues.map(({ path }) => String(path[0])) ?? [];
  const { options } = describeLoss(loss);
  return Object.fromEntries(
    missing.flatMap((name) =>
      options[name] === undefined ? [] : [[name, name === "loss" ? "mse" : plainest(options[name])]],
    ),
  );
}

function plainest({ type, items, minimum = 0, exclusiveMaximum, maximum }: OptionSchema): unknown {
  if (type === "array") return [1, 2, 3].map((n) => n * Number(plainest((items ?? {}) as OptionSchema)));
  if (type === "integer") return Math.max(3, minimum);
  const highest = exclusiveMaximum ?? maximum;
  return highest === undefined ? Math.max(1, minimum) : (minimum + highest) / 2;
}

/** Three rows, or a group of five; the same on every machine. */
export function exampleBatch(loss: BoundLoss): Drawn {
  const rows = loss.kind === "set" ? 5 : loss.kind === "two-phase" ? 4 : 3;
  const sizes = { classes: 3, levels: 3, thresholds: 2, features: 2, time: 4, intervals: 3 };
  const drawn = drawBatch(loss, rows, Random.seeded(3).fork(loss.name), { sizes });
  const entries = Object.entries(drawn).map(([name, values]): [string, InputValues] => {
    const form = formFor(formsOf(loss.inputs[name]!), values as unknown as Node); // looks at shape and dtype only
    const holds = form?.holds ?? "real";
    return [name, { ...values, data: loss.kind === "set" && holds === "class" ? kin(rows) : typable(values, holds) }];
  });
  const batch = Object.fromEntries(entries);
  if (loss.kind !== "set" || batch["group"] === undefined) return batch;
  return { ...batch, group: { ...batch["group"], data: Array.from({ length: rows }, (_, i) => (i < 3 ? 0 : 1)) } };
}

/** Classes of which the first three rows, and the rows after them, have two of a kind and one apart, as far as they go. */
const kin = (rows: number): number[] => Array.from({ length: rows }, (_, i) => (i % 3 === 2 ? 1 : 0));

const digits = (x: number, places: number): number => Number(x.toFixed(places));

function typable({ data, shape }: InputValues, holds: Holds): number[] {
  if (holds === "distribution") return data.map((_, i) => evened(data, i, shape.at(-1)!));
  if (holds === "binary") return data.map((_, i) => (i + 1) % 2); // some of both
  if (holds === "member") return data.map((_, i) => i >> 1);
  if (holds === "sign") return data.map((_, i) => (i % 2 === 0 ? 1 : -1));
  if (holds === "log-distribution") return data.map((x) => digits(x, 4));
  if (holds === "real" || holds === "non-negative" || holds === "log-probability" || holds === "log-mass")
    return data.map((x) => digits(x, 1));
  return data.map((x) => digits(x, 2));
}

/** Two digits each, the last of a row so that they sum to 1. */
function evened(data: readonly number[], i: number, width: number): number {
  if (i % width < width - 1) return digits(data[i]!, 2);
  const others = data.slice(i - width + 1, i).reduce((sum, x) => sum + digits(x, 2), 0);
  return digits(1 - others, 2);
}
