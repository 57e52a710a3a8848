/**
 * The front door: the listening socket before gRPC. It counts connections, gives each ten seconds for its handshake, finds out
 * whether the certificate is of our authority and in time, and hands over to gRPC only what has come that far.
 *
 * TLS ends here and not in grpc-js, whose server keeps a silent socket for 120 s, says nothing about why a handshake failed, and
 * takes no new certificate; its connection injector is public. A certificate that is refused is named in the log: to the other
 * side every such failure looks alike, and `tributary doctor` tells them apart.
 */
import { createServer as createPlainServer, type AddressInfo, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { ServerCredentials, type Server } from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import type { Kit } from "../../shared/identity/kit.ts";
import { whyNotListening } from "../listening.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Limits } from "./limits.ts";

export interface FrontDoorOptions {
  readonly host: string;
  readonly port: number;
  /** Plaintext when left out. */
  readonly kit?: Kit;
  readonly server: Server;
  readonly limits: Limits;
  /** Called for each connection that does not get in. */
  readonly onRefusal: (address: string, reason: string) => void;
  readonly log: Logger;
  /** @default 10 s */
  readonly handshakeMs?: number;
}

/** What has been said to somebody whose connection is ended has so long to arrive. */
const partingMs = 250;

export class FrontDoor implements AsyncDisposable {
  readonly #listener: NetServer | TlsServer;
  readonly #sockets = new Set<Socket>();
  readonly #options: FrontDoorOptions;
  readonly #injector: ReturnType<Server["createConnectionInjector"]>;
  readonly #handshakeMs: number;

  private constructor(options: FrontDoorOptions) {
    const { kit, server } = options;
    this.#options = options;
    this.#handshakeMs = options.handshakeMs ?? 10_000;
    this.#injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener =
      kit === undefined
        ? createPlainServer({ noDelay: true }, (socket) => {
            this.#plain(socket);
          })
        : createTlsServer({ ...contextOf(kit), ...tlsOptions, handshakeTimeout: this.#handshakeMs });
    this.#listener.on("connection", (socket: Socket) => {
      this.#count(socket);
    });
    this.#listener.on("secureConnection", (socket: TLSSocket) => {
      this.#secure(socket);
    });
    this.#listener.on("tlsClientError", (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      if (error.code === "ECONNRESET" && socket.bytesRead === 0) return; // somebody has looked whether the port is open, and gone
      this.#refuse(socket, `the TLS handshake failed: ${error.code ?? error.message}`);
    });
  }

  /** Listens. Throws "invalid-option" when the port or the address cannot be had. */
  static async open(options: FrontDoorOptions): Promise<FrontDoor> {
    const door = new FrontDoor(options);
    const { host, port } = options;
    await new Promise<void>((done, fail) => {
      door.#listener.once("error", (error: NodeJS.ErrnoException) => {
        fail(cannotListen(host, port, error));
      });
      door.#listener.listen({ host, port, backlog: 4096 }, done);
    });
    door.#listener.on("error", (error) => {
      options.log.error({ err: error }, "the listening socket broke"); // EMFILE: it goes on when descriptors are free again
    });
    return door;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port; // it listens: open() has waited for that
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** New connections are made with this certificate and this authority from now on; those that are open stay. */
  renew(kit: Kit): void {
    if ("setSecureContext" in this.#listener) this.#listener.setSecureContext(contextOf(kit));
  }

  /** Ends the connection from `peer`, ADDRESS:PORT, once what is on its way there has had time to arrive. */
  end(peer: string): void {
    for (const socket of this.#sockets) {
      if (`${socket.remoteAddress}:${socket.remotePort}` !== peer) continue;
      setTimeout(() => socket.destroy(), partingMs).unref();
    }
  }

  /** No new connections; those that are open stay until gRPC has shut down. */
  stopListening(): void {
    this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((done) =>
      this.#listener.close(() => {
        done();
      }),
    );
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #count(socket: Socket): void {
    const address = socket.remoteAddress ?? "unknown";
    const leave = this.#options.limits.connect(address);
    if (leave === undefined) {
      socket.destroy();
      this.#options.onRefusal(address, "more connections than the limits allow");
      return;
    }
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      leave();
    });
    socket.on("error", () => undefined); // a connection that breaks is closed, and says so by "close"
  }

  #plain(socket: Socket): void {
    if (socket.destroyed) return;
    const timer = setTimeout(() => {
      if (socket.bytesRead === 0) this.#refuse(socket, `nothing came within ${this.#handshakeMs} ms`);
    }, this.#handshakeMs);
    socket.once("close", () => {
      clearTimeout(timer);
    });
    this.#injector.injectConnection(socket);
  }

  #secure(socket: TLSSocket): void {
    socket.on("error", () => undefined);
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) this.#refuse(socket, "it showed no certificate");
    else if (!socket.authorized)
      this.#refuse(socket, `its certificate (${certificate.subject}) is refused: ${whyOf(socket)}`);
    else if (socket.alpnProtocol !== "h2") this.#refuse(socket, "it does not speak HTTP/2");
    else this.#injector.injectConnection(socket);
  }

  #refuse(socket: Socket, reason: string): void {
    this.#options.onRefusal(socket.remoteAddress ?? "unknown", reason);
    socket.destroy();
  }
}

/** Throws "invalid-option" when the port or the address cannot be had: asked before anything is changed. */
export async function mustBeFree(host: string, port: number): Promise<void> {
  const probe = createPlainServer();
  await new Promise<void>((done, fail) => {
    probe.once("error", (error: NodeJS.ErrnoException) => {
      fail(cannotListen(host, port, error));
    });
    probe.listen({ host, port }, done);
  });
  await new Promise((done) => probe.close(done));
}

const cannotListen = (host: string, port: number, error: NodeJS.ErrnoException): TributaryError =>
  new TributaryError("invalid-option", `Cannot listen on ${host}:${port}: ${whyNotListening(error)}`, { cause: error });

/** Whom we refuse is decided in `#secure`, where the reason can be told. */
const tlsOptions: TlsOptions = {
  requestCert: true,
  rejectUnauthorized: false,
  ALPNProtocols: ["h2"],
  minVersion: "TLSv1.2",
};

const contextOf = ({ ca, certificate, key }: Kit) => ({ ca, cert: certificate, key });

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  INVALID_PURPOSE: "it is not a client's",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "it is of another authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "it is of another authority",
  UNABLE_TO_GET_ISSUER_CERT: "it is of another authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "it is of another authority",
};

function whyOf({ authorizationError }: TLSSocket): string {
  const code = String(authorizationError); // declared an Error, and in truth the code of one
  return reasons[code] ?? code;
}
