/** A TCP proxy between a worker and its coordinator whose connections fall silent without an end, as behind a router that was switched off, or break. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #breakAfter = Infinity;
  /** Connections that were made through it. */
  made = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a port of its own, and passes everything on to `port`. */
  static async open(port: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on("connection", (near) => {
      proxy.#carry({ near, far: connect(port, "127.0.0.1") });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens
  }

  /** From now on nothing passes on the connections there are, and neither side hears that the other has ended; new ones work. */
  silence(): void {
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.pause();
      far.pause();
    }
  }

  /** Every connection made from now on breaks once it has carried so many bytes towards the worker. */
  breakAfter(bytes: number): void {
    this.#breakAfter = bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((done) => {
      this.#server.close(() => {
        done();
      });
    });
  }

  #carry(pair: Pair): void {
    this.#pairs.add(pair);
    const { near, far } = pair;
    near.pipe(far).pipe(near);
    this.made++;
    let left = this.#breakAfter;
    far.on("data", (bytes: Buffer) => {
      left -= bytes.length;
      if (left < 0) near.destroy();
    });
    for (const socket of [near, far]) {
      socket.on("error", () => undefined); // its close follows
      socket.on("close", () => this.#pairs.delete(pair));
    }
    near.on("close", () => far.resume().end());
    far.on("close", () => near.resume().end());
  }
}
