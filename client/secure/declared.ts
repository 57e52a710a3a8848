/**
 * What a coordinator has declared it is held to: where sums are to be secure, an assignment without masks, with other levels or a lower
 * threshold, and a task that would have the client tell more than the declaration says, are refused.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import type { Task } from "../../shared/protocol/task.ts";

/** What an answer to such a task would tell of the client's own rows, unmasked. */
const tells: Readonly<Partial<Record<Task["kind"], string>>> = {
  evaluate: "evaluations",
  statistics: "statistics",
  sums: "sums",
};

/** Throws "forbidden" with what was declared and what is asked. */
export function mustBeAsDeclared(
  { federation }: Pick<Experiment, "federation">,
  { secureSums: given }: Pick<Assignment, "secureSums">,
  { kind }: Task,
): void {
  const { secureSums: declared } = federation;
  if (declared === undefined) return;
  const { clip, levels, threshold, inTheClear } = declared;
  if (given?.clip !== clip || given.levels !== levels || given.threshold !== threshold)
    throw new TributaryError(
      "forbidden",
      `Secure sums were declared with ${JSON.stringify({ clip, levels, threshold })}, and are assigned with ${given === undefined ? "nothing" : JSON.stringify(given)}: refused`,
    );
  const told = tells[kind];
  if (told === undefined || inTheClear.some((what) => what === told)) return;
  throw new TributaryError(
    "forbidden",
    `Secure sums were declared, and ${told} of this client's own rows are asked for, which are not among what is told in the clear (${inTheClear.join(", ") || "nothing"}): refused`,
  );
}
