/**
 * Ctrl-C, in two steps: the first asks the work to stop at the next safe point (a round, then a checkpoint), the second ends
 * the process at once.
 */
import { exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./progress.ts";

export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** @param says what is done about it, printed at the first */
export function onInterruption(stderr: Terminal, says: string): Interruption {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
    stderr.write(`\n${says}; once more to stop at once\n`);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    },
  };
}
