/**
 * The gate before every call, in this order:
 *
 *     limits of the address → who is it → revoked? → limits of the identity → may its role do this → is its key enrolled
 *
 * One interceptor for all services, so that no handler can forget it. Every refusal is audited and counted, answers with a
 * status that says what was expected, and says when to come again where it is a matter of time (trailer `retry-after-ms`). Calls
 * that are let in are known for as long as they live, so that a revocation ends them.
 *
 * What a client sends that makes no sense ends that call, and counts as a strike; after too many the client is cut off for a while, with
 * all its calls and connections.
 */
import { Metadata, ServerInterceptingCall, status, type ServerInterceptor, type ServerListener } from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import type { Role } from "../../shared/identity/identity.ts";
import type { Enrolments } from "../identity/enrolment.ts";
import type { Logger } from "../telemetry/logger.ts";
import { addressOf, callerOf, text, tokenKey, type Caller } from "./caller.ts";
import type { Limits } from "./limits.ts";
import { Malformed } from "./malformed.ts";
import { RetryLater } from "./status.ts";

export interface Refusal {
  readonly id: string;
  readonly role: Role | "unknown";
  readonly address: string;
  readonly method: string;
  readonly code: string;
  readonly reason: string;
}

export interface GateParts {
  readonly limits: Limits;
  readonly enrolments: Enrolments;
  /** Which roles may call a method; undefined where there is no such method for anybody. */
  readonly rolesOf: (method: string) => readonly Role[] | undefined;
  /** The method that brings a new client in. */
  readonly enrolMethod: string;
  readonly onRefusal: (refusal: Refusal) => void;
  /** Called when a call ends, with the name of its status. */
  readonly onEnd?: (method: string, code: string, ms: number) => void;
  /** A call whose first message does not come within so long is ended: gRPC waits for ever for one that was announced. @default 10 s */
  readonly firstMessageMs?: number;
  /** What every answer says of this coordinator in its trailers, beside its clock: versions, for `tributary doctor`. */
  readonly facts?: Readonly<Record<string, string>>;
  /** Ends the connection from this address and port, once what is on its way has been sent. */
  readonly endConnection?: (peer: string) => void;
  readonly log: Logger;
}

/** The coordinator's clock, ms since 1970. */
const clockTrailer = "tributary-clock-ms";

/** Longer than this nobody is made to wait for its turn to send bytes. */
const longestPauseMs = 5000;

type InnerCall = Parameters<ServerInterceptor>[1];

