import type { Fleet } from "./fleet.ts";

/** A fleet beside which rows that belong to nobody are held, by another, under this name: only they are asked of it. */
export const withHeldOut = (fleet: Fleet, heldOut: Fleet, name: string): Fleet => ({
  get members() {
    return fleet.members;
  },
  present: (round) => fleet.present?.(round) ?? fleet.members,
  run: (task, place, cohort, signal) => (cohort.includes(name) ? heldOut : fleet).run(task, place, cohort, signal),
  async [Symbol.asyncDispose]() {
    await heldOut[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  },
});
