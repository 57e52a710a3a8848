/**
 * One error class with a closed set of codes. A message names the thing, what was expected, and what came:
 *
 *     new TributaryError("shape-mismatch", "Expected 32 labels, one per row of logits, got 31")
 */
export type ErrorCode =
  | "invalid-experiment" // the experiment file: every problem with file, line and column
  | "invalid-data" // a data file: row and column named
  | "invalid-program" // a graph that may not run: operation, shape, memory or cost
  | "invalid-option" // a command-line flag or a function's option
  | "shape-mismatch"
  | "unknown-name" // the name that came, and the names that are known
  | "missing-file"
  | "invalid-keys" // a certificate, a key or a list of revocations that is missing or no good
  | "unauthenticated" // who it is has not been shown
  | "forbidden" // who it is may not do this
  | "exhausted" // more than the limits allow: later
  | "diverged" // a run whose loss or model left the finite numbers
  | "quorum-not-reached"
  | "corrupt-run" // a run directory whose files do not fit together
  | "out-of-memory" // a model, its activations and its data that do not fit into one heap of 4 GiB
  | "worker-failed" // a client of a simulation, or the thread it ran in, broke
  | "already-exists" // something else has this name, or the place of an update is taken by other bytes
  | "data-loss" // an upload that is shorter than its claim, or has another hash
  | "unknown-lease" // an answer to what nobody has asked of this client
  | "incompatible" // another protocol, or kernels that compute other bits
  | "unavailable" // not now, or not reachable: safe to try again
  | "stale-round" // an answer to a round, or to a pass of one, that is over
  | "stale-upload" // its place has been opened anew, on another connection
  | "disk-full" // nothing is accepted until space is freed
  | "locked" // another daemon has this directory
  | "fenced" // another daemon has taken this directory over
  | "storage-failed" // a write or sync failed: what is on disk is uncertain, and the process ends
  | "corrupt-journal" // a store whose bytes are not those that were written: file and offset named
  | "newer-version" // data written by a later version
  | "interrupted";

export class TributaryError extends Error {
  override readonly name = "TributaryError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The refusal of a name: says which name came, and lists those that are known. */
export function unknownName(kind: string, name: string, known: Iterable<string>): TributaryError {
  const names = [...known];
  const expected = names.length === 0 ? "there is none" : `expected one of ${names.join(", ")}`;
  return new TributaryError("unknown-name", `Unknown ${kind} "${name}": ${expected}`);
}
