/** A gRPC server with our settings; what is not listed is grpc-js's default, the 4 MiB limit of a received message among them. */
import { Server, type ServerInterceptor, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { service } from "../../shared/protocol/definitions.ts";
import type { Logger } from "../telemetry/logger.ts";
import { tolerant } from "./malformed.ts";
import { widestBytes, windowOf, type Windows } from "./window.ts";

export interface ServerOptions {
  readonly windows: Windows;
  /** Before every call, the outermost first. */
  readonly interceptors: readonly ServerInterceptor[];
  /** Services of proto/ by name. */
  readonly services: Readonly<Record<string, UntypedServiceImplementation>>;
}

export function createGrpcServer({ windows, interceptors, services }: ServerOptions): Server {
  const server = new Server({
    interceptors: [...interceptors],
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5000,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_connection_idle_ms": 300_000,
    "grpc.max_concurrent_streams": 32, // of one connection
    "grpc-node.max_session_memory": 32, // MB
    "grpc.enable_channelz": 0,
  });
  windows.govern(server);
  for (const [name, implementation] of Object.entries(services))
    server.addService(tolerant(service(name)), implementation);
  return server;
}

/** Tries it out before anybody dials: a window that does not widen is said, and is no reason to stop. */
export async function sayWhetherWide(server: Server, windows: Windows, log: Logger): Promise<void> {
  const bytes = await windowOf(server, windows);
  if (bytes < widestBytes)
    log.warn(
      { expected: widestBytes, got: bytes },
      "this grpc-js does not let its window be widened: uploads over long distances will be slow",
    );
}

/** Ends what is under way within `graceMs`, then cuts it. */
export async function shutDown(server: Server, graceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const firm = new Promise<void>((done) => {
    timer = setTimeout(() => {
      server.forceShutdown();
      done();
    }, graceMs);
  });
  const graceful = new Promise<void>((done) => {
    server.tryShutdown(() => {
      done();
    });
  });
  await Promise.race([graceful, firm]);
  clearTimeout(timer);
}
