import type { RunEvent } from "../server/events.ts";
import { createLogger, logLevel } from "../server/telemetry/logger.ts";
import type { Context } from "./context.ts";
import { exitCodeOfRun } from "./exit-codes.ts";

/** Every event as one line of JSON on stdout, `fields` first; what deserves attention also as a log line on stderr. */
export function jsonLines(context: Context, fields: object = {}): (event: RunEvent) => void {
  const log = createLogger(logLevel("warn"));
  return (event) => {
    context.stdout.write(`${JSON.stringify({ ...fields, ...event })}\n`);
    if (event.event === "abandoned") log.warn({ ...fields, round: event.round, attempt: event.attempt }, event.reason);
    if (event.event === "finished" && exitCodeOfRun(event.stopReason) !== 0) {
      log.warn({ ...fields, round: event.rounds, stopReason: event.stopReason }, event.explanation);
    }
  };
}
