/**
 * The coordinator as a worker sees it: async functions over gRPC. Every call has a deadline or its own timer for silence, since gRPC
 * waits for ever for a peer that accepts and says nothing; what is broken off is gone on with from where it stopped.
 */
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ChannelOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ServiceError,
} from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import type { Kit } from "../../shared/identity/kit.ts";
import { kernelsHash } from "../../shared/kernels/module.ts";
import { chunkBytes, inlineBytes, sha256Of, type Content } from "../../shared/protocol/content.ts";
import { service } from "../../shared/protocol/definitions.ts";
import { contentMessage } from "../../shared/protocol/content-wire.ts";
import { orderFrom, signalMessage, type Order, type Signal } from "../../shared/protocol/orders.ts";
import { newestProtocol, oldestProtocol, sessionKey } from "../../shared/protocol/version.ts";
import type { Chunk__Output } from "../../shared/protocol/wire/tributary/v1/Chunk.ts";
import type { EnrollReply__Output } from "../../shared/protocol/wire/tributary/v1/EnrollReply.ts";
import type { EnrollRequest } from "../../shared/protocol/wire/tributary/v1/EnrollRequest.ts";
import type { FetchRequest } from "../../shared/protocol/wire/tributary/v1/FetchRequest.ts";
import type { Order__Output } from "../../shared/protocol/wire/tributary/v1/Order.ts";
import type { Signal as WireSignal } from "../../shared/protocol/wire/tributary/v1/Signal.ts";
import type { UploadOpening } from "../../shared/protocol/wire/tributary/v1/UploadOpening.ts";
import type { UploadPart } from "../../shared/protocol/wire/tributary/v1/UploadPart.ts";
import type { UploadReply__Output } from "../../shared/protocol/wire/tributary/v1/UploadReply.ts";
import { drained, errorOf, watched } from "./call.ts";
import { persistently } from "./persist.ts";

export interface CoordinatorOptions {
  /** host:port */
  readonly address: string;
  readonly name: string;
  /** mTLS with the kit as it is when dialling: one that has been renewed is taken by the next connection. Plaintext when left out. */
  readonly kit?: () => Kit;
  /** Of a first enrolment, as it is when dialling. */
  readonly token?: () => string | undefined;
  readonly version: string;
  /** How long a call may take that is not a stream, and a stream may be silent, in ms. @default 20 000 */
  readonly callMs?: number;
}

export interface Attendance {
  readonly orders: AsyncIterable<Order>;
  send(signal: Signal): void;
  end(): void;
  /** The connection is of no use any more: its orders end with this error. */
  breakOff(error: Error): void;
}

interface FederationClient extends Client {
  Enroll: (
    request: EnrollRequest,
    metadata: Metadata,
    options: { deadline: Date },
    callback: (error: ServiceError | null, reply?: EnrollReply__Output) => void,
  ) => ClientUnaryCall;
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
  "grpc.use_local_subchannel_pool": 1, // a new channel is a new connection, whatever has become of the last one
};

