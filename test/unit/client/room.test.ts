import { expect, test } from "vitest";
import { Room } from "../../../client/room/room.ts";
import { simulateOver } from "../../../server/simulation/simulate.ts";
import { Random } from "../../../shared/random.ts";
import { MemoryFleet } from "../../support/memory-fleet.ts";
import { dealt, drawRows, scene } from "../../support/scene.ts";

test("a room beside another one makes nothing large again: programs, models and vectors are there once for all clients of a run", async () => {
  const experiment = scene(dealt(drawRows(12, Random.seeded(3)), 2), {
    model: "{ trunk: { kind: mlp, units: [64, 64] }, heads: { y: 1 } }",
    federation: "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1 } }",
  });
  const used: number[] = [];
  await simulateOver((clients) => {
    const { assignment, heap, data } = clients;
    const work = (room: Room): Room => {
      const before = heap.used;
      room.start(new Float64Array(assignment.parameters));
      expect(room.vectors.length + room.own.length).toBeGreaterThan(assignment.parameters);
      expect([room.work, room.evaluation].map(({ batchSize }) => batchSize > 0)).toEqual([true, true]);
      used.push(heap.used - before);
      return room;
    };
    const first = work(new Room(assignment, heap, data));
    work(new Room(assignment, heap, data, { beside: first }));
    return new MemoryFleet(clients);
  }, experiment);
  expect(used[0]).toBeGreaterThan(4 * 8 * 64 * 64);
  expect(used[1]).toBe(0);
});
