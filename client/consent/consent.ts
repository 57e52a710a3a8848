/**
 * Whether a client agrees: its policy against what it is asked, before it does anything. An answer is a list of reasons, and the
 * empty list is consent. A refusal goes back as a report with its reasons, and the round counts the client among those who left.
 */
import { costOf } from "../../shared/graph/cost.ts";
import type { Program } from "../../shared/graph/program.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import { weekdays, type Policy, type QuietHours } from "./policy.ts";

/** What it is about an assignment that consent is asked for. */
export type Asked = Pick<Assignment, "precision" | "work" | "evaluation" | "counting" | "sums" | "slopes" | "tuning">;

/** What a client is asked to agree to. */
export interface Proposal {
  readonly assignment: Asked;
  /** The least number of clients whose updates are added together before anyone sees the sum; 1 where single updates are seen. */
  readonly leastCohort: number;
  /** ε of the whole run for this client's rows; absent where nothing bounds it. */
  readonly epsilon?: number;
  /** Whether the client itself adds the noise that this rests on. @default false */
  readonly ownNoise?: boolean;
}

/** Why the client does not take part in a run: what does not change from task to task. */
export function objectionsTo(
  { assignment, leastCohort, epsilon, ownNoise = false }: Proposal,
  policy: Policy,
): string[] {
  const programs = programsOf(assignment);
  return [
    ...Object.entries(programs).flatMap(([name, program]) => objectionsToProgram(name, program, assignment, policy)),
    ...(leastCohort < policy.leastCohort
      ? [
          `${leastCohort === 1 ? "the update of 1 client may be seen by itself" : `updates of ${leastCohort} clients may be seen by themselves`}: expected at least ${policy.leastCohort} (leastCohort)`,
        ]
      : []),
    ...(policy.mostEpsilon !== undefined && (epsilon === undefined || epsilon > policy.mostEpsilon)
      ? [
          `${epsilon === undefined ? "no ε bounds what the model tells" : `ε is ${epsilon}`}: expected at most ${policy.mostEpsilon} (mostEpsilon)`,
        ]
      : []),
    ...(policy.noise === "own" && !ownNoise
      ? ["updates would leave this client without noise of its own: expected privacy.mechanism local or dp-sgd (noise)"]
      : []),
  ];
}

/** Why the client does not work at this moment. */
export function objectionsNow({ quietHours }: Policy, now: Date): string[] {
  return quietHours
    .filter((quiet) => isQuiet(quiet, now))
    .map(({ from, until }) => `it is quiet here from ${from} until ${until} (quietHours)`);
}

function objectionsToProgram(name: string, program: Program, { precision }: Asked, policy: Policy): string[] {
  const { allow, deny } = policy.operations;
  const used = [...new Set(program.nodes.map(({ operation }) => operation))].sort();
  const refused = used.filter(
    (operation) => deny.includes(operation) || (allow !== undefined && !allow.includes(operation)),
  );
  const { flops, memoryBytes } = costOf(program, precision);
  const { gigaflopsPerBatch = Infinity, memoryMegabytes = Infinity } = policy.cost;
  return [
    ...(refused.length > 0 ? [`the ${name} program uses ${refused.join(", ")} (operations)`] : []),
    ...(flops > gigaflopsPerBatch * 1e9
      ? [
          `a batch of the ${name} program takes ${flops / 1e9} gigaflops: expected at most ${gigaflopsPerBatch} (cost.gigaflopsPerBatch)`,
        ]
      : []),
    ...(memoryBytes > memoryMegabytes * 1e6
      ? [
          `the ${name} program takes ${memoryBytes / 1e6} MB: expected at most ${memoryMegabytes} (cost.memoryMegabytes)`,
        ]
      : []),
    ...(policy.programs !== undefined && !policy.programs.includes(program.hash)
      ? [`the ${name} program ${program.hash} is not among those that are allowed (programs)`]
      : []),
  ];
}

/** Every program that an assignment makes the client run, by what it is for. */
export const programsOf = ({ work, evaluation, counting, sums, slopes, tuning }: Asked): Record<string, Program> => ({
  work,
  evaluation,
  counting,
  ...(sums && { sums }),
  ...(slopes && { slopes }),
  ...(tuning && { tuning }),
});

function isQuiet({ from, until, days }: QuietHours, now: Date): boolean {
  const minute = now.getHours() * 60 + now.getMinutes();
  const [start, end] = [minutesOf(from), minutesOf(until)];
  const begins = (daysAgo: number): boolean => days.includes(weekdays[(now.getDay() + 7 - daysAgo) % 7]!);
  if (start < end) return begins(0) && minute >= start && minute < end;
  return (begins(0) && minute >= start) || (begins(1) && minute < end);
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return hours! * 60 + minutes!;
}
