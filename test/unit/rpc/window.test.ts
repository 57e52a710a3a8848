import { Server } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { createGrpcServer } from "../../../server/rpc/server.ts";
import { windowOf } from "../../../server/rpc/window.ts";

test("a connection to our server is really given a window of 4 MiB, where grpc-js itself gives HTTP/2's 64 KiB", async () => {
  const ours = createGrpcServer({ interceptors: [], services: {} });
  const theirs = new Server();
  expect([await windowOf(ours), await windowOf(theirs)]).toEqual([4 << 20, 65_535]);
  ours.forceShutdown();
  theirs.forceShutdown();
});
