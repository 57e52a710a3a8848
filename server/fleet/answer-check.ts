/**
 * Whether what a client sends answers what it was asked: names, order, counts, sizes, and no number that is not finite unless it says so
 * itself. Checked before anything is acknowledged or added up; sizes are ours, never the client's claim.
 */
import { TributaryError } from "../../shared/errors.ts";
import { isPartOfSum, isSound, type Answer } from "../../shared/protocol/answer.ts";
import type { ClipConfig } from "../../shared/experiment/federation.ts";
import type { SheetLayout } from "../../shared/protocol/sheet.ts";
import { clipOf, type Task, type Vector } from "../../shared/protocol/task.ts";
import { dot } from "../../shared/tensor/vector.ts";
import { clientWeight } from "../../shared/updates/client-weight.ts";
import { secureProblems } from "./secure-check.ts";

/** An encoded answer is never larger: so many numbers and names it has, and room for statistics. */
export const answerBytes = ({ objectives, sums }: SheetLayout, statisticsBytes: number): number =>
  1024 +
  objectives.reduce((total, name) => total + name.length * 4 + 64, 0) +
  sums.reduce((total, { name, size }) => total + name.length * 4 + 8 * size + 16, 0) +
  statisticsBytes;

/** What an answer is held to. */
export interface Expected {
  readonly run: string;
  readonly layout: SheetLayout;
  /** Undefined where the client has not been prepared yet. */
  readonly registered?: Claims | undefined;
}

/** Throws "invalid-data" with every problem of the answer. */
export function checkAnswer(answer: Answer, task: Task, { run, layout, registered }: Expected): void {
  const problems: string[] = [];
  const { weight, steps, clipped, overflow, nonFinite, norm, contributions, sums, statistics } = answer;
  const counts = { steps, "clipped.examples": clipped.examples, "clipped.update": clipped.update, overflow, nonFinite };
  for (const [name, value] of Object.entries(counts))
    if (!Number.isSafeInteger(value) || value < 0) problems.push(`${name}: expected a count, got ${value}`);
  if (!(Number.isFinite(weight) && weight >= 0))
    problems.push(`weight: expected a finite number of at least 0, got ${weight}`);
  if (isSound(answer) && !(Number.isFinite(norm) && norm >= 0))
    problems.push(`norm: expected a finite number of at least 0, got ${norm}`);
  const names = contributions.map(({ objective }) => objective);
  if (names.join("\n") !== layout.objectives.join("\n"))
    problems.push(
      `contributions: expected ${layout.objectives.join(", ")} in this order, got ${names.join(", ") || "none"}`,
    );
  for (const { objective, examples, ignored, numerator, denominator } of contributions) {
    for (const [name, value] of Object.entries({ examples, ignored }))
      if (!Number.isSafeInteger(value) || value < 0)
        problems.push(`${objective}.${name}: expected a count, got ${value}`);
    if (nonFinite > 0) continue; // it says itself that something is not finite, and is added to nothing
    if (!Number.isFinite(numerator))
      problems.push(`${objective}.numerator: expected a finite number, got ${numerator}`);
    if (!(Number.isFinite(denominator) && denominator >= 0))
      problems.push(`${objective}.denominator: expected a finite number of at least 0, got ${denominator}`);
  }
  const sizes = new Map(layout.sums.map(({ name, size }) => [name, size]));
  for (const [name, values] of Object.entries(sums)) {
    const size = sizes.get(name);
    if (size === undefined)
      problems.push(`sums: expected some of ${[...sizes.keys()].join(", ") || "none"}, got "${name}"`);
    else if (values.length !== size) problems.push(`sums ${name}: expected ${size} numbers, got ${values.length}`);
  }
  if ((task.kind === "statistics") !== (statistics !== undefined))
    problems.push(
      `statistics: expected ${task.kind === "statistics" ? "some" : "none"}, got ${statistics ? "some" : "none"}`,
    );
  if (task.kind === "secure") problems.push(...secureProblems(answer.client, answer.secure, task, run));
  else if (answer.secure !== undefined) problems.push("secure: expected none, got some");
  if (problems.length === 0 && registered !== undefined && !isMasking(task))
    problems.push(...overstated(answer, task, registered));
  refuse(answer.client, problems);
}

/** What it counts for is under its mask. */
const isMasking = (task: Task): boolean => "masking" in task;

/** What is known here of what a client may count for. */
export interface Claims {
  /** For each objective, over its training rows, as the client has said when it was prepared. */
  readonly denominators: readonly number[];
  /** What objectives count for, where the task does not say. */
  readonly weights: readonly number[];
  /** Whether every objective is trained, and counts, by itself. */
  readonly apart: boolean;
}

/** Sums over the same rows in another order differ by less. */
const rounding = 1e-6;

/** What a client says it counts for is known here; it may count for less, never for more. */
function overstated({ client, weight, contributions }: Answer, task: Task, registered: Claims): string[] {
  const { denominators, weights, apart } = registered;
  const problems: string[] = [];
  const own =
    task.kind !== "train" || apart
      ? 1
      : (task.shares?.get(client) ?? clientWeight(task.totals, denominators, task.weights ?? weights).weight);
  if (weight !== 0 && Math.abs(weight - own) > rounding * own)
    problems.push(`weight: expected ${own}, by the denominators it has registered, got ${weight}`);
  if (task.kind !== "gradient" && !(task.kind === "train" && apart)) return problems; // else they count local steps, and weigh nothing
  contributions.forEach(({ objective, denominator }, i) => {
    const most = denominators[i]!;
    if (denominator > most * (1 + rounding))
      problems.push(`${objective}.denominator: expected at most ${most}, as it has registered, got ${denominator}`);
  });
  return problems;
}

/** Rounding to 16 bits lengthens a vector that was clipped by less than that. */
const slack = 1 + 1 / 128;

/**
 * Throws "invalid-data" with the vector and the index of the first number that is not finite, alone or times what it counts in the sum,
 * where the answer says all are; and where they are together longer than everybody clips them to.
 */
export function checkVectors(
  answer: Answer,
  vectors: readonly Vector[],
  { task, clip }: { readonly task: Task; readonly clip: Pick<ClipConfig, "perClient"> },
): void {
  if (!isPartOfSum(answer)) return;
  const factor = task.kind === "train" ? answer.weight : 1;
  const problems = vectors.flatMap((vector, i) => {
    const at = vector.findIndex((x) => !Number.isFinite(x * factor));
    if (at < 0) return [];
    const times = Number.isFinite(vector[at]!) ? ` times a weight of ${factor}` : "";
    return [`vector ${i}: expected finite numbers, got ${vector[at]!}${times} at ${at}`];
  });
  const norm = Math.sqrt(vectors.reduce((sum, vector) => sum + dot(vector, vector), 0));
  const bound = clipOf(task) ?? clip.perClient;
  if (bound !== undefined && norm > bound * slack)
    problems.push(`vectors: expected a norm of at most ${bound}, to which updates are clipped, got ${norm}`);
  refuse(answer.client, problems);
}

function refuse(client: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new TributaryError("invalid-data", problems.map((problem) => `The answer of ${client}: ${problem}`).join("\n"));
}
