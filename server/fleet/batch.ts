/** What has been answered in an exchange and not been reported yet: added up where it arrives, and handed on every now and then. */
import { isPartOfSum, type Answer } from "../../shared/protocol/answer.ts";
import { vectorsPerClient, type Assignment } from "../../shared/protocol/assignment.ts";
import { maskedLength, maskedShape } from "../../shared/protocol/masked.ts";
import type { Task, Vector } from "../../shared/protocol/task.ts";
import { isMasked, learns } from "../../shared/protocol/vectors-wire.ts";
import { addRing, type Ring } from "../../shared/secure/ring.ts";
import { VectorSum } from "../../shared/sum.ts";
import type { Accepted, ClientVectors } from "./fleet.ts";

/** Sums of at most so many numbers are reported at once, larger ones together: adding up two sums costs more than adding a client's vectors. */
const reportedAtOnce = 65_536;
const reportEveryMs = 250;
/** A millisecond for so many numbers, up to 2 s: each report of a large model is a sum of its own, 16 bytes a number. */
const numbersPerMs = 1000;
const longestMs = 2000;

/** What comes with an answer: vectors, or where it is masked one ring. */
export interface Sent {
  readonly vectors: readonly Vector[];
  readonly masked?: Ring;
}

interface Pending {
  readonly since: number;
  readonly answers: Answer[];
  readonly vectors: VectorSum[];
  readonly updates: ClientVectors[];
  readonly masked: Ring | undefined;
}

export class Batch {
  readonly #task: Task;
  readonly #assignment: Assignment;
  /** Whether each client's vectors are handed on by themselves. */
  readonly #each: boolean;
  readonly #count: number;
  /** Numbers of a masked answer; undefined where answers are not masked. */
  readonly #masked: number | undefined;
  #pending: Pending | undefined;

  constructor(task: Task, assignment: Assignment) {
    this.#task = task;
    this.#assignment = assignment;
    this.#each = assignment.report === "each" && learns(task);
    const masked = isMasked(task, assignment);
    this.#count = learns(task) && !this.#each && !masked ? vectorsPerClient(assignment) : 0;
    if (masked) this.#masked = maskedLength(maskedShape(assignment));
  }

  get isEmpty(): boolean {
    return this.#pending === undefined;
  }

  add(answer: Answer, { vectors, masked }: Sent): void {
    const pending = (this.#pending ??= this.#begin());
    pending.answers.push(answer);
    if (masked !== undefined && isPartOfSum(answer)) addRing(pending.masked!, masked); // there is one where any is
    if (!isPartOfSum(answer) || vectors.length === 0) return;
    const weight = this.#task.kind === "train" ? answer.weight : 1;
    if (this.#each) pending.updates.push({ client: answer.client, vectors });
    else pending.vectors.forEach((sum, i) => sum.add(weight, vectors[i]!));
  }

  /** Whether it is to be handed on now. @param isLast nobody is waited for any more */
  isRipe(isLast: boolean): boolean {
    if (this.#pending === undefined) return false;
    return this.#numbers <= reportedAtOnce || isLast || performance.now() - this.#pending.since >= this.everyMs;
  }

  /** How long answers wait for others at most. */
  get everyMs(): number {
    return Math.min(longestMs, Math.max(reportEveryMs, this.#numbers / numbersPerMs));
  }

  get #numbers(): number {
    return Math.max(this.#assignment.parameters * this.#count, this.#masked ?? 0);
  }

  /** All of it; the next answer begins another. */
  take(): Accepted {
    const { answers, vectors, updates, masked } = this.#pending ?? this.#begin();
    this.#pending = undefined;
    return { type: "accepted", answers, vectors, ...(this.#each && { updates }), ...(masked && { masked }) };
  }

  #begin(): Pending {
    const vectors = Array.from({ length: this.#count }, () => new VectorSum(this.#assignment.parameters));
    const masked = this.#masked === undefined ? undefined : new Int32Array(this.#masked);
    return { since: performance.now(), answers: [], vectors, updates: [], masked };
  }
}
