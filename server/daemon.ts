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
import { kernelsHash } from "../shared/kernels/module.ts";
import { packageDefinition } from "../shared/protocol/definitions.ts";
import { newestProtocol, oldestProtocol } from "../shared/protocol/version.ts";
import { Accounts } from "./fleet/accounts.ts";
import { Contents } from "./fleet/contents.ts";
import { Leases } from "./fleet/leases.ts";
import { defaultPresence, Roster } from "./fleet/roster.ts";
import { Enrolments } from "./identity/enrolment.ts";
import type { EnrolmentPolicy } from "./identity/enrolment-policy.ts";
import { emptyRoster } from "./identity/roster.ts";
import { Trust } from "./identity/trust.ts";
import { controlService } from "./rpc/control.ts";
import { defaultStreamLimits, federationService, type StreamLimits } from "./rpc/federation.ts";
import { FrontDoor } from "./rpc/front-door.ts";
import { Gate, type Refusal } from "./rpc/gate.ts";
import { addHousekeeping } from "./rpc/housekeeping.ts";
import { Limits, type LimitOptions } from "./rpc/limits.ts";
import { enrolMethod, rolesOf } from "./rpc/roles.ts";
import { createGrpcServer, sayWhetherWide, shutDown } from "./rpc/server.ts";
import { Windows } from "./rpc/window.ts";
import { Runs } from "./run/runs.ts";
import type { Store } from "./store/store.ts";
import { droppedLogLines, type Logger } from "./telemetry/logger.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { Repeats } from "./telemetry/repeats.ts";

export interface DaemonOptions {
  readonly host: string;
  readonly port: number;
  /** mTLS with the kit of this folder; plaintext, where anybody can claim to be anybody, when left out. */
  readonly keys?: string;
  /** Who may come in for the first time. @default token */
  readonly enrolment?: EnrolmentPolicy;
  readonly metrics?: Metrics;
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

/** So often probes are told anew whether the store takes anything. */
const healthEveryMs = 1000;

export class Daemon implements AsyncDisposable {
  readonly runs: Runs;
  readonly roster: Roster;
  readonly #options: DaemonOptions;
  readonly #door: FrontDoor;
  readonly metrics: Metrics;
  readonly #stop: (graceMs: number) => Promise<void>;
  readonly #trust: Trust | undefined;

  private constructor(
    options: DaemonOptions,
    parts: Pick<Daemon, "runs" | "roster" | "metrics">,
    inside: { door: FrontDoor; stop: (graceMs: number) => Promise<void>; trust: Trust | undefined },
  ) {
    this.#options = options;
    this.runs = parts.runs;
    this.roster = parts.roster;
    this.metrics = parts.metrics;
    this.#door = inside.door;
    this.#stop = inside.stop;
    this.#trust = inside.trust;
  }

