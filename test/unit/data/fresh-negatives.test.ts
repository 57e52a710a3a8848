/** What training draws anew: over rounds every thing that was not taken, the same wherever a row lies, and nothing stored is touched. */
import { describe, expect, test } from "vitest";
import { FreshNegatives } from "../../../client/room/fresh-negatives.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import type { ColumnView } from "../../../shared/kernels/trainer.ts";

const users = [0, 1, 0, 1];
const items = [0, 0, 1, 5];
const size = 6;

/** The negatives of rows laid out in this order, and the column they are drawn into. */
function laid(order: readonly number[]) {
  const heap = Heap.create();
  const column = (input: string, values: readonly number[]): ColumnView => {
    const offset = heap.allocate(4 * values.length);
    heap.int32(offset, values.length).set(values);
    return { input, dtype: "int32", offset, rowSize: 1 };
  };
  const of = (values: readonly number[]): number[] => order.map((row) => values[row]!);
  const place = {
    things: column("feature/item", of(items)),
    people: column("target/person", of(users)),
    ids: column("exampleId", [...order]),
    drawn: column("feature/item@other", of([9, 9, 9, 9])),
  };
  const schema = {
    features: { index: { item: size } },
    targets: {},
    negatives: { view: "other", feature: "item", per: "person", train: 1, test: 1, drawn: "each-round" },
  } as const;
  const negatives = new FreshNegatives({ seed: 3, schema }, heap, order.length, place);
  const drawn = heap.int32(place.drawn.offset, order.length);
  const all = Int32Array.from(order, (_, i) => i);
  /** Of every row by its id. */
  const inRound = (round: number, rows = all): number[] => {
    negatives.draw("c", all, rows, round);
    return order.map((_, id) => drawn[order.indexOf(id)]!);
  };
  return { inRound, negatives, place };
}

describe("negatives of a round", () => {
  test("are what the person did not take, and in many rounds all of it", () => {
    const { inRound } = laid([0, 1, 2, 3]);
    const rounds = Array.from({ length: 60 }, (_, round) => inRound(round));
    const of = (row: number): number[] => [...new Set(rounds.map((drawn) => drawn[row]!))].sort();
    expect([of(0), of(2)]).toEqual([
      [2, 3, 4, 5],
      [2, 3, 4, 5],
    ]);
    expect([of(1), of(3)]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
  });

  test("depend on the round and the row's id alone", () => {
    const [here, there] = [laid([0, 1, 2, 3]), laid([3, 1, 0, 2])];
    expect(here.inRound(5)).toEqual(there.inRound(5));
    const fifth = here.inRound(5);
    here.inRound(6);
    expect(here.inRound(5)).toEqual(fifth);
  });

  test("are drawn for the rows of the batch alone", () => {
    expect(
      laid([0, 1, 2, 3])
        .inRound(1, Int32Array.of(2))
        .map((thing) => thing === 9),
    ).toEqual([true, true, false, true]);
  });

  test("feed the input that the stored column fed, and no other", () => {
    const { negatives, place } = laid([0, 1, 2, 3]);
    const stored = { ...place.drawn, offset: 0 };
    expect(negatives.inPlaceOf(stored)).toBe(place.drawn);
    expect(negatives.inPlaceOf(place.things)).toBe(place.things);
  });
});
