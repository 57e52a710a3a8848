import type { RoundHistory } from "../round/history.ts";
import type { RunId, Store } from "./store.ts";

/** The history of one run's rounds, in a store. */
export const historyIn = (
  store: Pick<Store, "transitions" | "record" | "leave" | "settle">,
  run: RunId,
): RoundHistory => ({
  past: (round, attempt) => store.transitions(run, round, attempt),
  record: (transition) => {
    store.record(run, transition);
  },
  leave: (place, clients, reason) => store.leave(run, place, clients, reason),
  settle: () => store.settle(),
});
