/** What has been answered in an exchange and not been reported yet: added up where it arrives, and handed on a few times a second. */
import { isPartOfSum, type Answer } from "../../shared/protocol/answer.ts";
import { vectorsPerClient, type Assignment } from "../../shared/protocol/assignment.ts";
import type { Task, Vector } from "../../shared/protocol/task.ts";
import { learns } from "../../shared/protocol/vectors-wire.ts";
import { VectorSum } from "../../shared/sum.ts";
import type { Accepted, ClientVectors } from "./fleet.ts";

/** Sums of at most so many numbers are reported at once, larger ones together: adding up two sums costs more than adding a client's vectors. */
const reportedAtOnce = 65_536;
export const reportEveryMs = 250;

interface Pending {
  readonly since: number;
  readonly answers: Answer[];
  readonly vectors: VectorSum[];
  readonly updates: ClientVectors[];
}

export class Batch {
  readonly #task: Task;
  readonly #assignment: Assignment;
  /** Whether each client's vectors are handed on by themselves. */
  readonly #each: boolean;
  readonly #count: number;
  #pending: Pending | undefined;

  constructor(task: Task, assignment: Assignment) {
    this.#task = task;
    this.#assignment = assignment;
    this.#each = assignment.report === "each" && learns(task);
    this.#count = learns(task) && !this.#each ? vectorsPerClient(assignment) : 0;
  }

  get isEmpty(): boolean {
    return this.#pending === undefined;
  }

  add(answer: Answer, vectors: readonly Vector[]): void {
    const pending = (this.#pending ??= this.#begin());
    pending.answers.push(answer);
    if (!isPartOfSum(answer) || vectors.length === 0) return;
    const weight = this.#task.kind === "train" ? answer.weight : 1;
    if (this.#each) pending.updates.push({ client: answer.client, vectors });
    else pending.vectors.forEach((sum, i) => sum.add(weight, vectors[i]!));
  }

  /** Whether it is to be handed on now. @param isLast nobody is waited for any more */
  isRipe(isLast: boolean): boolean {
    if (this.#pending === undefined) return false;
    const small = this.#assignment.parameters * this.#count <= reportedAtOnce;
    return small || isLast || performance.now() - this.#pending.since >= reportEveryMs;
  }

  /** All of it; the next answer begins another. */
  take(): Accepted {
    const { answers, vectors, updates } = this.#pending ?? this.#begin();
    this.#pending = undefined;
    return { type: "accepted", answers, vectors, ...(this.#each && { updates }) };
  }

  #begin(): Pending {
    const vectors = Array.from({ length: this.#count }, () => new VectorSum(this.#assignment.parameters));
    return { since: performance.now(), answers: [], vectors, updates: [] };
  }
}
