/** Rounds that wait for nobody, from the state of a run and back into it. */
import type { AsynchronyConfig } from "../../shared/experiment/asynchrony.ts";
import type { Goal } from "../../shared/experiment/goal.ts";
import type { Random } from "../../shared/random.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import { arrivedIn, takenOff, type Arrived } from "../asynchrony/arrivals.ts";
import { startFlights } from "../asynchrony/asynchrony.ts";
import { windowOf, type Window } from "../asynchrony/schedule.ts";
import type { LearningParts, RunState } from "./learning-parts.ts";

/** Who begins on the model of this state, and who arrives before the next. */
export function windowAfter(
  { model: { version }, asynchrony: state = startFlights }: RunState,
  { fleet, clock = () => 1 }: LearningParts,
  { asynchrony, random }: { readonly asynchrony: AsynchronyConfig; readonly random: Random },
): Window {
  return windowOf(state.now, state.flights, {
    ...asynchrony,
    size: asynchrony.kind === "buffered" ? asynchrony.size : 1,
    version,
    members: fleet.members,
    random,
    seconds: (client) => clock(client, version + 1),
  });
}

/** What arrives in a window, some of it made in this round. */
export function landing(
  { model: { version, parameters }, asynchrony: state = startFlights }: RunState,
  made: PartialSum,
  window: Window,
  { asynchrony, goals }: { readonly asynchrony: AsynchronyConfig; readonly goals: readonly Goal[] },
): Arrived {
  const flying = takenOff(asynchrony, state, window, made, parameters);
  return arrivedIn(asynchrony, flying, window, {
    objectives: goals.map(({ name }) => name),
    version,
    model: parameters,
  });
}
