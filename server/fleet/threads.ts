/**
 * A fleet of worker threads on this machine: every client is simulated, its rows lie in one shared memory, and T threads share the
 * clients of an exchange among themselves. One job per thread and exchange; `shared/protocol/thread-work.ts` says what lies
 * where. A thread folds what it computes: one partial sum per thread comes back, whatever the number of clients.
 *
 *     await using fleet = new ThreadFleet({ heap, assignment, data, clients, threads: 2 });
 *     const task = { kind: "evaluate", parameters, part: "test" } as const;
 *     for await (const report of fleet.run(task, undefined, fleet.members, signal)) …
 *
 * The clients' work is ours, so when it throws, that is an error of the run: it names the client and carries its stack. A thread
 * that dies (out of memory, say) ends the exchange with an error too; nothing waits for it.
 */
import { Piscina } from "piscina";
import { builtFile } from "../../shared/built.ts";
import type { ClientRows } from "../../shared/data/split.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import { addAnswers, isPartOfSum, type Answer } from "../../shared/protocol/answer.ts";
import { vectorsPerClient, type Assignment, type RoomData } from "../../shared/protocol/assignment.ts";
import type { KeptTable } from "../../shared/protocol/kept-table.ts";
import { maskedLength, maskedShape } from "../../shared/protocol/masked.ts";
import { readSheet, sheetLayout, type SheetLayout } from "../../shared/protocol/sheet.ts";
import type { Task, Vector } from "../../shared/protocol/task.ts";
import type {
  Desk,
  SharedDiscretion,
  ThreadAnswer,
  ThreadJob,
  ThreadSetup,
} from "../../shared/protocol/thread-work.ts";
import type { VaultTable } from "../../shared/protocol/vault-table.ts";
import type { Ring } from "../../shared/secure/ring.ts";
import { updateBytes, vectorAt } from "../../shared/protocol/update-table.ts";
import { VectorSum } from "../../shared/sum.ts";
import type { Place } from "../round/place.ts";
import { layDesk, layShards } from "./desk.ts";
import type { ClientVectors, Fleet, Report } from "./fleet.ts";
import { itemsOf, type Item } from "./items.ts";

export interface ThreadFleetOptions {
  readonly heap: Heap;
  readonly assignment: Assignment;
  readonly data: RoomData;
  /** Every client's rows; also those of held-out data that belong to nobody, under a name that is not among `members`. */
  readonly clients: readonly ClientRows[];
  readonly members: readonly string[];
  readonly threads: number;
  /** Where the clients keep what is theirs from round to round, by their numbers in `clients`. */
  readonly kept?: KeptTable;
  /** Where they note what they have answered of secure sums, by the same numbers. */
  readonly vault?: VaultTable;
  /** What the clients keep to themselves, where they add noise. */
  readonly discretion?: SharedDiscretion | undefined;
  /** What runs in a thread; another one in tests of threads that break. */
  readonly entry?: string;
}

export class ThreadFleet implements Fleet {
  readonly members: readonly string[];
  readonly #options: ThreadFleetOptions;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #sheet: SheetLayout;
  readonly #desk: Desk;
  readonly #pool: Piscina<ThreadJob, ThreadAnswer>;
  #updates = { address: 0, items: 0 };

