/** Uploads over a real socket: one that breaks goes on from its last acknowledged byte, and whoever asked hears what became of it. */
import {
  makeGenericClientConstructor,
  Metadata,
  ServerCredentials,
  ServerInterceptingCall,
  credentials,
} from "@grpc/grpc-js";
import type { Client, ClientDuplexStream, ClientReadableStream, ServerInterceptor, ServiceError } from "@grpc/grpc-js";
import { afterAll, expect, test } from "vitest";
import { Coordinator } from "../../../client/rpc/coordinator.ts";
import { Contents } from "../../../server/fleet/contents.ts";
import { Leases } from "../../../server/fleet/leases.ts";
import { Roster } from "../../../server/fleet/roster.ts";
import { federationService } from "../../../server/rpc/federation.ts";
import { createGrpcServer } from "../../../server/rpc/server.ts";
import { Windows } from "../../../server/rpc/window.ts";
import { MemoryStore } from "../../support/memory-store.ts";
import { createLogger, logLevel } from "../../../server/telemetry/logger.ts";
import { TributaryError } from "../../../shared/errors.ts";
import { kernelsHash } from "../../../shared/kernels/module.ts";
import { chunkBytes, sha256Of } from "../../../shared/protocol/content.ts";
import { service } from "../../../shared/protocol/definitions.ts";
import { newestProtocol, oldestProtocol, sessionKey } from "../../../shared/protocol/version.ts";
import type { Chunk__Output } from "../../../shared/protocol/wire/tributary/v1/Chunk.ts";
import type { EnrollReply__Output } from "../../../shared/protocol/wire/tributary/v1/EnrollReply.ts";
import type { UploadPart } from "../../../shared/protocol/wire/tributary/v1/UploadPart.ts";
import type { UploadReply__Output } from "../../../shared/protocol/wire/tributary/v1/UploadReply.ts";

interface RawClient extends Client {
  Enroll: (
    request: object,
    metadata: Metadata,
    done: (error: Error | null, reply?: EnrollReply__Output) => void,
  ) => void;
  Fetch: (request: object, metadata: Metadata) => ClientReadableStream<Chunk__Output>;
  Submit: (metadata: Metadata) => ClientDuplexStream<UploadPart, UploadReply__Output>;
}

const worker = "north";
const vectors = Uint8Array.from({ length: 3 * chunkBytes }, (_, i) => i % 251);
const head = Uint8Array.of(1, 2, 3);
const log = createLogger(logLevel("silent"));
const store = new MemoryStore();
await store.createRun({ id: "run", experiment: {}, source: "", submittedBy: "test" });
const leases = new Leases();
const contents = new Contents();
const moved = { up: 0, down: 0 };
const roster = new Roster({ heartbeatMs: 4000, silenceMs: 12_000, now: () => performance.now(), log });
const windows = new Windows();
const federation = federationService({
  windows,
  roster,
  contents,
  leases,
  heartbeatMs: 4000,
  silenceMs: 12_000,
  limits: { idleMs: 1500, uploadBytesPerSecond: 1 },
  room: () => () => undefined,
  onBytes: (_worker, direction, bytes) => {
    moved[direction] += bytes;
  },
  log,
});
let decoded = 0;
const counting: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) => {
      next({
        onReceiveMessage: (message, pass) => {
          decoded++;
          pass(message);
        },
      });
    },
  });
const server = createGrpcServer({ windows, interceptors: [counting], services: { Federation: federation } });
const port = await new Promise<number>((done, fail) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) done(bound);
    else fail(error);
  });
});
const Raw = makeGenericClientConstructor(service("Federation"), "Federation"); // both are of proto/
const raw = new Raw(`127.0.0.1:${port}`, credentials.createInsecure()) as unknown as RawClient; // its methods are those of proto/

afterAll(() => {
  raw.close();
  roster[Symbol.dispose]();
  server.forceShutdown();
});

/** A lease on one place of the run, and what is heard of its uploads. */
function leaseOf(round: number, finish?: () => Promise<never>, before = () => Promise.resolve()) {
  const heard: { offsets: number[]; broke: Error[] } = { offsets: [], broke: [] };
  const place = { round, attempt: 0, exchange: 0, pass: 0 };
  const lease = leases.grant({
    client: worker,
    worker: () => worker,
    open: async (claim) => {
      const upload = await store.receive({ run: "run", place, client: worker }, claim);
      if (upload.kind === "receipt") return { sha256: upload.sha256, size: upload.bytes };
      heard.offsets.push(upload.offset);
      return {
        offset: upload.offset,
        write: async (chunk) => {
          await before();
          await upload.write(chunk);
        },
        finish: async () => {
          await finish?.();
          const { sha256, bytes } = await upload.accept();
          return { sha256, size: bytes };
        },
      };
    },
    fail: () => undefined,
    broke: (error) => heard.broke.push(error),
  });
  return { lease, heard };
}

/** Shakes hands; what further calls say. */
async function handshake(): Promise<Metadata> {
  const metadata = new Metadata();
  metadata.set("tributary-id", worker);
  const hello = { name: worker, oldestProtocol, newestProtocol, kernels: kernelsHash(), version: "test" };
  const { session } = await new Promise<EnrollReply__Output>((done, fail) => {
    raw.Enroll(hello, metadata, (error, reply) => {
      if (error === null) done(reply!);
      else fail(error);
    });
  });
  metadata.set(sessionKey, session);
  return metadata;
}

