/**
 * The flow-control windows of the server: what may be on its way to us. A worker that has nothing to send has HTTP/2's 64 KiB; for as long
 * as it uploads, a part of the room that all uploads share: 4 MiB where there are few (64 KiB would be 0.8 MB/s at 50 ms of round trip,
 * 4 MiB give 37), less where there are many, so that memory does not follow the number of those who answer at once.
 *
 * grpc-js obeys `grpc-node.flow_control_window` on the client only (grpc-node #3058 is open). Its private method that makes the HTTP/2
 * server is patched, of the exact version that is pinned; where it is not what it was, windows stay as they are and the daemon says so.
 */
import { connect, type Http2Server, type ServerHttp2Session } from "node:http2";
import { duplexPair } from "node:stream";
import { ServerCredentials, type Server } from "@grpc/grpc-js";
import { chunkBytes } from "../../shared/protocol/content.ts";
import { Shares } from "./shares.ts";

interface Inside {
  createHttp2Server?: (credentials: unknown) => Http2Server;
}

/** What is told to an upload that begins. */
export interface UploadRoom extends Disposable {
  /** How large its chunks are to be at the moment: one is taken while another comes. */
  readonly chunkBytes: number;
}

/** The window of an upload beside few others. */
export const widestBytes = 4 << 20;

const room = { total: 16 << 20, most: widestBytes, least: 64 << 10 };
/** Of a connection that uploads nothing; beside an upload, what heartbeats need. */
const idleBytes = 65_535;

interface Connection {
  readonly session: ServerHttp2Session;
  uploads: number;
  /** The window of a stream that the other side has been told last. */
  told: number;
}

export class Windows {
  readonly #connections = new Map<string, Connection>();
  readonly #shares = new Shares(room, () => {
    for (const connection of this.#connections.values()) if (connection.uploads > 0) this.#fit(connection);
  });

  /** Takes the windows of this server's connections in hand. False where this grpc-js has no such inside. */
  govern(server: Server): boolean {
    const inside = server as unknown as Inside; // private, and looked at before it is touched
    const create = inside.createHttp2Server;
    if (typeof create !== "function") return false;
    inside.createHttp2Server = (credentials) => {
      const made = create.call(server, credentials);
      made.on("session", (session) => {
        const peer = peerOf(session);
        const connection = { session, uploads: 0, told: idleBytes };
        this.#connections.set(peer, connection);
        session.on("localSettings", () => {
          this.#fit(connection); // the other side goes by what it was told: there may be more to tell
        });
        session.once("close", () => {
          if (this.#connections.get(peer) === connection) this.#connections.delete(peer);
        });
      });
      return made;
    };
    return true;
  }

  /** An upload begins on the connection of `peer`, as gRPC names it; until it is disposed of. */
  open(peer: string): UploadRoom {
    const part = this.#shares.join();
    const connection = this.#connections.get(peer);
    this.#upload(connection, 1);
    const shares = this.#shares;
    return {
      get chunkBytes() {
        return Math.min(chunkBytes, shares.each / 2);
      },
      [Symbol.dispose]: () => {
        part[Symbol.dispose]();
        this.#upload(connection, -1);
      },
    };
  }

  #upload(connection: Connection | undefined, more: 1 | -1): void {
    if (connection === undefined) return;
    connection.uploads += more;
    this.#fit(connection);
  }

  #fit(connection: Connection): void {
    const { session, uploads } = connection;
    if (session.destroyed || session.closed) return;
    const each = uploads === 0 ? idleBytes : this.#shares.each;
    session.setLocalWindowSize(idleBytes + uploads * each);
    if (each === connection.told || session.pendingSettingsAck) return;
    connection.told = each;
    session.settings({ initialWindowSize: each });
  }
}

const peerOf = ({ socket }: ServerHttp2Session): string =>
  socket.remoteAddress === undefined ? "unknown" : `${socket.remoteAddress}:${socket.remotePort}`;

const trialMs = 2000;

/** The window that a connection is really given for an upload, in bytes: the smaller of a stream's and of all its streams together. */
export async function windowOf(server: Server, windows: Windows): Promise<number> {
  const [near, far] = duplexPair();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  injector.injectConnection(far);
  const session = connect("http://trial", { createConnection: () => near });
  session.on("error", () => undefined); // it shows in the window
  let upload: UploadRoom | undefined;
  try {
    return await new Promise<number>((done) => {
      const look = (): void => {
        const { initialWindowSize = 0 } = session.remoteSettings;
        done(Math.min(initialWindowSize, session.state.remoteWindowSize ?? 0));
      };
      const timer = setTimeout(look, trialMs);
      session.once("remoteSettings", () => {
        upload = windows.open("unknown");
        session.ping(() => {
          session.ping(() => {
            clearTimeout(timer); // by the first answer it knows that we go by its settings, by the second it has told new ones
            look();
          });
        });
      });
    });
  } finally {
    upload?.[Symbol.dispose]();
    session.destroy();
    injector.destroy();
  }
}
