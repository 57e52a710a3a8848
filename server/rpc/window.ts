/**
 * The flow-control window of the server. grpc-js obeys `grpc-node.flow_control_window` on the client only (grpc-node #3058 is open), so
 * uploads would run with HTTP/2's 64 KiB: 0.8 MB/s at 50 ms of round trip, where 4 MiB give 37. Two private fields are patched, of the
 * exact version that is pinned; where they are not what they were, the patch is left out and the daemon says so.
 */
import type { Http2Server, Settings } from "node:http2";
import type { Server } from "@grpc/grpc-js";

interface Inside {
  commonServerOptions?: { settings?: Settings };
  createHttp2Server?: (credentials: unknown) => Http2Server;
}

/** Widens the windows of every connection that is accepted from now on. False where this grpc-js has no such inside. */
export function widenWindow(server: Server, bytes: number): boolean {
  const inside = server as unknown as Inside; // private, and looked at before it is touched
  const create = inside.createHttp2Server;
  if (typeof create !== "function" || typeof inside.commonServerOptions !== "object") return false;
  inside.commonServerOptions.settings = { ...inside.commonServerOptions.settings, initialWindowSize: bytes };
  inside.createHttp2Server = (credentials) => {
    const made = create.call(server, credentials);
    made.on("session", (session) => {
      session.setLocalWindowSize(bytes);
    });
    return made;
  };
  return true;
}