/** Sends one chunk, then `end`s; answers with how the call was ended. */
async function sendOneChunk(
  lease: string,
  end: (call: ReturnType<RawClient["Submit"]>) => void,
): Promise<ServiceError> {
  const call = raw.Submit(await handshake());
  const ended = new Promise<ServiceError>((done) => call.on("error", done));
  call.write({ opening: { lease, answer: head, vectors: { sha256: sha256Of(vectors), size: vectors.length } } });
  call.once("data", ({ offset }: UploadReply__Output) => {
    const chunk = { offset: offset!, bytes: vectors.subarray(offset, offset! + chunkBytes) };
    call.write({ chunk }, () => {
      end(call);
    });
  });
  return await ended;
}

async function sendAll(lease: string): Promise<void> {
  using coordinator = new Coordinator({ address: `127.0.0.1:${port}`, name: worker, version: "test" });
  await coordinator.enroll();
  await coordinator.submit(lease, head, vectors);
}

test("an upload whose sender stops in the middle goes on from there, and no byte is sent twice", async () => {
  const { lease, heard } = leaseOf(1);
  moved.up = 0;
  const ended = await sendOneChunk(lease, (call) => call.end());
  expect(ended.details).toMatch(new RegExp(`broke off: expected ${vectors.length} bytes, got ${chunkBytes}`));
  expect(heard.broke).toMatchObject([{ code: "unavailable" }]);
  await sendAll(lease);
  expect(heard.offsets).toEqual([0, chunkBytes]);
  expect(moved.up).toBe(vectors.length);
});

test("an upload whose stream is cut goes on from what had arrived", async () => {
  const { lease, heard } = leaseOf(2);
  moved.up = 0;
  await sendOneChunk(lease, (call) => {
    call.cancel();
  });
  await expect.poll(() => heard.broke.length).toBe(1);
  const arrived = moved.up; // the chunk, or nothing: cutting a stream overtakes what is on its way
  await sendAll(lease);
  expect(heard.offsets).toEqual([0, arrived]);
  expect(moved.up).toBe(vectors.length);
});

test("whoever waits for an answer hears that it was refused", async () => {
  const { lease, heard } = leaseOf(3, () => Promise.reject(new TributaryError("invalid-data", "not finite")));
  await expect(sendAll(lease)).rejects.toMatchObject({ code: "invalid-data" });
  expect(heard.broke).toMatchObject([{ code: "invalid-data", message: "not finite" }]);
});

test("an upload whose disk is slow is read one chunk ahead, not sixteen", async () => {
  let go = (): void => undefined;
  const slow = new Promise<void>((done) => (go = done));
  const { lease } = leaseOf(4, undefined, () => slow);
  const call = raw.Submit(await handshake());
  const receipt = new Promise<void>((done) =>
    call.on("data", (reply: UploadReply__Output) => {
      if (reply.receipt != null) done();
    }),
  );
  call.write({ opening: { lease, answer: head, vectors: { sha256: sha256Of(vectors), size: vectors.length } } });
  await new Promise((done) => call.once("data", done));
  decoded = 0;
  const piece = vectors.length / 24;
  for (let at = 0; at < vectors.length; at += piece)
    call.write({ chunk: { offset: at, bytes: vectors.subarray(at, at + piece) } });
  await handshake(); // on the same connection: what was sent before it has come
  await handshake();
  expect(decoded - 2).toBeLessThanOrEqual(3); // beside the two handshakes: one being written, one waiting, one on its way from the window
  go();
  await receipt;
  expect(decoded - 2).toBe(24);
});

test("the more uploads there are, the smaller chunks they are asked for", async () => {
  const others = Array.from({ length: 63 }, (_, i) => windows.open(`elsewhere:${i}`));
  const { lease, heard } = leaseOf(5);
  const call = raw.Submit(await handshake());
  call.on("error", () => undefined); // it is broken off below
  call.write({ opening: { lease, answer: head, vectors: { sha256: sha256Of(vectors), size: vectors.length } } });
  const first = await new Promise<UploadReply__Output>((done) => call.once("data", done));
  expect(first.chunkBytes).toBe(131_072); // of 16 MiB a 64th, and of that a half
  call.cancel();
  await expect.poll(() => heard.broke.length).toBe(1);
  decoded = 0;
  await sendAll(lease);
  expect(decoded).toBe(2 + vectors.length / 131_072); // a handshake, an opening, and our own client obeys
  for (const other of others) other[Symbol.dispose]();
});

test("a reader who takes nothing more is sent no more than his window and a chunk, and is given up on", async () => {
  using scope = contents.scope();
  const { sha256, size } = scope.carry(new Uint8Array(64 * chunkBytes));
  moved.down = 0;
  const call = raw.Fetch({ sha256, offset: 0 }, await handshake());
  const ended = new Promise<ServiceError>((done) => call.on("error", done));
  await new Promise((done) => call.once("data", done));
  call.pause();
  await new Promise((done) => setTimeout(done, 2500)); // longer than a stream may be idle
  const sent = moved.down;
  expect(sent).toBeLessThan((3 * size) / 4); // sixteen messages wait on either side, as views of the one content
  call.resume();
  expect((await ended).details).toContain("The other side has taken nothing for 1500 ms");
  expect(moved.down).toBe(sent);
});
