/**
 * A worker whose every message a test can spoil: it speaks the protocol of proto/federation.proto by hand, and works as any other where it
 * is not told otherwise.
 */
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import {
  credentials,
  makeGenericClientConstructor,
  Metadata,
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from "@grpc/grpc-js";
import { runRoom } from "../../client/work/run-room.ts";
import type { Done } from "../../client/work/desk.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { kernelsHash } from "../../shared/kernels/module.ts";
import { decodeAssignment } from "../../shared/protocol/assignment-wire.ts";
import { sha256Of, type Content } from "../../shared/protocol/content.ts";
import { service } from "../../shared/protocol/definitions.ts";
import { encodeAnswer } from "../../shared/protocol/answer-wire.ts";
import { contentMessage } from "../../shared/protocol/content-wire.ts";
import { decodeTask } from "../../shared/protocol/task-wire.ts";
import { orderFrom, signalMessage, type Offer, type Order, type Signal } from "../../shared/protocol/orders.ts";
import type { PrepareTask } from "../../shared/protocol/task.ts";
import { encodeSent } from "../../shared/protocol/vectors-wire.ts";
import { newestProtocol, oldestProtocol, sessionKey } from "../../shared/protocol/version.ts";
import type { Chunk__Output } from "../../shared/protocol/wire/tributary/v1/Chunk.ts";
import type { EnrollReply__Output } from "../../shared/protocol/wire/tributary/v1/EnrollReply.ts";
import type { Order__Output } from "../../shared/protocol/wire/tributary/v1/Order.ts";
import type { Signal as WireSignal } from "../../shared/protocol/wire/tributary/v1/Signal.ts";
import type { UploadPart } from "../../shared/protocol/wire/tributary/v1/UploadPart.ts";
import type { UploadReply__Output } from "../../shared/protocol/wire/tributary/v1/UploadReply.ts";

interface RawClient extends Client {
  Enroll: (
    request: object,
    metadata: Metadata,
    done: (error: ServiceError | null, reply?: EnrollReply__Output) => void,
  ) => void;
  Attend: (metadata: Metadata) => ClientDuplexStream<WireSignal, Order__Output>;
  Fetch: (request: object, metadata: Metadata) => ClientReadableStream<Chunk__Output>;
  Submit: (metadata: Metadata) => ClientDuplexStream<UploadPart, UploadReply__Output>;
}

const RawClient = makeGenericClientConstructor(service("Federation"), "Federation"); // both are of proto/

/** What is handed in under a lease. */
export interface HandIn {
  readonly answer: Uint8Array;
  readonly vectors: Uint8Array;
}

export class RawWorker implements Disposable {
  readonly client: RawClient;
  readonly name: string;
  readonly metadata = new Metadata();
  readonly #orders: Order[] = [];
  #news: () => void = () => undefined;
  #ended: Error | undefined;
  #stream: ClientDuplexStream<WireSignal, Order__Output> | undefined;
  readonly #room = runRoom("/nowhere"); // nothing is kept in what these tests run
  readonly #seen = new Set<string>();
  #prepared: { sha256: string; task: PrepareTask } | undefined;

  constructor(target: string, name: string, channel: ChannelCredentials = credentials.createInsecure()) {
    const made = new RawClient(target, channel, { "grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0 });
    this.client = made as unknown as RawClient; // its methods are those of proto/
    this.name = name;
    this.metadata.set("tributary-id", name);
  }

  async enrol(change: object = {}): Promise<EnrollReply__Output> {
    const hello = {
      name: this.name,
      oldestProtocol,
      newestProtocol,
      kernels: kernelsHash(),
      version: "test",
      ...change,
    };
    const reply = await new Promise<EnrollReply__Output>((done, fail) => {
      this.client.Enroll(hello, this.metadata, (error, answer) => {
        if (error === null) done(answer!);
        else fail(error);
      });
    });
    this.metadata.set(sessionKey, reply.session);
    return reply;
  }

  attend(): void {
    const stream = this.client.Attend(this.metadata);
    this.#stream = stream;
    this.#ended = undefined;
    const end = (error: Error): void => {
      this.#ended ??= error;
      this.#news();
    };
    stream
      .on("data", (message: Order__Output) => {
        const order = orderFrom(message);
        if (order !== undefined) this.#orders.push(order);
        this.#news();
      })
      .on("end", () => {
        end(new Error("the coordinator ended the stream"));
      })
      .on("error", end);
    this.send({ kind: "heartbeat", doing: "" });
  }

  send(signal: Signal): void {
    this.#stream!.write(signalMessage(signal));
  }

  /** Something that is no signal. */
  sendRaw(message: object): void {
    this.#stream!.write(message);
  }

  /** The next order of this kind; those before it are forgotten. */
  async next<Kind extends Order["kind"]>(kind: Kind): Promise<Extract<Order, { kind: Kind }>> {
    for (;;) {
      const order = this.#orders.shift();
      if (order?.kind === kind) return order as Extract<Order, { kind: Kind }>; // of this kind
      if (order !== undefined) continue;
      if (this.#ended !== undefined) throw this.#ended;
      await new Promise<void>((done) => (this.#news = done));
    }
  }

  /** Enrols, attends, takes part in a run with this file, and answers what comes before the first round. */
  async join(experiment: Experiment): Promise<void> {
    await this.enrol();
    this.attend();
    const { run, client, groups } = await this.next("invitation");
    const source = experiment.simulation!.clients![client]!;
    const rows = { from: "files", sources: [source], split: undefined } as const;
    const opened = await this.#room({ kind: "open", client, experiment, groups, rows });
    this.send({ kind: "joined", run, client, ...(opened as Extract<typeof opened, { trainRows: number }>) });
  }

  /** An honest answer to an offer, but for what `change` makes of it. */
  async work(offer: Offer, change: (done: Done) => Done = (done) => done): Promise<HandIn> {
    const load = (content: Content): Promise<Uint8Array> => Promise.resolve(content.bytes!); // all is small
    const given = await decodeAssignment(await load(offer.assignment), load);
    const { client } = offer;
    const task = await decodeTask(await load(offer.task), client, load);
    if (offer.prepared !== undefined && offer.prepared.sha256 !== this.#prepared?.sha256)
      this.#prepared = {
        sha256: offer.prepared.sha256,
        task: (await decodeTask(await load(offer.prepared), client, load)) as PrepareTask,
      };
    const assignment = { sha256: offer.assignment.sha256, given };
    const prepared = offer.prepared && this.#prepared;
    const done = (await this.#room({ kind: "task", run: offer.run, client, assignment, prepared, task })) as Done;
    const changed = change(done);
    return { answer: encodeAnswer(changed.answer), vectors: encodeSent(changed, task, given) };
  }

  /** The next offer of a round that was not made before; what is asked before the first is answered as it should be. */
  async offer(): Promise<Offer> {
    for (;;) {
      const offer = await this.next("offer");
      if (this.#seen.has(offer.lease)) continue;
      this.#seen.add(offer.lease);
      if (offer.place !== undefined && offer.place.round > 0) return offer;
      await this.submit(offer.lease, await this.work(offer));
    }
  }

  /** Hands in; answers with the receipt, or throws what the call ended with. */
  async submit(lease: string, { answer, vectors }: HandIn, claim: Partial<Content> = {}): Promise<{ sha256: string }> {
    const sent = { sha256: sha256Of(vectors), size: vectors.length, bytes: vectors, ...claim };
    const call = this.upload(lease, answer, sent);
    call.end();
    return await receiptOf(call);
  }

  /** The opening of an upload, and the stream to go on with. */
  upload(lease: string, answer: Uint8Array, vectors: Content): ReturnType<RawClient["Submit"]> {
    const call = this.client.Submit(this.metadata);
    call.write({ opening: { lease, answer, vectors: contentMessage(vectors) } });
    return call;
  }

  [Symbol.dispose](): void {
    this.#stream?.cancel();
    this.client.close();
  }
}

/** What an upload ends with. */
export function receiptOf(call: ReturnType<RawClient["Submit"]>): Promise<{ sha256: string }> {
  return new Promise((done, fail) => {
    call.on("data", ({ receipt }: UploadReply__Output) => {
      if (receipt != null) done(receipt);
    });
    call.on("error", fail);
    call.on("end", () => {
      fail(new Error("the upload ended without a receipt"));
    });
  });
}

/** A frame of gRPC: whether it is compressed, the length it claims, and bytes. */
export function frame(bytes: Uint8Array, claims = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(claims, 1);
  return Buffer.concat([head, bytes]);
}

/** A call below gRPC: these bytes, and the status that it ends with. */
export async function callByHand(
  session: ClientHttp2Session,
  method: string,
  bytes: Uint8Array,
  { end = true, headers = {} }: { end?: boolean; headers?: Readonly<Record<string, string>> } = {},
): Promise<{ code: number; message: string }> {
  const call = session.request({
    ":method": "POST",
    ":path": `/tributary.v1.Federation/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
    "tributary-id": "by-hand",
    ...headers,
  });
  call.on("error", () => undefined); // its end follows
  call.write(bytes);
  if (end) call.end();
  return await new Promise((done, fail) => {
    const look = (found: IncomingHttpHeaders): void => {
      if (found["grpc-status"] === undefined) return;
      done({ code: Number(found["grpc-status"]), message: decodeURIComponent(String(found["grpc-message"] ?? "")) });
      call.close();
    };
    call
      .on("response", look)
      .on("trailers", look)
      .on("close", () => {
        fail(new Error("the stream ended without a status"));
      });
    call.resume();
  });
}

export const dialByHand = (port: number): ClientHttp2Session => connect(`http://127.0.0.1:${port}`);
