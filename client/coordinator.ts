/**
 * The coordinator as a worker sees it: async functions over gRPC. Every call has a deadline or its own timer for silence, since gRPC
 * waits for ever for a peer that accepts and says nothing; what is broken off is gone on with from where it stopped.
 */
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  status,
  type ChannelOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from "@grpc/grpc-js";
import { TributaryError, type ErrorCode } from "../shared/errors.ts";
import type { Kit } from "../shared/identity/kit.ts";
import { kernelsHash } from "../shared/kernels/module.ts";
import { chunkBytes, inlineBytes, mustBe, sha256Of, type Content } from "../shared/protocol/content.ts";
import { service } from "../shared/protocol/definitions.ts";
import { contentMessage } from "../shared/protocol/messages.ts";
import { orderFrom, signalMessage, type Order, type Signal } from "../shared/protocol/orders.ts";
import { newestProtocol, oldestProtocol, sessionKey } from "../shared/protocol/version.ts";
import type { Chunk__Output } from "../shared/protocol/wire/tributary/v1/Chunk.ts";
import type { EnrollReply__Output } from "../shared/protocol/wire/tributary/v1/EnrollReply.ts";
import type { EnrollRequest } from "../shared/protocol/wire/tributary/v1/EnrollRequest.ts";
import type { FetchRequest } from "../shared/protocol/wire/tributary/v1/FetchRequest.ts";
import type { Order__Output } from "../shared/protocol/wire/tributary/v1/Order.ts";
import type { Signal as WireSignal } from "../shared/protocol/wire/tributary/v1/Signal.ts";
import type { UploadPart } from "../shared/protocol/wire/tributary/v1/UploadPart.ts";
import type { UploadReply__Output } from "../shared/protocol/wire/tributary/v1/UploadReply.ts";

export interface CoordinatorOptions {
  /** host:port */
  readonly address: string;
  readonly name: string;
  /** mTLS with this kit; plaintext when left out. */
  readonly kit?: Kit;
  /** Of a first enrolment. */
  readonly token?: string;
  readonly version: string;
  /** How long a call may take that is not a stream, and a stream may be silent, in ms. @default 20 000 */
  readonly callMs?: number;
}

export interface Attendance {
  readonly orders: AsyncIterable<Order>;
  send(signal: Signal): void;
  end(): void;
}

interface FederationClient extends Client {
  Enroll: (
    request: EnrollRequest,
    metadata: Metadata,
    options: { deadline: Date },
    callback: (error: ServiceError | null, reply?: EnrollReply__Output) => void,
  ) => unknown;
  Attend: (metadata: Metadata) => ClientDuplexStream<WireSignal, Order__Output>;
  Fetch: (request: FetchRequest, metadata: Metadata) => ClientReadableStream<Chunk__Output>;
  Submit: (metadata: Metadata) => ClientDuplexStream<UploadPart, UploadReply__Output>;
}

const FederationClient = makeGenericClientConstructor(service("Federation"), "Federation"); // both are of proto/

export const channelOptions: ChannelOptions = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5000, // the default of 120 s would miss a restart by minutes
  "grpc.enable_retries": 0, // ours are idempotent, and know where they stopped
  "grpc.enable_channelz": 0,
  "grpc-node.flow_control_window": 4 << 20,
};

export class Coordinator implements Disposable {
  readonly #client: FederationClient;
  readonly #options: CoordinatorOptions;
  readonly #callMs: number;
  #metadata: Metadata;
  /** Bytes of contents that were broken off, by hash. */
  readonly #partial = new Map<string, Uint8Array[]>();

