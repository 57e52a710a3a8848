/**
 * A fleet: clients that can be given work, over threads (`threads.ts`), over a network, or in a test. No thread, stream or
 * socket type appears here.
 *
 *     for await (const report of fleet.run(task, place, cohort, signal)) …
 *
 * `run` offers the task to every client of the cohort and yields what becomes of it, as it comes, until everyone has answered
 * or `signal` says stop; then it ends, and nothing of it is still at work. A client that leaves is a report, not an exception:
 * it is the normal case. An exception means that the fleet itself is broken, or that a client's work is (a bug, which names the
 * client and carries its stack).
 *
 * Carriers may fold before they report: one report may answer for many clients, with the sum of their vectors. Since sums over
 * clients do not depend on order or grouping, it is the same bits. A fleet runs one exchange at a time.
 *
 * `place` says where in the run the exchange stands: a carrier that keeps what was acknowledged keeps it under that name, and does not
 * ask again for what it has. Evaluations stand outside of the rounds, and nothing of them is kept.
 */
import type { Answer } from "../../shared/protocol/answer.ts";
import type { Task, Vector } from "../../shared/protocol/task.ts";
import type { Ring } from "../../shared/secure/ring.ts";
import type { VectorSum } from "../../shared/sum.ts";
import type { Place } from "../round/place.ts";
import type { ClientId } from "../round/round.ts";

export interface Fleet extends AsyncDisposable {
  /** Everyone, sorted. */
  readonly members: readonly ClientId[];
  /** Those who are there for a round, sorted; everyone where a fleet cannot tell. */
  present?(round: number): readonly ClientId[];
  run(task: Task, place: Place | undefined, cohort: readonly ClientId[], signal: AbortSignal): AsyncIterable<Report>;
}

export type Report = Accepted | Departed;

export interface Accepted {
  readonly type: "accepted";
  /** Of each client that is answered for. */
  readonly answers: readonly Answer[];
  /**
   * For each row of a train or gradient exchange, the sum of these clients' vectors: Σ aₖ·Δₖ, or Σ ∇numeratorₖ per objective.
   * Valid until the fleet's next exchange. Answers with weight 0 or numbers that are not finite have no part in it. Empty where
   * the assignment says `report: each`.
   */
  readonly vectors: readonly VectorSum[];
  /** Where it says so: each client's own vectors, as it sent them, of all that would have a part in the sum. Valid as long. */
  readonly updates?: readonly ClientVectors[];
  /** Where answers are masked: their sum mod 2³², and no vectors. Valid as long. */
  readonly masked?: Ring;
}

export interface ClientVectors {
  readonly client: ClientId;
  /** One for each row: Δₖ, or ∇numeratorₖ per objective. */
  readonly vectors: readonly Vector[];
}

export interface Departed {
  readonly type: "left";
  readonly client: ClientId;
  readonly reason: string;
}
