/** The thread that answers `tributary loss --json`. */
import { decodeTrial } from "../shared/objectives/trial-request.ts";
import { lossTrials } from "./loss-engines.ts";
import { serveRequests } from "./request-worker.ts";

const attempt = lossTrials();

serveRequests((request) => attempt(decodeTrial(request)));
