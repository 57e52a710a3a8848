/** The thread that answers `tributary privacy --json`. */
import { answerPrivacy } from "../shared/privacy/privacy-request.ts";
import { serveRequests } from "./request-worker.ts";

serveRequests(answerPrivacy);
