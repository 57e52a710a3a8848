/**
 * The coordinator daemon: a front door, a gate, the service of clients, and the runs behind it.
 *
 *     await using daemon = await Daemon.open({ host: "127.0.0.1", port: 0, store, … });
 *     const id = await daemon.runs.submit({ experiment, … });
 *     await daemon.runs.result(id);
 *
 * Shutdown has two speeds. Graceful: no new connections, runs parked with a checkpoint, workers told when to come back. Firm, after
 * `graceMs`: connections are cut.
 */
import type { Kit } from "../shared/identity/kit.ts";
import type { Role } from "../shared/identity/identity.ts";
import { Contents } from "./fleet/contents.ts";
import { Leases } from "./fleet/leases.ts";
import { defaultPresence, Roster } from "./fleet/roster.ts";
import { Enrolments } from "./identity/enrolment.ts";
import { defaultStreamLimits, federationMethod, federationService, type StreamLimits } from "./rpc/federation.ts";
import { FrontDoor } from "./rpc/front-door.ts";
import { Gate, type Refusal } from "./rpc/gate.ts";
import { Limits, type LimitOptions } from "./rpc/limits.ts";
import { createGrpcServer, shutDown } from "./rpc/server.ts";
import { Runs } from "./run/runs.ts";
import type { Store } from "./store/store.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface DaemonOptions {
  readonly host: string;
  readonly port: number;
  /** mTLS with this kit; plaintext, where anybody can claim to be anybody, when left out. */
  readonly kit?: Kit;
  readonly store: Store;
  /** Where runs are written. */
  readonly runsFolder?: string;
  readonly presence?: { readonly heartbeatMs: number; readonly silenceMs: number };
  /** How long a client that went away in an exchange is waited for. @default 15 s */
  readonly absenceMs?: number;
  /** @default 10 s */
  readonly graceMs?: number;
  readonly limits?: Partial<LimitOptions>;
  readonly streams?: StreamLimits;
  readonly log: Logger;
}

const clientMethods = ["Enroll", "Attend", "Fetch", "Submit"].map(federationMethod);

export class Daemon implements AsyncDisposable {
  readonly runs: Runs;
  readonly roster: Roster;
  readonly #options: DaemonOptions;
  readonly #door: FrontDoor;
  readonly #stop: (graceMs: number) => Promise<void>;

  private constructor(
    options: DaemonOptions,
    parts: Pick<Daemon, "runs" | "roster">,
    door: FrontDoor,
    stop: (graceMs: number) => Promise<void>,
  ) {
    this.#options = options;
    this.runs = parts.runs;
    this.roster = parts.roster;
    this.#door = door;
    this.#stop = stop;
  }

  static async open(options: DaemonOptions): Promise<Daemon> {
    const { host, port, kit, store, log, runsFolder, absenceMs = 15_000, streams = defaultStreamLimits } = options;
    const presence = options.presence ?? defaultPresence;
    const roster = new Roster({ ...presence, now: () => performance.now(), log });
    const [contents, leases] = [new Contents(), new Leases()];
    const limits = new Limits(options.limits);
    const enrolments = await Enrolments.open({
      store,
      policy: "open",
      roster: () => ({ format: "tributary-roster-1", tokens: [], revoked: [] }),
    });
    const onRefusal = (refusal: Refusal): void => {
      log.warn(refusal, "a call was refused");
    };
    const gate = new Gate({ limits, enrolments, rolesOf, enrolMethod: federationMethod("Enroll"), onRefusal, log });
    const federation = federationService({ roster, contents, leases, ...presence, limits: streams, log });
    const server = createGrpcServer({ interceptors: [gate.interceptor], services: { Federation: federation }, log });
    const door = await FrontDoor.open({
      host,
      port,
      ...(kit && { kit }),
      server,
      limits,
      onRefusal: (address, reason) => {
        log.warn({ address, reason }, "a connection was refused");
      },
      log,
    });
    const runs = new Runs({ roster, contents, leases, store, absenceMs, log }, runsFolder);
    return new Daemon(options, { runs, roster }, door, (graceMs) => shutDown(server, graceMs));
  }

  get port(): number {
    return this.#door.port;
  }

  /** Stops within `graceMs`, or firmly. */
  async stop(graceMs = this.#options.graceMs ?? 10_000): Promise<void> {
    this.#door.stopListening();
    await this.runs.park();
    this.roster.dismiss("the coordinator is shutting down", 1000);
    await this.#stop(graceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.roster[Symbol.dispose]();
    await this.#door[Symbol.asyncDispose]();
  }
}

const rolesOf = (method: string): readonly Role[] | undefined =>
  clientMethods.includes(method) ? ["client"] : undefined;
