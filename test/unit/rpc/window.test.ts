import { Server } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { createGrpcServer } from "../../../server/rpc/server.ts";
import { windowOf, Windows } from "../../../server/rpc/window.ts";

test("an upload to our server is really given a window of 4 MiB, where grpc-js itself gives HTTP/2's 64 KiB", async () => {
  const windows = new Windows();
  const ours = createGrpcServer({ windows, interceptors: [], services: {} });
  const theirs = new Server();
  expect([await windowOf(ours, windows), await windowOf(theirs, windows)]).toEqual([4 << 20, 65_535]);
  ours.forceShutdown();
  theirs.forceShutdown();
});

test("uploads share one room: the more there are, the smaller the window of each", async () => {
  const windows = new Windows();
  const server = createGrpcServer({ windows, interceptors: [], services: {} });
  const others = Array.from({ length: 31 }, (_, i) => windows.open(`10.0.0.1:${i}`));
  expect(await windowOf(server, windows)).toBe(512 << 10); // of 16 MiB, with 32
  for (const other of others) other[Symbol.dispose]();
  expect(await windowOf(server, windows)).toBe(4 << 20);
  server.forceShutdown();
});
