/** The cohort of a round: drawn by the strategy's selection, cut to those who report first, and told apart into quick and slow ones. */
import { cohortOf } from "../../shared/experiment/selection.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Random } from "../../shared/random.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { startSelection, type Selection, type SelectionSeen, type SelectionState } from "../selection/selection.ts";
import { firstToReport, type Clock } from "./clock.ts";
import { sharesOf, stragglersIn } from "./client-axis.ts";
import type { Roster } from "./roster.ts";
import type { ClientId } from "./round.ts";

export interface CohortParts {
  readonly experiment: Experiment;
  readonly selection: Selection;
  readonly fleet: Fleet;
  readonly roster: Roster;
  /** In the experiment's order. */
  readonly objectiveWeights: readonly number[];
  /** The run's own fork, the same in every round. */
  readonly run: Random;
  /** Of a simulation. */
  readonly clock?: Clock | undefined;
  readonly state: SelectionState | undefined;
  readonly ask: SelectionSeen["ask"];
  readonly secret?: Uint8Array | undefined;
}

export interface Cohort {
  /** One drawn twice stands in it twice. */
  readonly clients: readonly ClientId[];
  /** What each of them counts with, where the draw says so; those who leave are left out of it later. */
  readonly weights: ReadonlyMap<ClientId, number> | undefined;
  readonly divisor: number | undefined;
  /** The passes of those who make fewer than they are asked. */
  readonly epochs: ReadonlyMap<ClientId, number> | undefined;
}

/** `known` is a cohort that this very attempt drew before a restart. */
export async function cohortIn(
  round: number,
  random: Random,
  known: readonly ClientId[] | undefined,
  parts: CohortParts,
): Promise<Cohort> {
  const {
    experiment,
    selection,
    fleet,
    roster,
    objectiveWeights,
    run,
    clock,
    state = startSelection,
    ask,
    secret,
  } = parts;
  const { clients } = experiment.federation;
  const everyone = fleet.members;
  const members = clients.available === "only" ? (fleet.present?.(round) ?? everyone) : everyone;
  const needed = cohortOf(clients.select, everyone.length);
  const sizes = sharesOf(everyone, objectiveWeights, roster);
  const seen: SelectionSeen = {
    round,
    count: Math.min(everyone.length, Math.ceil(needed * clients.overSelection)),
    members,
    everyone,
    size: (client) => sizes.get(client) ?? 0,
    random: random.fork("selection"),
    run: run.fork("selection"),
    state,
    secret,
    ask,
    secondsOf: (client) => clock?.(client, round),
  };
  const reports = (drawn: readonly ClientId[]): readonly ClientId[] => {
    if (clock === undefined || clients.overSelection === 1) return drawn;
    const there = new Set(fleet.present?.(round) ?? everyone);
    const lot = (client: ClientId): number => random.fork("lot", client).uniform();
    const seconds = (client: ClientId): number => clock(client, round);
    return firstToReport(
      drawn.filter((client) => there.has(client)),
      needed,
      { seconds, lot },
    );
  };
  const drawn = known ?? reports(await selection.draw(seen));
  const epochs = slowIn(drawn, experiment, random);
  const dropped = epochs !== undefined && experiment.simulation?.stragglers?.work === "drop" && known === undefined;
  return {
    clients: dropped ? drawn.filter((client) => !epochs.has(client)) : drawn,
    weights: selection.weights?.(drawn, seen),
    divisor: selection.divisor?.(seen),
    epochs: experiment.simulation?.stragglers?.work === "drop" ? undefined : epochs,
  };
}

function slowIn(
  drawn: readonly ClientId[],
  { simulation, federation }: Experiment,
  random: Random,
): ReadonlyMap<ClientId, number> | undefined {
  const stragglers = simulation?.stragglers;
  if (stragglers === undefined || federation.mode !== "update" || federation.local.epochs === undefined)
    return undefined;
  return stragglersIn(drawn, stragglers, federation.local.epochs, random.fork("stragglers"));
}
