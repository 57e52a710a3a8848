/** What has become of a round: its losses, what its event tells, and what is counted from round to round. */
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { AxisReport } from "../../shared/objectives/axis.ts";
import { ExactSum } from "../../shared/sum.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Clipped } from "../strategy/clipping.ts";
import { diverged } from "./diverged.ts";
import type { LearningParts, RunState } from "./learning-parts.ts";
import type { Roster } from "./roster.ts";
import type { Learning } from "./learning.ts";

export const lossesOf = ({ objectives }: PartialSum): Record<string, number | null> =>
  Object.fromEntries(
    objectives.map(({ objective, numerator, denominator }) => {
      const total = denominator.value();
      return [objective, total === 0 ? null : numerator.value() / total];
    }),
  );

/** The sum as if no row counted for these objectives. */
export function without(sum: PartialSum, resting: ReadonlySet<string>): PartialSum {
  if (resting.size === 0) return sum;
  const empty = { examples: 0, ignored: 0, numerator: new ExactSum(), denominator: new ExactSum() };
  const objectives = sum.objectives.map((own) => (resting.has(own.objective) ? { ...own, ...empty } : own));
  return { ...sum, objectives };
}

export function mustBeFinite(round: number, broken: readonly string[]): void {
  if (broken.length === 0) return;
  const names = broken.slice(0, 3).join(", ") + (broken.length > 3 ? `, and ${broken.length - 3} more` : "");
  throw diverged(round, `the loss or the update of ${names} is not a finite number`);
}

/** What a round's event tells of how the objectives counted. */
export const axisFields = (axis: AxisReport | undefined) => ({
  weights: axis?.weights ?? null,
  stationary: axis?.stationary ?? false,
  constraints: axis?.constraints ?? {},
  infeasible: axis?.infeasible ?? [],
});

export const clippedAtClients = (
  { examples, update, cut }: ReturnType<Learning["clipped"]>,
  { federation: { clip }, privacy }: Experiment,
): Clipped => {
  const told = privacy === undefined || privacy.mechanism === "central"; // otherwise clients keep it to themselves
  return {
    ...(told && clip.perExample !== undefined && { perExample: examples }),
    ...(told && clip.perClient !== undefined && { perClient: update }),
    ...(cut !== undefined && { secureSums: cut }),
  };
};

export const rowsOf =
  ({ trainRows }: Roster) =>
  (client: string): number =>
    trainRows.get(client) ?? 0;

/** Counted only where local work goes on from round to round: nothing else asks. */
export function turnsAfter(
  turns: RunState["turns"],
  participants: readonly string[],
  { federation }: Experiment,
): RunState["turns"] {
  if (federation.mode !== "update" || !federation.local.continueAcrossRounds) return turns;
  const next = { ...turns };
  for (const client of participants) next[client] = (next[client] ?? 0) + 1;
  return next;
}

/** Counted only where clients keep something from round to round. */
export const committedAfter = (
  committed: RunState["committed"],
  participants: readonly string[],
  round: number,
  { keeps }: LearningParts,
): RunState["committed"] =>
  keeps.length === 0
    ? committed
    : { ...committed, ...Object.fromEntries(participants.map((client) => [client, round])) };
