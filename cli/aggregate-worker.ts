/** The thread that answers `tributary aggregate --json`. */
import { answerAggregation } from "../server/aggregation/trial.ts";
import { serveRequests } from "./request-worker.ts";

serveRequests(answerAggregation);
