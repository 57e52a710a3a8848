/**
 * What breaks off is tried again, from where it stopped: after 250 ms, and twice as long each time up to 5 s, as long as it comes
 * further; after four tries in a row that did not, it is given up, and so is the connection. A coordinator that has no room at the moment
 * says when to come again; one that has said so for ten minutes is given up as well.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TributaryError, type ErrorCode } from "../../shared/errors.ts";
import { backoffMs, jitter } from "./backoff.ts";
import { retryAfterMs } from "./call.ts";

/** The connection broke, bytes came other than they were sent, the coordinator's disk is full. */
const passing: ReadonlySet<ErrorCode> = new Set(["unavailable", "data-loss", "disk-full"]);
const patience = 4;

export interface Persistence {
  /** What is tried, for messages: "the model". */
  readonly what: string;
  /** How long it may be put off without coming any further, in ms. @default 10 min */
  readonly longestMs?: number;
  /** Told why it waits, before it does. */
  readonly onWait?: ((reason: string) => void) | undefined;
}

/**
 * Throws the last try's error; "exhausted" where it was put off for too long.
 *
 * @param attempt one try; it tells how far it has come, in bytes of the whole
 */
export async function persistently<T>(
  attempt: (reached: (at: number) => void) => Promise<T>,
  { what, longestMs = 600_000, onWait }: Persistence,
): Promise<T> {
  let [furthest, failures, since] = [0, 0, performance.now()];
  const reached = (at: number): void => {
    if (at <= furthest) return;
    furthest = at;
    failures = 0;
    since = performance.now();
  };
  for (;;) {
    try {
      return await attempt(reached);
    } catch (error) {
      const asked = retryAfterMs(error);
      const passes = error instanceof TributaryError && passing.has(error.code);
      if (asked === undefined && (!passes || ++failures >= patience)) throw error;
      const { message } = error as Error;
      if (asked !== undefined && performance.now() + asked - since > longestMs)
        throw new TributaryError("exhausted", `${what} has been put off for ${longestMs / 1000} s: ${message}`, {
          cause: (error as Error).cause,
        });
      onWait?.(message);
      await sleep(asked ?? backoffMs(failures - 1, jitter));
    }
  }
}
