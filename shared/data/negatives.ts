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
 * among them keeps what is held out unknown to training. A held-out row's are none of all its group's rows. Drawn once, before
 * round 1; chance is keyed by the row's example id, so that it draws alike wherever it lies.
 *
 * Source  Rendle et al. (2009), §4; He et al. (2017), §4.1, for 99 beside each held-out row
 */
import { TributaryError } from "../errors.ts";
import type { Random } from "../random.ts";
import { columnOf, createDataset, selectRows } from "./dataset.ts";
import { inView } from "./features.ts";
import type { DataPart } from "./memory.ts";
import type { ClientRows } from "./split.ts";

export interface NegativesRule {
  /** The view in which another thing stands. */
  readonly view: string;
  /** The index feature that holds things. */
  readonly feature: string;
  /** How many there are: its size. */
  readonly size: number;
  /** The target whose equal values are one person's rows; when left out, a client is one person. */
  readonly per?: string | undefined;
  /** Negatives of each training row, and of each held-out row. */
  readonly train: number;
  readonly test: number;
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
      const own = random.fork("negatives", ids[row]!);
      for (let copy = 0; copy < count; copy++) {
        from.push(row);
        drawnIds.push(ids[row]! + copy * dataset.rows);
        drawn.push(unknown(known, rule.size, own));
      }
    }
    return Int32Array.from({ length: from.length - first }, (_, i) => first + i);
  };
  const takenIn = (...parts: readonly Int32Array[]): Taken => {
    const sets = new Map<number, Set<number>>();
    const personOf = (row: number): number => people?.[row] ?? 0;
    for (const rows of parts)
      for (const row of rows) {
        const known = sets.get(personOf(row)) ?? new Set();
        sets.set(personOf(row), known.add(things[row]!));
      }
    return (row) => sets.get(personOf(row))!;
  };
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

type Taken = (row: number) => ReadonlySet<number>;

/** A thing below `size` that is not known: by chance, until one is found; there is one. */
function unknown(known: ReadonlySet<number>, size: number, random: Random): number {
  for (;;) {
    const thing = random.integer(size);
    if (!known.has(thing)) return thing;
  }
}

const nothingLeft = ({ feature, size }: NegativesRule, taken: number): TributaryError =>
  new TributaryError(
    "invalid-data",
    `Expected something of "${feature}" that was not taken, to draw negatives from: ${taken} of ${size} are in the rows of one group`,
  );
