import { describe, expect, test } from "vitest";
import { columnOf } from "../../../shared/data/dataset.ts";
import { withNegatives, type NegativesRule } from "../../../shared/data/negatives.ts";
import { toDataset } from "../../../shared/data/preprocess.ts";
import { splitLast } from "../../../shared/data/split.ts";
import { Random } from "../../../shared/random.ts";
import { tableOf } from "../../support/tables.ts";

const rule: NegativesRule = { view: "other", feature: "item", size: 6, per: "person", train: 4, test: 20 };
const random = Random.seeded(3);
const users = ["ann", "bob", "ann", "bob", "ann", "bob"];
const items = [0, 0, 1, 5, 2, 4];
const part = (rows = [0, 1, 2, 3, 4, 5]) => {
  const table = tableOf({ user: rows.map((row) => users[row]!), item: rows.map((row) => items[row]!) });
  const schema = {
    features: { index: { item: 6 } },
    views: { other: {} },
    targets: { person: { column: "user", group: true } },
  } as const;
  return { dataset: toDataset(table, { schema }), ids: Int32Array.from(rows) };
};
const train = Int32Array.of(0, 1, 2, 3);
const held = Int32Array.of(4, 5);
/** Of every row that was made: its example id, what was taken, and what was drawn. */
const madeOf = ({ part: { dataset, ids } }: Pick<ReturnType<typeof withNegatives>, "part">, rows: Int32Array) =>
  Array.from(rows, (row) => ({
    id: ids[row]!,
    taken: columnOf(dataset, "feature/item").data[row]!,
    drawn: columnOf(dataset, "feature/item@other").data[row]!,
  }));

describe("negatives", () => {
  const all = withNegatives(part(), [{ client: "c", train, test: held }], rule, random);
  const [own] = all.clients;

  test("make of each row so many, with the example id of each its own", () => {
    expect([own!.train.length, own!.test.length]).toEqual([16, 40]);
    expect(new Set(all.part.ids).size).toBe(56);
    expect(madeOf(all, own!.train).map(({ taken }) => taken)).toEqual([0, 1, 2, 3].flatMap((row) => Array<number>(4).fill(items[row]!))); // prettier-ignore
  });

  test("are never what the person took: in training rows of theirs, held out of all of theirs", () => {
    const drawnFor = (rows: Int32Array, who: string): number[] =>
      madeOf(all, rows).flatMap(({ id, drawn }) => (users[id % 6] === who ? [drawn] : []));
    expect([...new Set(drawnFor(own!.test, "ann"))].sort()).toEqual([3, 4, 5]);
    expect([...new Set(drawnFor(own!.test, "bob"))].sort()).toEqual([1, 2, 3]);
    for (const drawn of drawnFor(own!.train, "ann")) expect([2, 3, 4, 5]).toContain(drawn);
    const often = withNegatives(part(), [{ client: "c", train, test: held }], { ...rule, train: 40 }, random);
    const ann = madeOf(often, often.clients[0]!.train).filter(({ id }) => users[id % 6] === "ann");
    expect([...new Set(ann.map(({ drawn }) => drawn))].sort()).toEqual([2, 3, 4, 5]); // 2 is what she takes later
  });

  test("are the same wherever a person's rows lie", () => {
    const cut = withNegatives(
      part(),
      [
        { client: "bob", train: Int32Array.of(1, 3), test: Int32Array.of(5) },
        { client: "ann", train: Int32Array.of(0, 2), test: Int32Array.of(4) },
      ],
      rule,
      random,
    );
    const byId = (made: ReturnType<typeof madeOf>) => made.toSorted((a, b) => a.id - b.id);
    const apart = cut.clients.flatMap((client) => madeOf(cut, client.train));
    expect(byId(apart)).toEqual(byId(madeOf(all, own!.train)));
  });

  test("are refused where somebody has everything", () => {
    const full = { ...rule, size: 2 };
    expect(() => withNegatives(part(), [{ client: "c", train, test: held }], full, random)).toThrow(
      'Expected something of "item" that was not taken, to draw negatives from: 2 of 2 are in the rows of one group',
    );
  });
});

test("the last row of each group is held out: of equal ones the last, and none where there is one alone", () => {
  const groups = [1, 2, 1, 2, 1, 3, -1];
  const split = splitLast(
    Int32Array.of(0, 1, 2, 3, 4, 5, 6),
    Float64Array.of(5, 1, 9, 1, 7, 0, 8),
    (row) => groups[row]!,
  );
  expect([...split.test]).toEqual([2, 3]);
  expect([...split.train]).toEqual([0, 1, 4, 5, 6]);
});
