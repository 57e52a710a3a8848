/** What every call of a worker or an operator needs: its silence noticed, its back-pressure obeyed, its end told as one of our errors. */
import { logVerbosity, setLogVerbosity, status, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { TributaryError, type ErrorCode } from "../../shared/errors.ts";

// What gRPC would write to stderr of every try is told as the error of a call, in our words.
if (process.env["GRPC_VERBOSITY"] === undefined) setLogVerbosity(logVerbosity.NONE);

/**
 * The messages of a call, each within `silenceMs` of the one before. Time that the reader takes for one is not counted, nor time in which this
 * process stood still: what came meanwhile has to be looked at first.
 */
export async function* watched<Message>(
  call: AsyncIterable<Message> & { cancel(): void },
  silenceMs: number,
  address: string,
): AsyncGenerator<Message> {
  let silent = false;
  let watch: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const due = performance.now() + silenceMs;
    watch = setTimeout(() => {
      if (performance.now() - due > silenceMs / 4) {
        wait();
        return;
      }
      silent = true;
      call.cancel();
    }, silenceMs);
  };
  wait();
  try {
    for await (const message of call) {
      clearTimeout(watch);
      yield message;
      wait();
    }
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the timer sets it
    if (silent)
      throw new TributaryError("unavailable", `${address} has been silent for ${silenceMs} ms`, { cause: error });
    throw errorOf(error as ServiceError, address);
  } finally {
    clearTimeout(watch);
  }
}

interface Drainable {
  cancel(): void;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** Until there is room, or the call is over; whoever reads it hears why. */
export function drained(call: Drainable, deadlineMs: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(() => {
      call.cancel();
    }, deadlineMs);
    const finish = (): void => {
      clearTimeout(timer);
      for (const event of ["drain", "close", "error"]) call.off(event, finish);
      done();
    };
    for (const event of ["drain", "close", "error"]) call.on(event, finish);
  });
}

const codes: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: "invalid-data",
  [status.NOT_FOUND]: "unknown-name",
  [status.PERMISSION_DENIED]: "forbidden",
  [status.UNAUTHENTICATED]: "unauthenticated",
  [status.RESOURCE_EXHAUSTED]: "exhausted",
  [status.FAILED_PRECONDITION]: "incompatible",
  [status.ALREADY_EXISTS]: "already-exists",
  [status.DATA_LOSS]: "data-loss",
};

/** A status as our error: by the code the coordinator names, or else by the status itself. */
export function errorOf(error: ServiceError, address: string): Error {
  if (error instanceof TributaryError || typeof error.code !== "number") return error;
  const [named] = (error.metadata as Metadata | undefined)?.get("tributary-code") ?? [];
  const code = typeof named === "string" ? (named as ErrorCode) : (codes[error.code] ?? "unavailable"); // theirs are ours
  return new TributaryError(code, `${address}: ${inWords(error.details || error.message)}`, { cause: error });
}

/** What gRPC says of a connection that does not come about, as somebody would who has to do something about it. */
function inWords(details: string): string {
  const [, last] =
    /^No connection established\. Last error: (?:Error: )?(.*?)\.? Resolution note: ?/s.exec(details) ?? [];
  if (details.startsWith("Name resolution failed"))
    return "nobody knows a machine of that name: correct --coordinator, or the name server";
  if (last === undefined) return details;
  if (last.includes("ECONNREFUSED"))
    return "nobody listens there (ECONNREFUSED): is the coordinator running, and on this port?";
  return last === "undefined" || last.startsWith("Failed to connect")
    ? "no connection comes about"
    : `no connection comes about: ${last}`;
}

/** After how many ms the coordinator wants the same call again, where it says so. */
export function retryAfterMs(error: unknown): number | undefined {
  const cause = error instanceof TributaryError ? error.cause : undefined;
  const metadata = cause instanceof Error && "metadata" in cause ? (cause as ServiceError).metadata : undefined;
  const ms = Number(metadata?.get("retry-after-ms")[0]);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
