import type { StopReason } from "../server/events.ts";
import { TributaryError, type ErrorCode } from "../shared/errors.ts";

/** 0 done · 1 failed · 2 bad usage or configuration · 130 interrupted, after a checkpoint. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What the caller can put right by writing the command or the experiment differently. */
const usage: ReadonlySet<ErrorCode> = new Set(["invalid-experiment", "invalid-option", "unknown-name", "missing-file"]);

/** What the process says to its caller about an error. Anything that is not ours is a failure. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof TributaryError)) return exitCodes.failed;
  if (error.code === "interrupted") return exitCodes.interrupted;
  return usage.has(error.code) ? exitCodes.usage : exitCodes.failed;
}

/** A run that came to an end of its own is done, whatever ended it; one that diverged has failed. */
export function exitCodeOfRun(reason: StopReason): number {
  if (reason === "interrupted") return exitCodes.interrupted;
  return reason === "diverged" ? exitCodes.failed : exitCodes.done;
}
