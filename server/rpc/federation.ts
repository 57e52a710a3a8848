/** The service of proto/federation.proto: decode, call, encode, translate errors. What is decided is decided in fleet/ and run/. */
import { randomBytes } from "node:crypto";
import {
  type Metadata,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import { kernelsHash } from "../../shared/kernels/module.ts";
import { chunkBytes } from "../../shared/protocol/content.ts";
import { contentFrom, present } from "../../shared/protocol/content-wire.ts";
import { carriedBytes, orderMessage, signalFrom } from "../../shared/protocol/orders.ts";
import { commonProtocol, newestProtocol, oldestProtocol, sessionKey } from "../../shared/protocol/version.ts";
import type { Chunk } from "../../shared/protocol/wire/tributary/v1/Chunk.ts";
import type { EnrollReply } from "../../shared/protocol/wire/tributary/v1/EnrollReply.ts";
import type { EnrollRequest__Output } from "../../shared/protocol/wire/tributary/v1/EnrollRequest.ts";
import type { FetchRequest__Output } from "../../shared/protocol/wire/tributary/v1/FetchRequest.ts";
import type { Order } from "../../shared/protocol/wire/tributary/v1/Order.ts";
import type { Signal__Output } from "../../shared/protocol/wire/tributary/v1/Signal.ts";
import type { UploadPart__Output } from "../../shared/protocol/wire/tributary/v1/UploadPart.ts";
import type { UploadReply } from "../../shared/protocol/wire/tributary/v1/UploadReply.ts";
import type { Contents } from "../fleet/contents.ts";
import type { Acknowledged, Intake, Leases } from "../fleet/leases.ts";
import type { Roster } from "../fleet/roster.ts";
import type { Logger } from "../telemetry/logger.ts";
import { callerOf, text } from "./caller.ts";
import { Shares } from "./shares.ts";
import { RetryLater, toServiceError } from "./status.ts";
import { readAhead, readFrom, writeTo } from "./streams.ts";
import type { Windows } from "./window.ts";

export interface FederationParts {
  readonly roster: Roster;
  readonly contents: Contents;
  readonly leases: Leases;
  readonly heartbeatMs: number;
  readonly silenceMs: number;
  readonly limits: StreamLimits;
  /** Room for an upload among all that are under way: what gives it back, or undefined when there is none at the moment. */
  readonly room: (bytes: number) => (() => void) | undefined;
  /** Told how many bytes an identity has sent or fetched. */
  readonly onBytes?: (worker: string, direction: "up" | "down", bytes: number) => void;
  /** Told that an answer has its receipt, and how long after the offer. */
  readonly onAnswer?: (worker: string, ms: number) => void;
  readonly windows: Windows;
  readonly log: Logger;
}

export interface StreamLimits {
  /** A stream on which nothing moves for so long is ended, in ms. */
  readonly idleMs: number;
  /** An upload is never slower than that, over any `idleMs`. */
  readonly uploadBytesPerSecond: number;
  /** The first message of any call comes within so long, in ms. @default 10 s */
  readonly firstMessageMs?: number;
}

export const defaultStreamLimits: StreamLimits = { idleMs: 30_000, uploadBytesPerSecond: 16_384 };

export function federationService(parts: FederationParts): UntypedServiceImplementation {
  const sessions = new Sessions();
  const outgoing = new Shares(outgoingRoom);
  const failed = (method: string, error: unknown) =>
    toServiceError(error, (unexpected) => {
      parts.log.error({ err: unexpected, method }, "a call broke");
    });
  return {
    Enroll: (call: ServerUnaryCall<EnrollRequest__Output, EnrollReply>, callback: sendUnaryData<EnrollReply>) => {
      try {
        callback(null, enroll(call.request, sessions.open(callerOf(call, call.metadata).identity.id), parts));
      } catch (error) {
        callback(failed("Enroll", error));
      }
    },
    Attend: (call: ServerDuplexStream<Signal__Output, Order>) => {
      try {
        attend(call, sessions.holder(call, call.metadata), parts);
      } catch (error) {
        call.emit("error", failed("Attend", error));
      }
    },
    Fetch: (call: ServerWritableStream<FetchRequest__Output, Chunk>) => {
      fetch(call, sessions, outgoing, parts).then(
        () => {
          call.end();
        },
        (error: unknown) => {
          call.emit("error", failed("Fetch", error));
        },
      );
    },
    Submit: (call: ServerDuplexStream<UploadPart__Output, UploadReply>) => {
      submit(call, sessions, parts).then(
        () => {
          call.end();
        },
        (error: unknown) => {
          if (!call.cancelled) call.emit("error", failed("Submit", error));
        },
      );
    },
  };
}

/** Who has shaken hands: an identity has one session, the newest. */
class Sessions {
  readonly #sessions = new Map<string, string>();

  open(worker: string): { readonly worker: string; readonly session: string } {
    const session = randomBytes(24).toString("base64url");
    this.#sessions.set(worker, session);
    return { worker, session };
  }

  /** Throws "unauthenticated" where the call names no session of its caller. */
  holder(call: Parameters<typeof callerOf>[0], metadata: Metadata): string {
    const worker = callerOf(call, metadata).identity.id;
    const session = text(metadata, sessionKey);
    if (session !== undefined && this.#sessions.get(worker) === session) return worker;
    throw new TributaryError("unauthenticated", `Expected ${sessionKey}, as Enroll has given it last: enroll again`);
  }
}

function enroll(
  { oldestProtocol: oldest, newestProtocol: newest, kernels, version }: EnrollRequest__Output,
  { worker, session }: { readonly worker: string; readonly session: string },
  { heartbeatMs, silenceMs, log }: FederationParts,
): EnrollReply {
  const protocol = commonProtocol(oldest, newest);
  if (protocol === undefined)
    throw new TributaryError(
      "incompatible",
      `The coordinator speaks protocol ${oldestProtocol} to ${newestProtocol}, ${worker} speaks ${oldest} to ${newest}: install the same version on both`,
    );
  if (kernels !== kernelsHash())
    throw new TributaryError(
      "incompatible",
      `The coordinator computes with kernels ${kernelsHash()}, ${worker} with ${kernels || "none"}: install the same version on both`,
    );
  if (newest > newestProtocol) log.warn({ worker, newest }, "a worker speaks a newer protocol");
  log.info({ worker, version, protocol }, "worker enrolled");
  return { session, protocol, heartbeatMs, silenceMs };
}

function attend(
  call: ServerDuplexStream<Signal__Output, Order>,
  worker: string,
  { roster, onBytes, log }: FederationParts,
): void {
  const attendance = roster.attend(worker, {
    send: (order) => {
      call.write(orderMessage(order));
      const carried = carriedBytes(order);
      if (carried > 0) onBytes?.(worker, "down", carried);
    },
    close: () => {
      call.end();
    },
  });
  call.on("data", (message: Signal__Output) => {
    try {
      const signal = signalFrom(message);
      if (signal !== undefined) attendance.signal(signal);
    } catch (error) {
      log.warn({ worker, err: error }, "a signal makes no sense");
      call.emit(
        "error",
        toServiceError(error, () => undefined),
      );
      attendance.end("a signal made no sense");
    }
  });
  call.on("end", () => {
    attendance.end("left");
    call.end();
  });
  call.on("cancelled", () => {
    attendance.end("the connection broke");
  });
  call.on("error", () => {
    attendance.end("the connection broke");
  });
}

async function fetch(
  call: ServerWritableStream<FetchRequest__Output, Chunk>,
  sessions: Sessions,
  shares: Shares,
  { contents, limits, onBytes }: FederationParts,
): Promise<void> {
  const worker = sessions.holder(call, call.metadata);
  const { sha256, offset } = call.request;
  const bytes = contents.get(sha256);
  if (bytes === undefined)
    throw new TributaryError("unknown-name", `No content ${sha256.slice(0, 64)} is offered at the moment`);
  if (offset > bytes.length)
    throw new TributaryError("invalid-data", `offset: expected at most ${bytes.length}, got ${offset}`);
  using _part = shares.join();
  for (let at = offset; at < bytes.length && !call.cancelled;) {
    const piece = bytes.subarray(at, at + shares.each);
    await writeTo(call, { offset: at, bytes: piece }, limits.idleMs);
    onBytes?.(worker, "down", piece.length);
    at += piece.length;
  }
}

async function submit(
  call: ServerDuplexStream<UploadPart__Output, UploadReply>,
  sessions: Sessions,
  { leases, limits, room, windows, heartbeatMs, onBytes, onAnswer }: FederationParts,
): Promise<void> {
  const worker = sessions.holder(call, call.metadata);
  readAhead(call, 1);
  const parts: AsyncIterable<UploadPart__Output> = call.iterator({ destroyOnReturn: false }); // whoever has no more to say still hears
  const messages = readFrom(parts, {
    idleMs: limits.idleMs,
    bytesPerSecond: limits.uploadBytesPerSecond,
    sizeOf: ({ chunk }) => chunk?.bytes.length ?? 0,
  });
  const first = (await messages.next()).value as UploadPart__Output | undefined;
  const opening = present(first?.opening, "the opening of an upload");
  const content = contentFrom(opening.vectors, "vectors");
  const { sha256, size } = content;
  const lease = leases.find(opening.lease, worker);
  try {
    const intake = await lease.open({ bytes: size, sha256, head: Uint8Array.from(opening.answer) });
    call.write({ receipt: "sha256" in intake ? intake : await inRoom(intake) });
    onAnswer?.(worker, performance.now() - lease.grantedAt);
  } catch (error) {
    lease.broke(error as Error);
    throw error;
  }

  async function take(intake: Intake): Promise<Acknowledged> {
    let at = intake.offset;
    const write = async (bytes: Uint8Array): Promise<void> => {
      onBytes?.(worker, "up", bytes.length);
      await intake.write(bytes);
      at += bytes.length;
    };
    if (content.bytes !== undefined && at < size) await write(content.bytes.subarray(at));
    if (at < size) {
      using upload = windows.open(call.getPeer());
      call.write({ offset: at, chunkBytes: upload.chunkBytes });
      for await (const { chunk } of messages) {
        const { offset, bytes } = present(chunk, "a chunk");
        if (offset !== at)
          throw new TributaryError("invalid-data", `A chunk: expected the offset ${at}, got ${offset}`);
        await write(bytes);
        if (at >= size) break;
      }
    }
    // A connection that breaks may end the messages as a sender does that has no more: what is there is kept, to be gone on with.
    if (at < size)
      throw new TributaryError("unavailable", `An upload broke off: expected ${size} bytes, got ${at} so far`);
    const beat = setInterval(() => {
      if (!call.cancelled) call.write({ offset: at }); // checking and making durable take their time: we are still here
    }, heartbeatMs);
    try {
      return await intake.finish();
    } finally {
      clearInterval(beat);
    }
  }

  async function inRoom(intake: Intake): Promise<Acknowledged> {
    const leave = room(size);
    if (leave === undefined)
      throw new RetryLater(`There is no room for ${size} bytes beside the uploads that are under way`, retryMs);
    try {
      return await take(intake);
    } finally {
      leave();
    }
  }
}

/** Chunks that are being written at one time, all fetches together: gRPC copies each, and a copy lives until it has been sent. */
const outgoingRoom = { total: 16 << 20, most: chunkBytes, least: 16 << 10 };

/** After so long there may be room for another upload. */
const retryMs = 500;
