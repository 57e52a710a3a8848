/** The thread behind `request-lines.ts`: a line in, a line out. It may break on a hostile request; another is then started. */
import { parentPort } from "node:worker_threads";
import { TributaryError } from "../shared/errors.ts";

/** Answers every line that is posted with what `attempt` makes of it, or with `{ error }`. */
export function serveRequests(attempt: (request: unknown) => object): void {
  parentPort!.on("message", (line: string) => {
    parentPort!.postMessage(JSON.stringify(answerTo(line, attempt)));
  });
}

function answerTo(line: string, attempt: (request: unknown) => object): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { error: `not JSON: ${(error as Error).message}` }; // JSON.parse throws nothing but SyntaxError
  }
  try {
    return attempt(request);
  } catch (error) {
    if (error instanceof TributaryError) return { error: error.message };
    return { error: `this request cannot be answered: ${error instanceof Error ? error.message : String(error)}` };
  }
}
