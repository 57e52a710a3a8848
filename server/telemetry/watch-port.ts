/**
 * The HTTP port for those who watch a daemon from outside: plaintext, without identities, and nothing can be changed on it.
 *
 *     /metrics   Prometheus        /healthz   200 while the process lives        /readyz   200 while it takes work, else 503 and why
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TributaryError } from "../../shared/errors.ts";
import { whyNotListening } from "../listening.ts";
import type { Metrics } from "./metrics.ts";

export interface WatchPortOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  /** Why no work is taken at the moment; undefined while it is. */
  readonly notReady: () => string | undefined;
}

export class WatchPort implements AsyncDisposable {
  readonly #server: Server;

  private constructor({ metrics, notReady }: WatchPortOptions) {
    this.#server = createServer(
      { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 8192 },
      (request, response) => {
        const answer = (code: number, text: string, type = "text/plain; charset=utf-8"): void => {
          response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(text) }).end(text);
        };
        const path = request.url?.split("?")[0];
        if (request.method !== "GET") answer(405, "only GET\n");
        else if (path === "/healthz") answer(200, "alive\n");
        else if (path === "/readyz") {
          const why = notReady();
          answer(why === undefined ? 200 : 503, `${why ?? "ready"}\n`);
        } else if (path === "/metrics") {
          metrics.text().then(
            (text) => {
              answer(200, text, metrics.contentType);
            },
            () => {
              answer(500, "the metrics cannot be gathered\n");
            },
          );
        } else answer(404, "expected /metrics, /healthz or /readyz\n");
      },
    );
    this.#server.maxConnections = 64;
  }

  /** Throws "invalid-option" when the port cannot be had. */
  static async open(options: WatchPortOptions): Promise<WatchPort> {
    const { host, port } = options;
    const opened = new WatchPort(options);
    await new Promise<void>((done, fail) => {
      opened.#server.once("error", (error: NodeJS.ErrnoException) => {
        const message = `Cannot listen on ${host}:${port} for metrics: ${whyNotListening(error)}`;
        fail(new TributaryError("invalid-option", message, { cause: error }));
      });
      opened.#server.listen({ host, port }, done);
    });
    return opened;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens: open() has waited for that
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) =>
      this.#server.close(() => {
        done();
      }),
    );
  }
}
