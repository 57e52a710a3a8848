import { confidantIn } from "../../client/room/confidant.ts";
import { keptInHeap } from "../../client/room/keeper.ts";
import { Room } from "../../client/room/room.ts";
import { vaultInHeap } from "../../client/secure/heap-vault.ts";
import { runTask } from "../../client/run-task.ts";
import type { ClientVectors, Fleet, Report } from "../../server/fleet/fleet.ts";
import type { ThreadFleetOptions } from "../../server/fleet/threads.ts";
import type { Place } from "../../server/round/place.ts";
import { isPartOfSum } from "../../shared/protocol/answer.ts";
import { vectorsPerClient, type Shard } from "../../shared/protocol/assignment.ts";
import { maskedLength, maskedShape } from "../../shared/protocol/masked.ts";
import type { Task } from "../../shared/protocol/task.ts";
import { Random } from "../../shared/random.ts";
import { addRing } from "../../shared/secure/ring.ts";
import { VectorSum } from "../../shared/sum.ts";

export interface MemoryFleetOptions {
  /** Clients answer in an order drawn from this, in groups of one to three. */
  readonly order?: Random;
  /** Clients that leave instead of answering this task. */
  readonly leave?: (client: string, task: Task) => boolean;
}

/** A fleet without threads: the same room, in this thread, in any order. */
export class MemoryFleet implements Fleet {
  readonly members: readonly string[];
  readonly #shards: ReadonlyMap<string, Shard>;
  readonly #room: Room;
  readonly #options: MemoryFleetOptions;

  constructor(
    { heap, assignment, data, clients, members, kept, vault, discretion }: Omit<ThreadFleetOptions, "threads">,
    options: MemoryFleetOptions = {},
  ) {
    this.members = [...members].sort();
    this.#options = options;
    const names = clients.map(({ client }) => client);
    this.#room = new Room(assignment, heap, data, {
      keeper: kept && keptInHeap(heap, kept, names),
      confidant: discretion && confidantIn(discretion.terms, discretion.secret),
      vault: vault && vaultInHeap(heap, vault, names),
    });
    this.#shards = new Map(
      clients.map((rows) => [rows.client, { ...rows, denominators: new Float64Array(assignment.objectives.length) }]),
    );
  }

  async *run(
    task: Task,
    _place: Place | undefined,
    cohort: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Report> {
    const { order = Random.seeded(0), leave } = this.#options;
    const waiting = order.shuffle([...cohort]);
    while (waiting.length > 0 && !signal.aborted) {
      await Promise.resolve();
      const group = waiting.splice(0, 1 + order.integer(3));
      for (const client of group.filter((one) => leave?.(one, task) === true))
        yield { type: "left", client, reason: "gone" };
      const answering = group.filter((one) => leave?.(one, task) !== true);
      if (answering.length > 0) yield this.#answer(task, answering);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #answer(task: Task, group: readonly string[]): Report {
    const { assignment } = this.#room;
    const learns = task.kind === "train" || task.kind === "gradient";
    const each = assignment.report === "each";
    const count = learns && !each && assignment.secureSums === undefined ? vectorsPerClient(assignment) : 0;
    const { secureSums } = assignment;
    const masked =
      learns && secureSums !== undefined ? new Int32Array(maskedLength(maskedShape(assignment))) : undefined;
    const vectors = Array.from({ length: count }, () => new VectorSum(assignment.parameters));
    const updates: ClientVectors[] = [];
    const answers = group.map((client) => {
      const reply = runTask(task, this.#shards.get(client)!, this.#room);
      if (learns && isPartOfSum(reply.answer)) {
        const weight = task.kind === "train" ? reply.answer.weight : 1;
        if (masked !== undefined && reply.masked !== undefined) addRing(masked, reply.masked);
        else if (each) updates.push({ client, vectors: reply.vectors.map((vector) => vector.slice()) });
        else reply.vectors.forEach((vector, i) => vectors[i]!.add(weight, vector));
      }
      return reply.answer;
    });
    return { type: "accepted", answers, vectors, ...(learns && each && { updates }), ...(masked && { masked }) };
  }
}
