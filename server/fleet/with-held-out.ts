import type { Fleet } from "./fleet.ts";

/** A fleet beside which rows that belong to nobody are held, by another: only they can be asked of it. */
export const withHeldOut = (fleet: Fleet, heldOut: Fleet): Fleet => ({
  get members() {
    return fleet.members;
  },
  present: (round) => fleet.present?.(round) ?? fleet.members,
  run: (task, place, cohort, signal) =>
    (cohort.every((client) => fleet.members.includes(client)) ? fleet : heldOut).run(task, place, cohort, signal),
  async [Symbol.asyncDispose]() {
    await heldOut[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  },
});
