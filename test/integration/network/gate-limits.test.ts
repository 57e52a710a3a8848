/** What the front door and the gate bear of anybody, whoever it is: sizes, silence, crowds and rates. */
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlain, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { credentials, Metadata, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/files.ts";
import { Dialled, gatedServer, request, type GatedServer } from "../../support/gated-server.ts";

const scratch = temporaryFolder();
const unauthenticated = { code: status.UNAUTHENTICATED };

describe("what comes over a connection", () => {
  let server: GatedServer;
  beforeAll(async () => {
    server = await gatedServer(join(scratch.path, "plain"), { plaintext: true });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("200 KB of metadata, and names that are paths or control characters, are refused before any handler", async () => {
    using client = new Dialled(server.target, credentials.createInsecure());
    const large = new Metadata();
    large.set("x", "x".repeat(200_000));
    await expect(client.call("Work", "hello", large)).rejects.toThrow("RST_STREAM");
    for (const id of ["../../etc/passwd", "a/b", "x".repeat(65)]) {
      const metadata = new Metadata();
      metadata.set("tributary-id", id);
      await expect(client.call("Work", "hello", metadata), id).rejects.toMatchObject(unauthenticated);
    }
    expect(() => {
      new Metadata().set("tributary-id", "a\u0007b");
    }).toThrow(); // nor can they be sent by this library
    expect(await client.call("Work")).toBe("hello");
  });

  test("a gzip bomb is refused at the limit of a message, with bounded memory", async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const session = connectHttp2(`http://127.0.0.1:${server.door.port}`);
    const before = process.memoryUsage().arrayBuffers;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    }, 1);
    const call = session.request({
      ":method": "POST",
      ":path": "/test.Gated/Work",
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-encoding": "gzip",
    });
    const head = Buffer.alloc(5);
    head[0] = 1;
    head.writeUInt32BE(bomb.length, 1);
    call.end(Buffer.concat([head, bomb]));
    const code = new Promise((done) => {
      for (const event of ["response", "trailers"])
        call.on(event, (headers: Record<string, string>) => {
          if (headers["grpc-status"] !== undefined) done(Number(headers["grpc-status"]));
        });
    });
    call.resume();
    expect(await code).toBe(status.RESOURCE_EXHAUSTED);
    clearInterval(watch);
    session.destroy();
    expect(peak - before).toBeLessThan(16 << 20);
  });
});

/** Sockets that connect and then say nothing. */
async function silent(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connectPlain(port, "127.0.0.1"));
  await Promise.all(
    sockets.map((socket) =>
      once(
        socket.on("error", () => undefined),
        "connect",
      ),
    ),
  );
  return sockets;
}

test.each([true, false])(
  "a thousand silent connections are closed after the handshake's time, others are served meanwhile (plaintext: %s)",
  async (plaintext) => {
    await using server = await gatedServer(join(scratch.path, `silent-${plaintext}`), { plaintext, handshakeMs: 1500 });
    await server.keys.issue({ ...request, name: "clinic-1", role: "client" });
    const sockets = await silent(server.door.port, 1000);
    using client = plaintext ? new Dialled(server.target, credentials.createInsecure()) : server.dial("clinic-1");
    await client.enrol();
    expect(await client.call("Work")).toBe("hello");
    await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket.resume(), "close")));
    expect(server.turnedAway.length).toBe(1000);
    expect(await client.call("Work")).toBe("hello");
    expect(server.door.connections).toBe(1);
  },
  30_000,
);

test("connections of one address beyond the limit are closed at once, and room comes back when others end", async () => {
  await using server = await gatedServer(join(scratch.path, "crowd"), {
    plaintext: true,
    limits: { connectionsPerAddress: 3 },
  });
  const sockets = await silent(server.door.port, 3);
  const fourth = connectPlain(server.door.port, "127.0.0.1");
  await once(fourth.resume(), "close");
  expect(server.turnedAway).toEqual(["more connections than the limits allow"]);
  sockets[0]!.destroy();
  await expect.poll(() => server.door.connections).toBe(2);
  const [fifth] = await silent(server.door.port, 1);
  await expect.poll(() => server.door.connections).toBe(3);
  fifth!.destroy();
});

test("bytes beyond an identity's rate are made to wait, not lost", async () => {
  await using server = await gatedServer(join(scratch.path, "bytes"), {
    plaintext: true,
    limits: { bytesPerIdentity: { perSecond: 1 << 20, burst: 1 << 20 } },
  });
  using client = new Dialled(server.target, credentials.createInsecure());
  const began = performance.now();
  for (let i = 0; i < 3; i++) expect((await client.call("Work", Buffer.alloc(512 << 10, 65))).length).toBe(512 << 10);
  expect(performance.now() - began).toBeGreaterThan(400); // 1.5 MiB at 1 MiB/s after a burst of 1 MiB
});
