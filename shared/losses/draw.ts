/**
 * Random batches for any loss, from what it declares of its inputs: what the laws of `test/contract/losses.test.ts` and the
 * check of a new loss are run on.
 *
 *     const batch = drawBatch(loss, 12, Random.seeded(7));      // { prediction: { dtype, shape, data }, target: … }
 *
 * Rows of a set loss come in groups of three to five, whose numbers are neither small nor in order. Every draw is a multiple of
 * 2⁻¹², exact in float32, unless it is a probability or its logarithm.
 */
import { log } from "../kernels/math.ts";
import type { Random } from "../random.ts";
import { dtypeOf, formsOf, type Drawn, type Holds, type InputSpec, type InputValues } from "./inputs.ts";
import type { BoundLoss } from "./loss.ts";

/** Lengths of axes by their names; any other is 3. Levels are one more than the thresholds between them. */
const usual: Readonly<Record<string, number>> = {
  classes: 4,
  thresholds: 3,
  levels: 4,
  time: 6,
  intervals: 5,
  labels: 2,
  depth: 2,
  height: 2,
  width: 2,
};

export interface DrawOptions {
  /** For each input, which of its forms; the first when left out. */
  readonly forms?: Readonly<Record<string, number>>;
  /** Further axes where an input leaves them open. @default [] */
  readonly open?: readonly number[];
  /** Lengths of axes that differ from the usual ones. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/** A batch of `rows` rows that this loss accepts. */
export function drawBatch(loss: BoundLoss, rows: number, random: Random, options: DrawOptions = {}): Drawn {
  const sizes: Readonly<Record<string, number>> = { ...usual, ...options.sizes, ...declared(loss), batch: rows };
  const drawn: Record<string, InputValues> = {};
  for (const [name, spec] of Object.entries(loss.inputs)) {
    const forms = formsOf(spec);
    const form = forms[options.forms?.[name] ?? 0]!;
    const shape = form.axes.flatMap((axis) => (axis === "…" ? (options.open ?? []) : [sizes[axis] ?? 3]));
    const data = valuesOf(form, shape, sizes[form.below ?? ""] ?? 3, random.fork(name));
    drawn[name] = { dtype: dtypeOf(form), shape, data };
  }
  return loss.arrange(drawn);
}

/** Options that are lengths of axes: an axis of an option's name is as long as it says. */
const declared = ({ options, inputs }: BoundLoss): Readonly<Record<string, number>> => {
  const axes = new Set(
    Object.values(inputs).flatMap((spec) => formsOf(spec).flatMap(({ axes, below = "" }) => [...axes, below])),
  );
  const named = Object.entries(options as Readonly<Record<string, unknown>>).filter(([name]) => axes.has(name));
  return Object.fromEntries(named.flatMap(([name, length]) => (typeof length === "number" ? [[name, length]] : [])));
};

const grid = (x: number): number => Math.round(x * 4096) / 4096;

function valuesOf(form: InputSpec, shape: readonly number[], below: number, random: Random): number[] {
  const count = shape.reduce((a, b) => a * b, 1);
  if (form.holds === "group") return groups(count, random);
  if (form.holds === "member" && form.below === undefined) return Array.from({ length: count }, (_, i) => i >> 1);
  if (form.holds === "distribution" || form.holds === "log-distribution") {
    return distributions(count, shape.at(-1) ?? 1, form.holds, random);
  }
  return Array.from({ length: count }, () => valueOf(form.holds, below, random));
}

function valueOf(holds: Holds, below: number, random: Random): number {
  const within = (low: number, high: number): number => grid(low + (high - low) * random.uniform());
  switch (holds) {
    case "real":
      return within(-3, 3);
    case "positive":
      return within(0.25, 4);
    case "non-negative":
      return random.uniform() < 0.2 ? 0 : within(0, 4);
    case "count":
    case "relevance":
      return random.integer(5);
    case "probability":
      return within(0.05, 0.95);
    case "cosine":
      return within(-0.95, 0.95);
    case "log-probability":
    case "log-mass":
      return within(-3, -0.1);
    case "binary":
      return random.integer(2);
    case "sign":
      return 2 * random.integer(2) - 1;
    case "class":
    case "level":
    case "interval":
    case "member":
      return random.integer(below);
    case "length":
      return 1 + random.integer(below);
    case "distribution":
    case "log-distribution":
    case "group":
      return 0; // drawn together, in valuesOf
  }
}

/** Runs of three to five rows, each with a number of its own. */
function groups(rows: number, random: Random): number[] {
  const drawn: number[] = [];
  for (let group = 0; drawn.length < rows; group++) {
    const size = 3 + random.integer(3);
    const id = 1000 - 7 * group;
    for (let i = 0; i < size && drawn.length < rows; i++) drawn.push(id);
  }
  return drawn;
}

function distributions(count: number, width: number, holds: Holds, random: Random): number[] {
  const rows = Array.from({ length: width === 0 ? 0 : count / width }, () => {
    const parts = Array.from({ length: width }, () => 0.05 + random.uniform());
    const total = parts.reduce((a, b) => a + b, 0);
    return parts.map((part) => (holds === "distribution" ? part / total : log(part / total)));
  });
  return rows.flat();
}
