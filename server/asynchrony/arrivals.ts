import { pow } from "../../shared/kernels/math.ts";
import type { AsynchronyConfig, StalenessConfig } from "../../shared/experiment/asynchrony.ts";
import { VectorSum } from "../../shared/sum.ts";
import { addScaled } from "../../shared/tensor/vector.ts";
import { partialSum, type PartialSum } from "../../shared/updates/partial-sum.ts";
import type { AsynchronyState, Flight, Flying } from "./asynchrony.ts";
import type { Window } from "./schedule.ts";

/** w(s) */
export function stalenessWeight(config: StalenessConfig, staleness: number): number {
  switch (config.kind) {
    case "constant":
      return 1;
    case "polynomial":
      return pow(staleness + 1, -config.exponent);
    case "hinge":
      return staleness <= config.b ? 1 : 1 / (config.a * (staleness - config.b) + 1);
  }
}

/** The state with what this window's starters have made, among what flies already. */
export function takenOff(
  config: AsynchronyConfig,
  { flights }: AsynchronyState,
  { starters }: Pick<Window, "starters">,
  made: PartialSum,
  model: Float64Array,
): Flying[] {
  const updates = new Map(made.updates.map((update) => [update.client, update]));
  const launched = starters.map((flight): Flying => {
    const update = updates.get(flight.client);
    const change = update?.kind === "change" ? update.change : undefined;
    const vector = change && Float64Array.from(change);
    if (vector && config.kind === "mixing") addScaled(vector, 1, model);
    return { ...flight, contributions: update?.contributions ?? [], vector };
  });
  return [...flights, ...launched];
}

export interface Arrived {
  readonly sum: PartialSum;
  /** What its weighted sum is divided by: K, whatever the weights. */
  readonly divisor: number;
  readonly staleness: readonly number[];
  readonly state: AsynchronyState;
}

/** What arrives in a window as one sum, and what goes on flying. `model` is what the step is taken from. */
export function arrivedIn(
  config: AsynchronyConfig,
  flying: readonly Flying[],
  { arrivals, flying: stay, now }: Window,
  {
    objectives,
    version,
    model,
  }: { readonly objectives: readonly string[]; readonly version: number; readonly model: Float64Array },
): Arrived {
  const whole = (flight: Flight): Flying =>
    flying.find(({ client, version: from }) => client === flight.client && from === flight.version)!; // each took off in its own window
  const staleness = arrivals.map((flight) => version - flight.version);
  const vector = new VectorSum(model.length);
  const answers = arrivals.flatMap((flight, i) => {
    const { contributions, vector: own } = whole(flight);
    if (own === undefined) return [];
    const weight = (config.kind === "mixing" ? config.alpha : 1) * stalenessWeight(config.staleness, staleness[i]!);
    vector.add(weight, config.kind === "mixing" ? own.map((y, j) => y - model[j]!) : own);
    return [{ weight, contributions }];
  });
  return {
    sum: partialSum(objectives, answers, [vector]),
    divisor: arrivals.length,
    staleness,
    state: { now, flights: stay.map(whole) },
  };
}