export class Gate {
  readonly #parts: GateParts;
  readonly #live = new Map<InnerCall, Caller>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const began = performance.now();
    let caller: Caller | undefined;
    let first: NodeJS.Timeout | undefined;
    const listener: ServerListener = {
      onReceiveMetadata: (metadata, next) => {
        this.#admit(path, call, metadata).then(
          (admitted) => {
            caller = admitted;
            this.#live.set(call, admitted);
            first = setTimeout(() => {
              const { firstMessageMs = 10_000 } = this.#parts;
              this.#refuse(
                path,
                call,
                metadata,
                new TributaryError("unavailable", `No message came within ${firstMessageMs} ms`),
                admitted,
              );
            }, this.#parts.firstMessageMs ?? 10_000);
            next(metadata);
          },
          (error: unknown) => {
            this.#refuse(path, call, metadata, error);
          },
        );
      },
      onReceiveMessage: (message, next) => {
        clearTimeout(first);
        if (message instanceof Malformed) {
          const error = new TributaryError("invalid-data", `The message cannot be decoded: ${message.reason}`);
          this.#refuse(path, call, new Metadata(), error, caller);
          return;
        }
        const wait = caller === undefined ? 0 : this.#parts.limits.bytesOf(caller.identity.id, bytesIn(message));
        if (wait === 0) next(message);
        else if (wait <= longestPauseMs) setTimeout(next, wait, message);
        else {
          const error = new RetryLater(`${caller!.identity.id} sends more bytes than the limits allow`, wait);
          this.#refuse(path, call, new Metadata(), error, caller);
        }
      },
      onReceiveHalfClose: (next) => {
        clearTimeout(first); // nothing more will come, and gRPC says what was missing
        next();
      },
      onCancel: () => {
        clearTimeout(first);
        this.#live.delete(call);
      },
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(listener);
      },
      sendStatus: (ended, next) => {
        clearTimeout(first);
        this.#live.delete(call);
        this.#parts.onEnd?.(path, status[ended.code], performance.now() - began);
        next({ ...ended, metadata: this.#factsBeside(ended.metadata ?? undefined) });
        if (ended.code === status.INVALID_ARGUMENT && caller !== undefined) this.#strike(path, call, caller);
      },
    });
  };

  /** Ends the calls of everybody whose key has been revoked; answers with their ids. */
  endRevoked(): string[] {
    const ended = new Set<string>();
    for (const [call, { identity, proven }] of this.#live) {
      try {
        if (proven) this.#parts.enrolments.mustNotBeRevoked(identity);
      } catch (error) {
        ended.add(identity.id);
        this.#live.delete(call);
        call.sendStatus({ code: status.UNAUTHENTICATED, details: (error as Error).message });
      }
    }
    return [...ended];
  }

  get liveCalls(): number {
    return this.#live.size;
  }

  async #admit(method: string, call: InnerCall, metadata: Metadata): Promise<Caller> {
    const { limits, enrolments, rolesOf, enrolMethod } = this.#parts;
    mustWait(limits.call(addressOf(call)), "This address makes more calls, or has more refused, than the limits allow");
    const caller = callerOf(call, metadata);
    const { identity, proven } = caller;
    mustWait(limits.barred(struckName(caller)), tooManyStrikes(caller));
    if (proven) enrolments.mustNotBeRevoked(identity);
    mustWait(limits.callOf(`${identity.role}/${identity.id}`), `${identity.id} makes more calls than the limits allow`);
    const allowed = rolesOf(method);
    if (allowed === undefined || (proven && !allowed.includes(identity.role))) {
      const expected = allowed === undefined ? "nobody" : allowed.join(" or ");
      throw new TributaryError("forbidden", `${method} is for ${expected}, and ${identity.id} is a ${identity.role}`);
    }
    if (proven && identity.role === "client") {
      if (method === enrolMethod) await enrolments.enrol(identity, text(metadata, tokenKey));
      else enrolments.mustBeEnrolled(identity);
    }
    return caller;
  }

  #factsBeside(metadata = new Metadata()): Metadata {
    metadata.set(clockTrailer, String(Date.now()));
    for (const [name, value] of Object.entries(this.#parts.facts ?? {})) metadata.set(name, value);
    return metadata;
  }

  #refuse(method: string, call: InnerCall, metadata: Metadata, error: unknown, known?: Caller): void {
    const address = addressOf(call);
    const { code, details, trailers } = statusOf(error);
    this.#live.delete(call);
    if (code === status.INTERNAL) this.#parts.log.error({ err: error, method, address }, "the gate broke");
    const caller = known ?? whoever(call, metadata);
    this.#parts.limits.refused(address);
    this.#tellRefusal(method, { ...caller, address }, { code, details });
    this.#parts.onEnd?.(method, status[code], 0);
    call.sendStatus({ code, details, metadata: this.#factsBeside(trailers) });
    if (code === status.INVALID_ARGUMENT && caller !== undefined) this.#strike(method, call, caller);
  }

  #tellRefusal(
    method: string,
    { identity, address }: Partial<Caller> & { readonly address: string },
    { code, details }: { readonly code: status; readonly details: string },
  ): void {
    const { id, role } = identity ?? { id: "unknown", role: "unknown" as const };
    this.#parts.onRefusal({ id, role, address, method, code: status[code], reason: details });
  }

  /** One more of a client's messages made no sense; operators may err as often as they like. */
  #strike(method: string, call: InnerCall, caller: Caller): void {
    if (caller.identity.role !== "client") return;
    const name = struckName(caller);
    const wait = this.#parts.limits.strike(name);
    if (wait === 0) return;
    const others = [...this.#live].filter(([, other]) => struckName(other) === name).map(([one]) => one);
    const error = new RetryLater(tooManyStrikes(caller), wait);
    if (others.length === 0)
      this.#tellRefusal(method, caller, { code: status.RESOURCE_EXHAUSTED, details: error.message });
    for (const one of others) this.#refuse(method, one, new Metadata(), error, caller);
    for (const one of new Set([call, ...others])) this.#parts.endConnection?.(one.getPeer());
  }
}

/** Whom strikes count against: a name that is only claimed stands for its address. */
const struckName = ({ identity: { role, id }, proven, address }: Caller): string =>
  proven ? `${role}/${id}` : `${address}/${role}/${id}`;

const tooManyStrikes = ({ identity }: Caller): string =>
  `${identity.id} has sent too many messages that make no sense, and is cut off for a while: is it of the same version?`;

function mustWait(ms: number, message: string): void {
  if (ms > 0) throw new RetryLater(message, ms);
}

function statusOf(error: unknown): { code: status; details: string; trailers: Metadata } {
  const trailers = new Metadata();
  if (!(error instanceof TributaryError)) return { code: status.INTERNAL, details: "internal error", trailers };
  if (error instanceof RetryLater) trailers.set("retry-after-ms", String(error.afterMs));
  const codes = {
    unauthenticated: status.UNAUTHENTICATED,
    forbidden: status.PERMISSION_DENIED,
    exhausted: status.RESOURCE_EXHAUSTED,
    unavailable: status.UNAVAILABLE,
    "invalid-data": status.INVALID_ARGUMENT,
  };
  const code = error.code in codes ? codes[error.code as keyof typeof codes] : status.INTERNAL;
  return { code, details: error.message, trailers };
}

function whoever(call: InnerCall, metadata: Metadata): Caller | undefined {
  try {
    return callerOf(call, metadata);
  } catch {
    return undefined; // it names nobody: that is why it is refused
  }
}

/** The bytes of a message's chunks: what is large in a message is in its `bytes` fields, or in those of the one-of it carries. */
function bytesIn(message: unknown, depth = 2): number {
  if (message instanceof Uint8Array) return message.byteLength;
  if (depth === 0 || typeof message !== "object" || message === null) return 0;
  return Object.values(message).reduce<number>((sum, value) => sum + bytesIn(value, depth - 1), 0);
}
