/** The one table from our errors to the wire. An error of any other kind crosses it as "internal error", and reaches the log whole. */
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { TributaryError, type ErrorCode } from "../../shared/errors.ts";

export const statusByCode = {
  "invalid-experiment": status.INVALID_ARGUMENT,
  "invalid-data": status.INVALID_ARGUMENT,
  "invalid-program": status.INVALID_ARGUMENT,
  "invalid-option": status.INVALID_ARGUMENT,
  "shape-mismatch": status.INVALID_ARGUMENT,
  "unknown-name": status.NOT_FOUND,
  "unknown-lease": status.NOT_FOUND,
  "missing-file": status.NOT_FOUND,
  "invalid-keys": status.UNAUTHENTICATED,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  exhausted: status.RESOURCE_EXHAUSTED,
  "out-of-memory": status.RESOURCE_EXHAUSTED,
  incompatible: status.FAILED_PRECONDITION, // do not retry: another version is needed
  "stale-round": status.FAILED_PRECONDITION, // do not retry: wait for the next offer
  "stale-upload": status.ABORTED, // another connection of the same client goes on with it
  "already-exists": status.ALREADY_EXISTS,
  "data-loss": status.DATA_LOSS, // the bytes were not those that were claimed: send them again
  "disk-full": status.UNAVAILABLE, // safe to retry, later
  unavailable: status.UNAVAILABLE,
  diverged: status.ABORTED,
  "quorum-not-reached": status.ABORTED,
  "corrupt-run": status.INTERNAL,
  "worker-failed": status.INTERNAL,
  locked: status.UNAVAILABLE,
  fenced: status.UNAVAILABLE,
  "storage-failed": status.UNAVAILABLE,
  "corrupt-journal": status.INTERNAL,
  "newer-version": status.FAILED_PRECONDITION,
  interrupted: status.CANCELLED,
} satisfies Record<ErrorCode, status>;

/** Told apart from other refusals: the same call may be made again after `afterMs`, which the trailer `retry-after-ms` says. */
export class RetryLater extends TributaryError {
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super("exhausted", `${message}: expected again in ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

/** What a call ends with; `report` hears of errors that are none of ours. */
export function toServiceError(
  error: unknown,
  report: (error: unknown) => void,
): Partial<ServiceError> & { code: status; details: string } {
  if (error instanceof TributaryError) {
    const metadata = new Metadata();
    metadata.set("tributary-code", error.code);
    if (error instanceof RetryLater) metadata.set("retry-after-ms", String(error.afterMs));
    return { code: statusByCode[error.code], details: error.message, metadata };
  }
  report(error);
  return { code: status.INTERNAL, details: "internal error" };
}
