/** A fleet whose clients are not always there (`simulation.availability`): whoever is asked in a round that it misses leaves that round. */
import type { AvailabilityConfig } from "../../shared/experiment/simulated.ts";
import type { Task } from "../../shared/protocol/task.ts";
import type { Random } from "../../shared/random.ts";
import type { Fleet, Report } from "../fleet/fleet.ts";
import type { Place } from "../round/place.ts";

export class IntermittentFleet implements Fleet {
  readonly members: readonly string[];
  readonly #fleet: Fleet;
  readonly #isThere: (client: string, round: number) => boolean;

  constructor(fleet: Fleet, availability: AvailabilityConfig, random: Random) {
    this.members = fleet.members;
    this.#fleet = fleet;
    this.#isThere = isThere(availability, random);
  }

  present(round: number): readonly string[] {
    return this.members.filter((client) => this.#isThere(client, round));
  }

  async *run(
    task: Task,
    place: Place | undefined,
    cohort: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<Report> {
    const round = place?.round ?? 0; // evaluations and the preparation wait for everyone
    const absent = round === 0 ? [] : cohort.filter((client) => !this.#isThere(client, round));
    for (const client of absent) yield { type: "left", client, reason: `is not there in round ${round}` };
    const there = absent.length === 0 ? cohort : cohort.filter((client) => !absent.includes(client));
    yield* this.#fleet.run(task, place, there, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet[Symbol.asyncDispose]();
  }
}

function isThere(availability: AvailabilityConfig, random: Random): (client: string, round: number) => boolean {
  if (availability.kind === "random")
    return (client, round) => random.fork("round", round, client).uniform() < availability.share;
  const { period, on } = availability;
  return (client, round) => (round + random.fork("shift", client).integer(period)) % period < on;
}
