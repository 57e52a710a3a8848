import type { RoundPolicy, RoundState } from "./round.ts";

/** At most so many names in the sentence. */
const named = 3;

/**
 * Why a round does not go on, in words, from its state alone:
 *
 *     round 7, train: waiting for 2 of 8 (clinic-3, clinic-5) for 40 s; 20 s left of the deadline; 6 answers, quorum 5
 *
 * `now` in ms, on the clock of the events.
 */
export function whyWaiting(state: RoundState, now: number, policy: RoundPolicy): string {
  const round = `round ${state.round}`;
  switch (state.phase) {
    case "selecting":
      return `${round}: choosing clients`;
    case "exchanging": {
      const { waitingFor, receipts, left, since, needed } = state;
      const asked = waitingFor.length + receipts.length;
      const names = waitingFor.slice(0, named).join(", ") + (waitingFor.length > named ? ", …" : "");
      const deadline =
        policy.deadlineMs === undefined
          ? "no deadline"
          : `${inSeconds(Math.max(0, since + policy.deadlineMs - now))} left of the deadline`;
      const departed = left.length === 0 ? "" : `; ${left.length} left`;
      return (
        `${round}, ${policy.exchanges[state.exchange]!.name}: waiting for ${waitingFor.length} of ${asked} (${names}) ` +
        `for ${inSeconds(now - since)}; ${deadline}; ${receipts.length} ${receipts.length === 1 ? "answer" : "answers"}, quorum ${needed}${departed}`
      );
    }
    case "aggregating":
      return `${round}: aggregating ${state.receipts.length} updates`;
    case "committed":
      return `${round}: committed`;
    case "abandoned":
      return `${round}: abandoned, ${state.reason}`;
  }
}

const inSeconds = (ms: number): string => `${ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000)} s`;
