/** Bytes below gRPC's messages, and streams that stall: each call ends by itself with what is wrong, and others are served meanwhile. */
import { connect as connectPlain, type Socket } from "node:net";
import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Daemon } from "../../../server/daemon.ts";
import { openDaemon } from "../../support/network.ts";
import { callByHand, dialByHand, frame, RawWorker } from "../../support/raw-worker.ts";
import { createLogger } from "../../../server/telemetry/logger.ts";

let daemon: Daemon;
const warned: string[] = [];
const log = createLogger("silent");
log.warn = (fields: object, message?: string) => {
  warned.push(`${message} ${JSON.stringify(fields)}`);
};

beforeAll(async () => {
  daemon = await openDaemon({ log, streams: { idleMs: 400, uploadBytesPerSecond: 1, firstMessageMs: 400 } });
});
afterAll(() => daemon[Symbol.asyncDispose]());

/** Somebody who does everything right is served. */
async function othersAreServed(): Promise<void> {
  using other = new RawWorker(`127.0.0.1:${daemon.port}`, "other");
  await other.enrol();
}

test.each<[string, Buffer, boolean, status]>([
  ["bytes that are no message", frame(Uint8Array.of(0xff, 0xff, 0xff)), true, status.INVALID_ARGUMENT],
  ["a message that ends in a number", frame(Uint8Array.of(0x10)), true, status.INVALID_ARGUMENT],
  ["a frame that claims two gigabytes", frame(Buffer.alloc(1000), 0x7fff_ffff), false, status.RESOURCE_EXHAUSTED],
  ["a frame cut off, and then the end", frame(Buffer.alloc(10), 1000), true, status.UNIMPLEMENTED],
  ["a frame announced that never comes", frame(Buffer.alloc(10), 1000), false, status.UNAVAILABLE],
  ["nothing at all", Buffer.alloc(0), false, status.UNAVAILABLE],
])("%s ends the call, and no other", async (_what, bytes, end, code) => {
  const session = dialByHand(daemon.port);
  const before = process.memoryUsage().arrayBuffers;
  expect(await callByHand(session, "Enroll", bytes, { end })).toMatchObject({ code });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  await othersAreServed();
  session.destroy();
});

test("an upload whose second frame is announced and never comes ends with its silence", async () => {
  using worker = new RawWorker(`127.0.0.1:${daemon.port}`, "by-hand");
  await worker.enrol();
  const session = dialByHand(daemon.port);
  const headers = { "tributary-session": String(worker.metadata.get("tributary-session")[0]) };
  const opening = frame(Uint8Array.of(0x0a, 0x02, 0x0a, 0x00)); // an opening with an empty lease
  expect(await callByHand(session, "Submit", opening, { end: false, headers })).toMatchObject({
    code: status.INVALID_ARGUMENT,
  });
  expect(await callByHand(session, "Submit", frame(Buffer.alloc(1), 3_000_000), { end: false, headers })).toMatchObject(
    {
      code: status.UNAVAILABLE,
    },
  );
  session.destroy();
});

test("fields that this version does not know are passed over; a newer protocol that includes ours is welcome, and noted", async () => {
  using worker = new RawWorker(`127.0.0.1:${daemon.port}`, "newer");
  expect(await worker.enrol({ newestProtocol: 99 })).toMatchObject({ protocol: 1 });
  expect(warned.join("\n")).toContain('a worker speaks a newer protocol {"worker":"newer","newest":99}');
  const session = dialByHand(daemon.port);
  const unknownField = Uint8Array.of(0xfa, 0x3f, 0x01, 0x2a); // number 1023
  expect((await callByHand(session, "Enroll", frame(unknownField))).message).toContain("speaks 0 to 0");
  session.destroy();
});

test.each([
  [{ oldestProtocol: 7, newestProtocol: 9 }, /speaks protocol 1 to 1, other speaks 7 to 9: install the same version/],
  [{ kernels: "sha256:00" }, /computes with kernels sha256:[0-9a-f]{64}, other with sha256:00/],
])("a worker that speaks or computes otherwise is told so: %o", async (change, details) => {
  using worker = new RawWorker(`127.0.0.1:${daemon.port}`, "other");
  await expect(worker.enrol(change)).rejects.toMatchObject({
    code: status.FAILED_PRECONDITION,
    details: expect.stringMatching(details) as string,
  });
});

test("a content that nobody offers, and an offset beyond one, are refused", async () => {
  using worker = new RawWorker(`127.0.0.1:${daemon.port}`, "reader");
  await worker.enrol();
  const call = worker.client.Fetch({ sha256: "../../etc/passwd", offset: 0 }, worker.metadata);
  const [error] = (await once(call.resume(), "error")) as [{ code: number }];
  expect(error.code).toBe(status.NOT_FOUND);
});

test("garbage instead of HTTP/2 closes its connection, and a connection that is cut in a frame leaves nothing behind", async () => {
  const before = daemon.connections;
  const speak = async (bytes: Uint8Array): Promise<Socket> => {
    const socket = connectPlain(daemon.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    await once(socket, "connect");
    socket.write(bytes);
    return socket;
  };
  const garbled = await speak(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  await once(garbled, "close");
  const cut = await speak(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0", "latin1"));
  cut.destroy();
  await expect.poll(() => daemon.connections).toBe(before);
  await othersAreServed();
});

test("a client whose messages make no sense again and again is cut off with the reason, others are not, and later it may come back", async () => {
  await using strict = await openDaemon({ limits: { strikesPerClient: { perSecond: 20, burst: 2 } } });
  using worker = new RawWorker(`127.0.0.1:${strict.port}`, "by-hand");
  await worker.enrol();
  worker.attend();
  using other = new RawWorker(`127.0.0.1:${strict.port}`, "other");
  await other.enrol();
  other.attend();
  await expect.poll(() => strict.roster.workers).toEqual(["by-hand", "other"]);
  const session = dialByHand(strict.port);
  const nonsense = frame(Uint8Array.of(0xff, 0xff, 0xff));
  for (let strike = 0; strike < 3; strike++)
    expect(await callByHand(session, "Enroll", nonsense)).toMatchObject({ code: status.INVALID_ARGUMENT });
  const cutOff = /by-hand has sent too many messages that make no sense, and is cut off for a while/;
  await expect(worker.next("goodbye")).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringMatching(cutOff) as string,
  });
  await expect.poll(() => strict.roster.workers).toEqual(["other"]);
  await expect.poll(() => session.destroyed || session.closed).toBe(true);
  other.send({ kind: "heartbeat", doing: "still here" });
  await expect.poll(() => strict.roster.presenceOf("other")?.doing).toBe("still here");
  await expect
    .poll(() =>
      worker.enrol().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
});
