/**
 * Negative sampling: for implicit feedback, which says only what somebody took, things drawn from what the same person did not
 * take. A row becomes `train` (or, held out, `test`) rows that differ in one drawn thing.
 *
 *     user item              user item item@other
 *     ann  3      train 2    ann  3    8
 *     ann  5      ─────▶     ann  3    1
 *                            ann  5    4
 *                            ann  5    8
 *
 * A training row's things are drawn uniformly from those that none of its group's training rows has: that a held-out thing may be
 * among them keeps what is held out unknown to training. A held-out row's are none of all its group's rows. Every round of training
 * draws anew for its rows (`client/room/fresh-negatives.ts`), unless they are drawn once; evaluations see what was drawn before
 * round 1. Chance is keyed by the row's example id, so that it draws alike wherever it lies.
 *
 * Source  Rendle et al. (2009), §4; He et al. (2017), §4.1, for 99 beside each held-out row
 */
import { TributaryError } from "../errors.ts";
import type { Random } from "../random.ts";
import { columnOf, createDataset, selectRows } from "./dataset.ts";
import { inView } from "./features.ts";
import type { DataPart } from "./memory.ts";
import type { NegativesSchema } from "./schema.ts";
import type { ClientRows } from "./split.ts";

export interface NegativesRule extends Omit<NegativesSchema, "drawn"> {
  /** How many things there are: the size of the index feature. */
  readonly size: number;
}

/**
 * The rows of clients over one data set, each with its negatives. The first of each keeps the row's example id; copy k has that of
 * k data sets further.
 */
export function withNegatives<Rows extends ClientRows>(
  { dataset, ids }: DataPart,
  clients: readonly Rows[],
  rule: NegativesRule,
  random: Random,
): { readonly part: DataPart; readonly clients: readonly Rows[] } {
  const chance = negativesChance(random);
  if (columnOf(dataset, `feature/${rule.feature}`).rowShape.length > 0)
    throw new TributaryError("invalid-data", `Expected one "${rule.feature}" a row to draw others for, got several`);
  const things = columnOf(dataset, `feature/${rule.feature}`).data;
  const people = rule.per === undefined ? undefined : columnOf(dataset, `target/${rule.per}`).data;
  const from: number[] = [];
  const drawn: number[] = [];
  const drawnIds: number[] = [];
  const draw = (rows: Int32Array, count: number, taken: Taken): Int32Array => {
    const first = from.length;
    for (const row of rows) {
      const known = taken(row);
      if (known.size >= rule.size) throw nothingLeft(rule, known.size);
      for (let copy = 0; copy < count; copy++) {
        const id = ids[row]! + copy * dataset.rows;
        from.push(row);
        drawnIds.push(id);
        drawn.push(drawnNegative(chance, id, known, rule.size));
      }
    }
    return Int32Array.from({ length: from.length - first }, (_, i) => first + i);
  };
  const takenIn = (...parts: readonly Int32Array[]): Taken => takenBy(things, people, ...parts);
  const expanded = clients.map((own) => ({
    ...own,
    train: draw(own.train, rule.train, takenIn(own.train)),
    test: draw(own.test, rule.test, takenIn(own.train, own.test)),
  }));
  const repeated = selectRows(dataset, from);
  const column = inView(`feature/${rule.feature}`, rule.view);
  const columns = [...repeated.columns.values()].map((own) =>
    own.name === column ? { ...own, data: Int32Array.from(drawn) } : own,
  );
  const replaced = createDataset(from.length, columns, repeated.origin);
  return { part: { dataset: replaced, ids: Int32Array.from(drawnIds) }, clients: expanded };
}

/** What the person of a row took. */
export type Taken = (row: number) => ReadonlySet<number>;

/** What each person took in these rows; without `people`, everybody is one. */
export function takenBy(
  things: ArrayLike<number>,
  people: ArrayLike<number> | undefined,
  ...parts: readonly Int32Array[]
): Taken {
  const sets = new Map<number, Set<number>>();
  const personOf = (row: number): number => people?.[row] ?? 0;
  for (const rows of parts)
    for (const row of rows) {
      const known = sets.get(personOf(row)) ?? new Set();
      sets.set(personOf(row), known.add(things[row]!));
    }
  return (row) => sets.get(personOf(row))!;
}

/** The chance that draws before round 1, or in a round, of the run's fork for data. */
export const negativesChance = (random: Random, round?: number): Random =>
  round === undefined ? random.fork("negatives") : random.fork("negatives", round);

/** A thing below `size` that is not known, for the row of this example id: by chance, until one is found; there is one. */
export function drawnNegative(chance: Random, id: number, known: ReadonlySet<number>, size: number): number {
  const own = chance.nth(id);
  for (;;) {
    const thing = own.integer(size);
    if (!known.has(thing)) return thing;
  }
}

const nothingLeft = ({ feature, size }: NegativesRule, taken: number): TributaryError =>
  new TributaryError(
    "invalid-data",
    `Expected something of "${feature}" that was not taken, to draw negatives from: ${taken} of ${size} are in the rows of one group`,
  );