  /** Throws "invalid-keys" for a kit that is no good, "invalid-option" for a port that cannot be had. */
  static async open(options: DaemonOptions): Promise<Daemon> {
    const { host, port, keys, store, log, runsFolder, absenceMs = 15_000, streams = defaultStreamLimits } = options;
    const metrics = options.metrics ?? new Metrics();
    const presence = options.presence ?? defaultPresence;
    const onKit = (kit: Kit): void => {
      door.renew(kit);
    };
    const onRoster = (): void => {
      const ended = gate.endRevoked();
      if (ended.length > 0) log.warn({ ended }, "revoked keys were at work: their calls have ended");
    };
    const trust = keys === undefined ? undefined : new Trust({ folder: keys, onKit, onRoster, log });
    const limits = new Limits(options.limits);
    const enrolments = await Enrolments.open({
      store,
      policy: options.enrolment ?? "token",
      roster: () => trust?.roster ?? emptyRoster,
    });
    const repeats = new Repeats();
    const refused = (actor: string, detail: Omit<Refusal, "id">): void => {
      metrics.refusal(detail.code);
      const { role, address, method, code } = detail;
      const noted = repeats.note([actor, role, address, method, code].join(" "));
      if (noted === undefined) {
        log.debug({ actor, ...detail }, "refused again");
        return;
      }
      log.warn({ actor, ...detail, ...noted }, "refused; the same again is told once an hour");
      store.audit({ actor, action: "refused", detail: { ...detail, ...noted } });
    };
    const gate = new Gate({
      limits,
      enrolments,
      rolesOf,
      enrolMethod,
      onRefusal: ({ id, ...detail }) => {
        refused(id, detail);
      },
      onEnd: (method, code) => {
        metrics.call(method, code);
      },
      ...(streams.firstMessageMs !== undefined && { firstMessageMs: streams.firstMessageMs }),
      endConnection: (peer) => {
        door.end(peer);
      },
      facts: { "tributary-protocols": `${oldestProtocol}-${newestProtocol}`, "tributary-kernels": kernelsHash() },
      log,
    });
    const roster = new Roster({ ...presence, now: () => performance.now(), log });
    const [contents, leases] = [new Contents(), new Leases()];
    roster.listen({
      signalled: (worker, signal) => {
        if (signal.kind === "failed") leases.giveUp(signal.lease, worker, signal.reason);
      },
    });
    const runs = new Runs({ roster, contents, leases, store, absenceMs, log }, runsFolder, (event, labels) => {
      metrics.observe(event, labels);
    });
    const accounts = await Accounts.open(store, log);
    const onBytes = (worker: string, direction: "up" | "down", bytes: number): void => {
      metrics.moved(direction, bytes);
      accounts.moved(worker, direction, bytes);
    };
    const onAnswer = (worker: string, ms: number): void => {
      metrics.answered(ms);
      accounts.answered(worker, ms);
    };
    const windows = new Windows();
    const parts = {
      windows,
      roster,
      contents,
      leases,
      ...presence,
      limits: streams,
      room: limits.upload.bind(limits),
      onBytes,
      onAnswer,
      log,
    };
    const services = { Federation: federationService(parts), Control: controlService({ runs, roster, accounts, log }) };
    const server = createGrpcServer({ windows, interceptors: [gate.interceptor], services });
    await sayWhetherWide(server, windows, log);
    const named = Object.keys(services).map((name) => `tributary.v1.${name}`);
    const housekeeping = addHousekeeping(server, named, packageDefinition);
    const door = await FrontDoor.open({
      host,
      port,
      ...(trust && { kit: trust.kit }),
      server,
      limits,
      onRefusal: (address, reason) => {
        refused("unknown", { role: "unknown", address, method: "", code: "CONNECTION", reason });
      },
      log,
    }).catch((error: unknown) => {
      trust?.[Symbol.dispose]();
      roster[Symbol.dispose]();
      throw error;
    });
    metrics.gauge("tributary_connections", "Open connections", () => door.connections);
    metrics.gauge("tributary_workers", "Workers that attend", () => roster.workers.length);
    metrics.gauge("tributary_log_lines_dropped", "Lines of the log that its reader did not take", droppedLogLines);
    if (trust !== undefined) {
      const left = (): number => (trust.kit.expires.getTime() - Date.now()) / 1000;
      metrics.gauge("tributary_certificate_seconds", "Until the coordinator's certificate expires", left);
    }
    housekeeping.setServing(true);
    const looking = setInterval(() => {
      housekeeping.setServing(store.accepting);
    }, healthEveryMs).unref();
    const stop = async (graceMs: number): Promise<void> => {
      clearInterval(looking);
      housekeeping.setServing(false);
      await shutDown(server, graceMs);
      await accounts[Symbol.asyncDispose]();
    };
    return new Daemon(options, { runs, roster, metrics }, { door, stop, trust });
  }

  get port(): number {
    return this.#door.port;
  }

  /** Open connections. */
  get connections(): number {
    return this.#door.connections;
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
    this.#trust?.[Symbol.dispose]();
    this.roster[Symbol.dispose]();
    await this.#door[Symbol.asyncDispose]();
  }
}