export class Coordinator implements Disposable {
  readonly #options: CoordinatorOptions;
  readonly #callMs: number;
  #client: FederationClient | undefined;
  #metadata: Metadata;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#callMs = options.callMs ?? 20_000;
    this.#metadata = this.#claim();
  }

  /**
   * Dials anew and shakes hands. Throws "incompatible" when the coordinator speaks or computes otherwise, "unavailable" when it is not
   * there, "invalid-keys" when the kit is no good any more. Ends with `signal`.
   */
  async enroll(signal?: AbortSignal): Promise<{ readonly heartbeatMs: number; readonly silenceMs: number }> {
    const { name, version } = this.#options;
    const client = this.#dial();
    const token = this.#options.token?.();
    const request = { name, oldestProtocol, newestProtocol, kernels: kernelsHash(), version };
    const metadata = this.#claim();
    if (token !== undefined) metadata.set("tributary-token", token);
    signal?.throwIfAborted();
    let leave = (): void => undefined;
    const reply = await new Promise<EnrollReply__Output>((resolve, reject) => {
      const call = client.Enroll(
        request,
        metadata,
        { deadline: new Date(Date.now() + this.#callMs) },
        (error, answer) => {
          if (error === null) resolve(answer!);
          else reject(errorOf(error, this.#options.address));
        },
      );
      leave = () => {
        call.cancel();
      };
      signal?.addEventListener("abort", leave);
    }).finally(() => {
      signal?.removeEventListener("abort", leave);
    });
    signal?.throwIfAborted();
    this.#metadata = this.#claim();
    this.#metadata.set(sessionKey, reply.session);
    return { heartbeatMs: reply.heartbeatMs, silenceMs: reply.silenceMs };
  }

  /** Opens the long-lived stream. Its orders end, or throw, when the coordinator is gone, or silent for `silenceMs`. */
  attend(silenceMs: number, signal: AbortSignal): Attendance {
    const call = this.#dialled().Attend(this.#metadata);
    const end = (): void => {
      call.cancel();
    };
    signal.addEventListener("abort", end, { once: true });
    const { address } = this.#options;
    let broken: Error | undefined;
    return {
      send: (message) => call.write(signalMessage(message)),
      end: () => {
        call.end();
      },
      breakOff: (error) => {
        broken ??= error;
        call.cancel();
      },
      orders: (async function* () {
        try {
          for await (const message of watched<Order__Output>(call, silenceMs, address)) {
            const order = orderFrom(message);
            if (order !== undefined) yield order;
          }
        } catch (error) {
          throw broken ?? error;
        } finally {
          signal.removeEventListener("abort", end);
          call.cancel();
        }
      })(),
    };
  }

  /** The bytes of a content from `offset` on, as they come. Throws "data-loss" where they are not of this content. */
  async *fetch({ sha256, size }: Content, offset: number): AsyncGenerator<Uint8Array> {
    const call = this.#dialled().Fetch({ sha256, offset }, this.#metadata);
    let at = offset;
    try {
      for await (const { offset: from, bytes } of watched<Chunk__Output>(call, this.#callMs, this.#options.address)) {
        if (from !== at || at + bytes.length > size)
          throw new TributaryError(
            "data-loss",
            `A content: expected bytes from ${at} to ${size}, got ${bytes.length} from ${from}`,
          );
        yield bytes;
        at += bytes.length;
      }
    } finally {
      call.cancel();
    }
  }

  /** Hands in an answer, from where an earlier try stopped; returns once it is acknowledged. `onWait` hears why it takes its time. */
  submit(lease: string, answer: Uint8Array, vectors: Uint8Array, onWait?: (reason: string) => void): Promise<void> {
    const named = { sha256: sha256Of(vectors), size: vectors.length };
    const inline = vectors.length <= inlineBytes ? { bytes: vectors } : {};
    const opening = { lease, answer, vectors: contentMessage({ ...named, ...inline }) };
    return persistently((reached) => this.#submit(opening, vectors, reached), { what: "an answer", onWait });
  }

  [Symbol.dispose](): void {
    this.#client?.close();
  }

  async #submit(opening: UploadOpening, vectors: Uint8Array, reached: (at: number) => void): Promise<void> {
    const call = this.#dialled().Submit(this.#metadata);
    let sent = false;
    try {
      call.write({ opening });
      for await (const { receipt, offset, chunkBytes: told } of watched<UploadReply__Output>(
        call,
        this.#callMs,
        this.#options.address,
      )) {
        if (receipt != null) return;
        if (sent) continue; // it has not forgotten us
        sent = true;
        reached(offset ?? 0);
        await this.#send(call, vectors, {
          from: offset ?? 0,
          most: told === 0 ? chunkBytes : Math.min(told, chunkBytes),
        });
      }
    } finally {
      call.cancel();
    }
    throw new TributaryError("unavailable", "The coordinator ended an upload without a receipt");
  }

  async #send(
    call: ClientDuplexStream<UploadPart, UploadReply__Output>,
    bytes: Uint8Array,
    { from, most }: { readonly from: number; readonly most: number },
  ): Promise<void> {
    for (let at = from; at < bytes.length && !call.destroyed; at += most) {
      const chunk = { offset: at, bytes: bytes.subarray(at, at + most) };
      if (!call.write({ chunk })) await drained(call, this.#callMs);
    }
    call.end();
  }

  /** A new channel: gRPC waits for ever for one whose peer accepted and never spoke. */
  #dial(): FederationClient {
    const { address, kit } = this.#options;
    this.#client?.close();
    this.#client = undefined;
    const proof = kit?.();
    const secure = proof && credentials.createSsl(proof.ca, proof.key, proof.certificate);
    const made = new FederationClient(address, secure ?? credentials.createInsecure(), channelOptions);
    return (this.#client = made as unknown as FederationClient); // its methods are those of proto/federation.proto
  }

  #dialled(): FederationClient {
    if (this.#client !== undefined) return this.#client;
    throw new TributaryError("unavailable", `There is no connection to ${this.#options.address} at the moment`);
  }

  /** Who this is: what a plaintext connection has to go by. */
  #claim(): Metadata {
    const metadata = new Metadata();
    metadata.set("tributary-id", this.#options.name);
    metadata.set("tributary-role", "client");
    return metadata;
  }
}
