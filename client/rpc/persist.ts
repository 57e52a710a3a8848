/**
 * What breaks off is tried again, from where it stopped: after 250 ms, and twice as long each time up to 5 s, as long as it comes
 * further; after four tries in a row that did not, it is given up, and so is the connection. A coordinator that has no room at the moment
 * says when to come again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TributaryError, type ErrorCode } from "../../shared/errors.ts";
import { backoffMs, jitter } from "./backoff.ts";
import { retryAfterMs } from "./call.ts";

/** The connection broke, bytes came other than they were sent, the coordinator's disk is full. */
const passing: ReadonlySet<ErrorCode> = new Set(["unavailable", "data-loss", "disk-full"]);
const patience = 4;

/** @param attempt one try; it tells how far it has come, in bytes of the whole */
export async function persistently<T>(attempt: (reached: (at: number) => void) => Promise<T>): Promise<T> {
  let [furthest, failures] = [0, 0];
  const reached = (at: number): void => {
    if (at <= furthest) return;
    furthest = at;
    failures = 0;
  };
  for (;;) {
    try {
      return await attempt(reached);
    } catch (error) {
      const asked = retryAfterMs(error);
      const passes = error instanceof TributaryError && passing.has(error.code);
      if (asked === undefined && (!passes || ++failures >= patience)) throw error;
      await sleep(asked ?? backoffMs(failures - 1, jitter));
    }
  }
}