  constructor(options: CoordinatorOptions) {
    const { address, kit, callMs = 20_000 } = options;
    const secure = kit && credentials.createSsl(kit.ca, kit.key, kit.certificate);
    this.#client = new FederationClient(
      address,
      secure ?? credentials.createInsecure(),
      channelOptions,
    ) as unknown as FederationClient; // its methods are those of proto/federation.proto
    this.#options = options;
    this.#callMs = callMs;
    this.#metadata = this.#claim();
  }

  /** Shakes hands. Throws "incompatible" when the coordinator speaks or computes otherwise, "unavailable" when it is not there. */
  async enroll(): Promise<{ readonly heartbeatMs: number; readonly silenceMs: number }> {
    const { name, token, version } = this.#options;
    const request = { name, oldestProtocol, newestProtocol, kernels: kernelsHash(), version };
    const metadata = this.#claim();
    if (token !== undefined) metadata.set("tributary-token", token);
    const reply = await new Promise<EnrollReply__Output>((resolve, reject) => {
      this.#client.Enroll(request, metadata, { deadline: new Date(Date.now() + this.#callMs) }, (error, answer) => {
        if (error === null) resolve(answer!);
        else reject(errorOf(error, this.#options.address));
      });
    });
    this.#metadata = this.#claim();
    this.#metadata.set(sessionKey, reply.session);
    return { heartbeatMs: reply.heartbeatMs, silenceMs: reply.silenceMs };
  }

  /** Opens the long-lived stream. Its orders end, or throw, when the coordinator is gone, or silent for `silenceMs`. */
  attend(silenceMs: number, signal: AbortSignal): Attendance {
    const call = this.#client.Attend(this.#metadata);
    const end = (): void => {
      call.cancel();
    };
    signal.addEventListener("abort", end, { once: true });
    const { address } = this.#options;
    return {
      send: (message) => call.write(signalMessage(message)),
      end: () => {
        call.end();
      },
      orders: (async function* () {
        try {
          for await (const message of watched<Order__Output>(call, silenceMs, address)) {
            const order = orderFrom(message);
            if (order !== undefined) yield order;
          }
        } finally {
          signal.removeEventListener("abort", end);
          call.cancel();
        }
      })(),
    };
  }

  /** The bytes of a content: those that came along, or fetched, from where an earlier try stopped. Throws "data-loss" when they are others. */
  async fetch(content: Content, what: string): Promise<Uint8Array> {
    if (content.bytes !== undefined) return mustBe(content, content.bytes, what);
    const { sha256, size } = content;
    const chunks = this.#partial.get(sha256) ?? [];
    this.#partial.set(sha256, chunks);
    let at = chunks.reduce((sum, { length }) => sum + length, 0);
    const call = this.#client.Fetch({ sha256, offset: at }, this.#metadata);
    try {
      for await (const { offset, bytes } of watched<Chunk__Output>(call, this.#callMs, this.#options.address)) {
        if (offset !== at || at + bytes.length > size) {
          this.#partial.delete(sha256);
          throw new TributaryError(
            "data-loss",
            `${what}: expected bytes from ${at} to ${size}, got ${bytes.length} from ${offset}`,
          );
        }
        chunks.push(bytes);
        at += bytes.length;
      }
    } finally {
      call.cancel();
    }
    this.#partial.delete(sha256);
    return mustBe(content, Buffer.concat(chunks), what);
  }

  /** Hands in an answer, from where an earlier try stopped; returns once it is acknowledged. */
  async submit(lease: string, answer: Uint8Array, vectors: Uint8Array): Promise<void> {
    const call = this.#client.Submit(this.#metadata);
    const named = { sha256: sha256Of(vectors), size: vectors.length };
    const inline = vectors.length <= inlineBytes ? { bytes: vectors } : {};
    try {
      call.write({ opening: { lease, answer, vectors: contentMessage({ ...named, ...inline }) } });
      for await (const { receipt, offset } of watched<UploadReply__Output>(call, this.#callMs, this.#options.address)) {
        if (receipt != null) return;
        await this.#send(call, vectors, offset ?? 0);
      }
    } finally {
      call.cancel();
    }
    throw new TributaryError("unavailable", "The coordinator ended an upload without a receipt");
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #send(
    call: ClientDuplexStream<UploadPart, UploadReply__Output>,
    bytes: Uint8Array,
    from: number,
  ): Promise<void> {
    for (let at = from; at < bytes.length && !call.destroyed; at += chunkBytes) {
      const chunk = { offset: at, bytes: bytes.subarray(at, at + chunkBytes) };
      if (!call.write({ chunk })) await drained(call, this.#callMs);
    }
    call.end();
  }

  /** Who this is: what a plaintext connection has to go by. */
  #claim(): Metadata {
    const metadata = new Metadata();
    metadata.set("tributary-id", this.#options.name);
    metadata.set("tributary-role", "client");
    return metadata;
  }
}

/** The messages of a call, each within `silenceMs` of the one before. */
async function* watched<Message>(
  call: AsyncIterable<Message> & { cancel(): void },
  silenceMs: number,
  address: string,
): AsyncGenerator<Message> {
  let silent = false;
  const watch = setTimeout(() => {
    silent = true;
    call.cancel();
  }, silenceMs);
  try {
    for await (const message of call) {
      watch.refresh();
      yield message;
      watch.refresh();
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

/** Until there is room, or the call is over; whoever reads it hears why. */
function drained(call: ClientDuplexStream<UploadPart, UploadReply__Output>, deadlineMs: number): Promise<void> {
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
  return new TributaryError(code, `${address}: ${error.details || error.message}`, { cause: error });
}
