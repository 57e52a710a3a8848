/** The thread that answers `tributary loss --json`: a line in, a line out. It may break on a hostile request; `loss-lines.ts` starts another. */
import { parentPort } from "node:worker_threads";
import { TributaryError } from "../shared/errors.ts";
import { decodeTrial } from "../shared/objectives/trial-request.ts";
import { lossTrials } from "./loss-engines.ts";

const attempt = lossTrials();

parentPort!.on("message", (line: string) => {
  parentPort!.postMessage(JSON.stringify(answerTo(line)));
});

function answerTo(line: string): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { error: `not JSON: ${(error as Error).message}` }; // JSON.parse throws nothing but SyntaxError
  }
  try {
    return attempt(decodeTrial(request));
  } catch (error) {
    if (error instanceof TributaryError) return { error: error.message };
    return { error: `this request cannot be answered: ${error instanceof Error ? error.message : String(error)}` };
  }
}
