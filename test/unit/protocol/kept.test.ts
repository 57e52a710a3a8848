import { describe, expect, test } from "vitest";
import { keptInHeap, propose, recall } from "../../../client/room/keeper.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { pieceOf, settled } from "../../../shared/protocol/kept.ts";
import { layKept, readKept } from "../../../shared/protocol/kept-table.ts";

const at = (round: number): { round: number; values: Float64Array } => ({ round, values: Float64Array.of(round) });

describe("what a client keeps", () => {
  test("is promoted when its round was committed, and dropped when another one was", () => {
    expect(settled({ committed: at(3), proposed: at(5) }, 5)).toEqual({ committed: at(5), lost: false });
    expect(settled({ committed: at(3), proposed: at(5) }, 3)).toEqual({ committed: at(3), lost: false });
    expect(settled({ proposed: at(5) }, 0)).toEqual({ committed: undefined, lost: false });
  });

  test("is lost when the coordinator counts on a round that is not here", () => {
    expect(settled({}, 4)).toEqual({ committed: undefined, lost: true });
    expect(settled({ committed: at(6), proposed: at(7) }, 4)).toEqual({ committed: undefined, lost: true });
  });

  test("is cut into its pieces by name", () => {
    const keeps = [
      { name: "control", size: 2 },
      { name: "head", size: 1 },
    ];
    expect([...pieceOf(keeps, "head", Float64Array.of(1, 2, 3))]).toEqual([3]);
    expect(() => pieceOf(keeps, "body", Float64Array.of(1, 2, 3))).toThrow(
      'Expected one of control, head to be kept, got "body"',
    );
  });
});

describe("a cupboard in shared memory", () => {
  const open = (precision: "float32" | "float64") => {
    const heap = Heap.create();
    const table = layKept(heap, { clients: 2, size: 3, precision });
    return { heap, table, keeper: keptInHeap(heap, table, ["a", "b"]) };
  };

  test.each(["float32", "float64"] as const)(
    "holds what is committed while the next is proposed, in %s",
    (precision) => {
      const { keeper } = open(precision);
      const values = (x: number): Float64Array => Float64Array.of(x, x + 0.5, -x);
      expect(recall(keeper, "b", 0)).toEqual({ committed: undefined, lost: false });
      let last = 0;
      for (const [round, counts] of [
        [1, true],
        [2, false],
        [2, true],
        [4, false],
        [7, true],
        [8, true],
      ] as const) {
        propose(keeper, "b", { round, last, values: values(round) });
        const before = recall(keeper, "b", last).committed;
        expect(before === undefined ? undefined : [before.round, ...before.values]).toEqual(
          last === 0 ? undefined : [last, ...values(last)],
        );
        if (counts) last = round;
        expect(recall(keeper, "b", last).lost).toBe(false);
        expect(recall(keeper, "b", last).committed?.round).toBe(last === 0 ? undefined : last);
      }
      expect(recall(keeper, "a", 0)).toEqual({ committed: undefined, lost: false });
    },
  );

  test("leaves other clients' values alone", () => {
    const { heap, table, keeper } = open("float64");
    propose(keeper, "a", { round: 1, last: 0, values: Float64Array.of(1, 2, 3) });
    propose(keeper, "b", { round: 1, last: 0, values: Float64Array.of(4, 5, 6) });
    expect([...readKept(heap, table, 0).proposed!.values]).toEqual([1, 2, 3]);
    expect([...readKept(heap, table, 1).proposed!.values]).toEqual([4, 5, 6]);
  });
});
