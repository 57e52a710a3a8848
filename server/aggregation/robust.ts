/**
 * A robust rule as an aggregator: it keeps every client's update, and the rule sees each client's mean gradients ∇numₖ/denₖ, all
 * objectives stacked into one vector (in update mode the one change of the model), so that it chooses clients once, over all of them.
 *
 * All clients weigh the same. One without rows for an objective has no say on it: its piece is filled with the coordinates' median over
 * those that have some. An objective's value is the mean loss of the selected, or the median of all where the rule selects nobody.
 */
import { TributaryError } from "../../shared/errors.ts";
import { Random } from "../../shared/random.ts";
import { quotient } from "../../shared/tensor/vector.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Update } from "../../shared/updates/update.ts";
import { combinedRow, type Aggregator, type FinishContext, type Row } from "./aggregator.ts";
import { median, medianOf } from "./coordinate-wise.ts";
import type { RobustRule } from "./rule.ts";

export interface RobustOptions {
  readonly rule: RobustRule;
  /** What adds up losses and counts. */
  readonly sums: Aggregator<PartialSum>;
  readonly objectives: readonly string[];
  /** The client that is trusted. */
  readonly root?: string;
}

/** One client's rows: a vector for each objective it has rows for, and its loss. */
interface Piece {
  readonly value: number;
  readonly gradient: Float64Array;
}

export const robust = ({ rule, sums, objectives, root }: RobustOptions): Aggregator<PartialSum> => ({
  name: rule.name,
  remembers: true,
  empty: () => sums.empty(),
  add: (sum, update) => ({ ...sums.add(sum, update), updates: [...sum.updates, update] }),
  merge: (a, b) => sums.merge(a, b),
  finish(sum, context = { random: Random.seeded(0) }) {
    const updates = sum.updates.filter(counts).sort((a, b) => (a.client < b.client ? -1 : 1));
    const names = updates[0]?.kind === "gradients" ? objectives : [combinedRow];
    if (updates.length === 0) return sums.finish(sum);
    const clients = updates.map((update) => piecesOf(update, names, sum));
    const present = names.filter((name) => clients.some((pieces) => pieces.has(name)));
    const filled = present.map((name) => columnOf(clients, name, context));
    return choose(rule, { updates, names, present, filled, root, context });
  },
});

const counts = (update: Update): boolean =>
  update.kind === "change" ? update.weight > 0 : update.contributions.some(({ denominator }) => denominator > 0);

function piecesOf(update: Update, [only]: readonly string[], sum: PartialSum): Map<string, Piece> {
  if (update.kind === "change")
    return new Map([[only!, { value: lossOf(update, sum), gradient: quotient(update.change, -1) }]]);
  const found = update.contributions.filter(({ denominator }) => denominator > 0);
  return new Map(
    found.map(({ objective, numerator, denominator, gradient }) => [
      objective,
      { value: numerator / denominator, gradient: quotient(gradient, denominator) },
    ]),
  );
}

/** The losses of a client's way in update mode, in the mean of its objectives. */
function lossOf({ contributions }: Update, { objectives }: PartialSum): number {
  const found = contributions.filter(({ denominator }) => denominator > 0);
  const total = found.reduce((all, { numerator, denominator }) => all + numerator / denominator, 0);
  return objectives.length === 0 || found.length === 0 ? 0 : total / found.length;
}

/** Every client's piece of one objective, those who have none with the median of the others. */
function columnOf(clients: readonly ReadonlyMap<string, Piece>[], name: string, context: FinishContext): Piece[] {
  const there = clients.flatMap((pieces) => pieces.get(name) ?? []);
  if (there.length === clients.length) return there;
  const value = medianOf(there.map((piece) => piece.value));
  const { value: gradient } = median.choose(
    there.map((piece) => piece.gradient),
    { random: context.random },
  );
  return clients.map((pieces) => pieces.get(name) ?? { value, gradient });
}

interface Stacked {
  readonly updates: readonly Update[];
  readonly names: readonly string[];
  readonly present: readonly string[];
  readonly filled: readonly (readonly Piece[])[];
  readonly root: string | undefined;
  readonly context: FinishContext;
}

function choose(rule: RobustRule, { updates, names, present, filled, root, context }: Stacked): Row[] {
  if (updates.length < rule.fewest) {
    const short = `${rule.name} is made for at least ${rule.fewest} updates, got ${updates.length}`;
    throw new TributaryError("quorum-not-reached", `${short}: raise federation.clients.quorum, or lower f`);
  }
  const size = filled[0]![0]!.gradient.length;
  const stacked = updates.map((_, k) =>
    joined(
      filled.map((column) => column[k]!.gradient),
      size,
    ),
  );
  const last =
    context.last &&
    joined(
      present.map((name) => context.last![name] ?? new Float64Array(size)),
      size,
    );
  const trusted = root === undefined ? {} : { root: positionOf(root, updates) };
  const { value, selected } = rule.choose(stacked, { random: context.random, last, ...trusted });
  const rejected = selected === null ? [] : updates.filter((_, k) => !selected.includes(k)).map(({ client }) => client);
  return names.map((objective): Row => {
    const at = present.indexOf(objective);
    if (at < 0) return { objective, status: "empty" };
    const losses = filled[at]!.map((piece) => piece.value);
    const loss =
      selected === null ? medianOf(losses) : selected.reduce((sum, k) => sum + losses[k]!, 0) / selected.length;
    return { objective, status: "ready", value: loss, gradient: value.slice(at * size, (at + 1) * size), rejected };
  });
}

function joined(vectors: readonly Float64Array[], size: number): Float64Array {
  const whole = new Float64Array(vectors.length * size);
  vectors.forEach((vector, i) => {
    whole.set(vector, i * size);
  });
  return whole;
}

function positionOf(root: string, updates: readonly Update[]): number {
  const at = updates.findIndex(({ client }) => client === root);
  if (at >= 0) return at;
  throw new TributaryError(
    "quorum-not-reached",
    `The trusted client "${root}" is not among the ${updates.length} updates`,
  );
}