  constructor(options: ThreadFleetOptions) {
    const {
      heap,
      assignment,
      data,
      clients,
      members,
      threads,
      kept,
      vault,
      discretion,
      entry = builtFile("client/thread.js"),
    } = options;
    this.members = [...members].sort();
    this.#options = options;
    this.#numbers = new Map(clients.map(({ client }, i) => [client, i]));
    this.#sheet = sheetLayout(assignment);
    this.#desk = layDesk(heap, { clients, assignment, threads, sheet: this.#sheet.size });
    const shards = layShards(heap, clients, assignment.objectives.length);
    const setup: ThreadSetup = {
      memory: heap.memory,
      assignment,
      data,
      shards,
      desk: this.#desk,
      ...(kept && { kept }),
      ...(vault && { vault }),
      ...(discretion && { discretion }),
    };
    this.#pool = new Piscina({
      filename: entry,
      workerData: setup,
      minThreads: threads,
      maxThreads: threads,
      recordTiming: false,
    });
    this.#pool.on("error", () => undefined); // a thread's death rejects the job it had, and is heard of there
  }

  async *run(
    task: Task,
    _place: Place | undefined,
    cohort: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Report> {
    const { heap, clients, assignment } = this.#options;
    const numbers = cohort.map((client) => this.#numbers.get(client)!);
    const items = itemsOf(task, numbers, clients, assignment.evaluationGroups === undefined);
    if (items.length === 0 || signal.aborted) return;
    const control = heap.int32(this.#desk.control, 2);
    const stop = (): void => void Atomics.store(control, 1, 1);
    const jobs = this.#start(task, items, stop);
    for (const job of jobs) job.catch(() => undefined); // whoever fails first is thrown below; the others' failures end here
    signal.addEventListener("abort", stop);
    try {
      for (const [slot, job] of jobs.entries()) {
        const answer = await job;
        // An evaluation is cut into pieces, which may lie with several threads: it is answered for when all are done.
        if (task.kind !== "evaluate") yield* this.#collect(task, items, answer, slot);
        else if (slot === jobs.length - 1) yield* this.#collect(task, items, answer);
      }
    } finally {
      stop();
      signal.removeEventListener("abort", stop);
      await Promise.allSettled(jobs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  /** Lays the exchange on the desk, and gives each thread its job. */
  #start(task: Task, items: readonly Item[], stop: () => void): Promise<ThreadAnswer>[] {
    const { heap, threads } = this.#options;
    const { control, items: table, owners } = this.#desk;
    if ("parameters" in task) this.#putModel(task.parameters);
    const header = "parameters" in task ? { ...task, parameters: nothing } : task;
    heap.int32(table, 3 * items.length).set(items.flatMap(({ client, from, to }) => [client, from, to]));
    heap.int32(owners, items.length).fill(0);
    heap.int32(control, 2).fill(0);
    const updates = this.#reportsEach(task) ? { updates: this.#roomForUpdates(items.length) } : {};
    return Array.from({ length: Math.min(threads, items.length) }, async (_, slot) => {
      let answer: ThreadAnswer;
      try {
        answer = await this.#pool.run({ task: header, slot, items: items.length, ...updates });
      } catch (cause) {
        stop();
        throw new TributaryError(
          "worker-failed",
          `A worker thread died in the exchange "${task.kind}": ${String(cause)}`,
          { cause },
        );
      }
      if (answer.failure === undefined) return answer;
      stop();
      throw failed(answer.failure, task);
    });
  }

  #reportsEach({ kind }: Task): boolean {
    return this.#options.assignment.report === "each" && (kind === "train" || kind === "gradient");
  }

  /** Room for the vectors of so many clients; taken again, larger, when a cohort is larger than any before. */
  #roomForUpdates(items: number): number {
    const { heap, assignment } = this.#options;
    if (items > this.#updates.items) {
      const count = Math.min(this.#options.clients.length, Math.max(items, 2 * this.#updates.items));
      this.#updates = {
        address: heap.allocate(updateBytes(count * vectorsPerClient(assignment), assignment)),
        items: count,
      };
    }
    return this.#updates.address;
  }

  /** Writes the model where the threads read it. */
  #putModel(parameters: Vector): void {
    const { heap, assignment } = this.#options;
    const at = this.#desk.parameters;
    const view =
      assignment.precision === "float32" ? heap.float32(at, parameters.length) : heap.float64(at, parameters.length);
    view.set(parameters);
  }

  /** The answers of one slot, or of all of them, and the slot's sums. */
  *#collect(
    task: Task,
    items: readonly Item[],
    { statistics, secure }: ThreadAnswer,
    slot?: number,
  ): Generator<Report> {
    const { heap, assignment, clients } = this.#options;
    const { size } = this.#sheet;
    const owners = heap.int32(this.#desk.owners, items.length);
    const sheets = heap.float64(this.#desk.sheets, items.length * size);
    const [found, said] = [new Map(statistics), new Map(secure)];
    const answers = new Map<string, Answer>();
    const unfinished = new Set<string>();
    items.forEach(({ client: number }, i) => {
      const { client } = clients[number]!;
      if (owners[i] === 0) unfinished.add(client);
      if (slot === undefined ? owners[i] === 0 : owners[i] !== slot + 1) return;
      const own = found.get(i);
      const answer = readSheet(this.#sheet, client, sheets.subarray(i * size, (i + 1) * size));
      const before = answers.get(client);
      const whole = before === undefined ? answer : addAnswers(before, answer);
      const word = said.get(i);
      answers.set(client, { ...whole, ...(own && { statistics: own }), ...(word && { secure: word }) });
    });
    const done = [...answers.values()].filter(({ client }) => !unfinished.has(client));
    if (done.length === 0) return;
    const learned = slot !== undefined && (task.kind === "train" || task.kind === "gradient");
    const vectors = learned
      ? this.#desk.sums[slot]!.map((address) => VectorSum.at(heap, address, assignment.parameters))
      : [];
    const updates = this.#reportsEach(task) ? { updates: this.#vectorsOf(done, items) } : {};
    const masked = learned ? this.#maskedIn(slot) : undefined;
    yield { type: "accepted", answers: done, vectors, ...updates, ...(masked && { masked }) };
  }

  /** A slot's sum of masked answers; undefined where they are not masked. */
  #maskedIn(slot: number): Ring | undefined {
    const { heap, assignment } = this.#options;
    const address = this.#desk.rings[slot];
    return address === undefined ? undefined : heap.int32(address, maskedLength(maskedShape(assignment)));
  }

  /** Each client's own vectors, where the threads have left them. */
  #vectorsOf(answers: readonly Answer[], items: readonly Item[]): ClientVectors[] {
    const { heap, assignment, clients } = this.#options;
    const places = new Map(items.map(({ client }, i) => [clients[client]!.client, i]));
    const count = vectorsPerClient(assignment);
    return answers.filter(isPartOfSum).map(({ client }) => {
      const first = places.get(client)! * count;
      const at = (i: number): Vector => vectorAt(heap, this.#updates.address, assignment, first + i);
      return { client, vectors: Array.from({ length: count }, (_, i) => at(i)) };
    });
  }
}

/** Stands for the model in a job's message. */
const nothing = new Float32Array(0);

function failed({ client, message, stack }: NonNullable<ThreadAnswer["failure"]>, task: Task): TributaryError {
  const cause = Object.assign(new Error(message), { stack });
  return new TributaryError(
    "worker-failed",
    `The client "${client}" failed in the exchange "${task.kind}": ${message}`,
    { cause },
  );
}
