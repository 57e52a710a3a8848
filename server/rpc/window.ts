/**
 * The flow-control window of the server. grpc-js obeys `grpc-node.flow_control_window` on the client only (grpc-node #3058 is open), so
 * uploads would run with HTTP/2's 64 KiB: 0.8 MB/s at 50 ms of round trip, where 4 MiB give 37. Two private fields are patched, of the
 * exact version that is pinned; where they are not what they were, the patch is left out and the daemon says so.
 */
import { connect, type Http2Server, type Settings } from "node:http2";
import { duplexPair } from "node:stream";
import { ServerCredentials, type Server } from "@grpc/grpc-js";

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

const trialMs = 2000;

/** The window that a connection to this server is really given, in bytes: the smaller of a stream's and of all its streams together. */
export async function windowOf(server: Server): Promise<number> {
  const [near, far] = duplexPair();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  injector.injectConnection(far);
  const session = connect("http://trial", { createConnection: () => near });
  session.on("error", () => undefined); // it shows in the window
  try {
    return await new Promise<number>((done) => {
      const look = (): void => {
        const { initialWindowSize = 0 } = session.remoteSettings;
        done(Math.min(initialWindowSize, session.state.remoteWindowSize ?? 0));
      };
      const timer = setTimeout(look, trialMs);
      session.once("remoteSettings", () => {
        session.ping(() => {
          clearTimeout(timer); // what widens the connection comes after the settings, and before the answer to a ping
          look();
        });
      });
    });
  } finally {
    session.destroy();
    injector.destroy();
  }
}
