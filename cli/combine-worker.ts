/** The thread that answers `tributary combine --json`. */
import { answerCombine } from "../shared/objectives/combine-request.ts";
import { serveRequests } from "./request-worker.ts";

serveRequests(answerCombine);
