/** A reader who stops reading: whoever writes goes on, in bounded memory, and the reader hears what he has missed. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { LineSink } from "../../../server/telemetry/line-sink.ts";

test("a socket that nobody reads for a while stops nobody; every line arrives, or is counted in the line that says so", async () => {
  let far: Socket | undefined;
  const server = createServer({ pauseOnConnect: true }, (socket) => (far = socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(near, "connect");
  const limit = 1 << 20;
  const sink = new LineSink(near, (lines) => `missed ${lines}\n`, limit);
  const line = `${"x".repeat(999)}\n`;
  const written = 30_000;
  for (let i = 0; i < written; i++) sink.write(line);
  expect(sink.dropped).toBeGreaterThan(0);
  expect(near.writableLength).toBeLessThanOrEqual(limit + line.length);
  await expect.poll(() => far).toBeDefined();
  let received = "";
  far!.setEncoding("latin1").on("data", (text: string) => (received += text));
  far!.resume();
  if (near.writableNeedDrain) await once(near, "drain");
  sink.write("the last\n");
  near.end();
  await once(far!, "end");
  const lines = received.trimEnd().split("\n");
  expect(lines.slice(-2)).toEqual([`missed ${sink.dropped}`, "the last"]);
  expect(lines.length - 2 + sink.dropped).toBe(written);
  server.close();
}, 30_000);
