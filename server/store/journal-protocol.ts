/** What the main thread and the journal's thread say to each other. */
import type { ErrorCode } from "../../shared/errors.ts";
import type { OpenedJournal, Request } from "./journal-engine.ts";

export interface JournalSetup {
  readonly folder: string;
}

export type ToJournal =
  /** `waits`: whoever asks goes on when it is on disk. Otherwise it rides along with the next transaction that is waited for. */
  | { readonly type: "request"; readonly id: number; readonly request: Request; readonly waits: boolean }
  | { readonly type: "close" };

export type FromJournal =
  | { readonly type: "opened"; readonly opened: OpenedJournal }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  /** Of one request. */
  | { readonly type: "refused"; readonly id: number; readonly error: Failure }
  /** Nothing can be written any more; every request that is waited for has failed. */
  | { readonly type: "lost"; readonly error: Failure }
  | { readonly type: "closed" };

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}
