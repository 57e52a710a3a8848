/** A gRPC server behind the front door and the gate, with kits of its own: a unary method for each role, and a stream for clients. */
import { join } from "node:path";
import {
  Client,
  credentials,
  Metadata,
  Server,
  type ChannelCredentials,
  type ServiceError,
  type ServerDuplexStream,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";
import { Enrolments } from "../../server/identity/enrolment.ts";
import type { EnrolmentPolicy } from "../../server/identity/enrolment-policy.ts";
import { KeyFolder } from "../../server/identity/key-folder.ts";
import { readRoster } from "../../server/identity/roster.ts";
import { addHousekeeping } from "../../server/rpc/housekeeping.ts";
import { rolesOf } from "../../server/rpc/roles.ts";
import { FrontDoor } from "../../server/rpc/front-door.ts";
import { Gate, type Refusal } from "../../server/rpc/gate.ts";
import { Limits, type LimitOptions } from "../../server/rpc/limits.ts";
import { MemoryStore } from "./memory-store.ts";
import { createLogger } from "../../server/telemetry/logger.ts";
import type { Role } from "../../shared/identity/identity.ts";
import { readKit, tokenIn } from "../../shared/identity/kit.ts";

const bytes = (value: Buffer): Buffer => value;
const method = (name: string, streams: boolean): ServiceDefinition[string] => ({
  path: `/test.Gated/${name}`,
  requestStream: streams,
  responseStream: streams,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const service: ServiceDefinition = {
  enroll: method("Enroll", false),
  work: method("Work", false),
  stop: method("Stop", false),
  attend: method("Attend", true),
};
const roles: Readonly<Record<string, readonly Role[]>> = {
  "/test.Gated/Enroll": ["client"],
  "/test.Gated/Work": ["client"],
  "/test.Gated/Attend": ["client"],
  "/test.Gated/Stop": ["operator"],
};

export const request = { hosts: ["localhost", "127.0.0.1"], days: 365, tokenDays: 7 } as const;

export interface GatedServer extends AsyncDisposable {
  readonly keys: KeyFolder;
  readonly door: FrontDoor;
  readonly gate: Gate;
  readonly store: MemoryStore;
  readonly refusals: Refusal[];
  readonly turnedAway: string[];
  /** Address to dial. */
  readonly target: string;
  dial(kit: string): Dialled;
}

export interface GatedOptions {
  readonly policy?: EnrolmentPolicy;
  readonly limits?: Partial<LimitOptions>;
  readonly handshakeMs?: number;
  readonly plaintext?: boolean;
  readonly store?: MemoryStore;
  readonly now?: () => Date;
  /** What answers say of the coordinator. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly hosts?: readonly string[];
}

export async function gatedServer(folder: string, options: GatedOptions = {}): Promise<GatedServer> {
  const keys = await KeyFolder.create(join(folder, "keys"));
  await keys.issue({ ...request, name: "server", role: "server", hosts: options.hosts ?? request.hosts });
  const path = (kit: string): string => join(keys.path, kit);
  const refusals: Refusal[] = [];
  const turnedAway: string[] = [];
  const store = options.store ?? new MemoryStore();
  const roster = () => readRoster(join(path("server"), "roster.json"));
  const enrolments = await Enrolments.open({
    store,
    policy: options.policy ?? "token",
    roster,
    ...(options.now && { now: options.now }),
  });
  const limits = new Limits(options.limits);
  const log = createLogger("silent");
  const gate = new Gate({
    limits,
    enrolments,
    rolesOf: (name) => roles[name] ?? rolesOf(name),
    enrolMethod: "/test.Gated/Enroll",
    onRefusal: (refusal) => refusals.push(refusal),
    ...(options.facts && { facts: options.facts }),
    log,
  });
  const server = new Server({ interceptors: [gate.interceptor] });
  const echo = (call: { request: Buffer }, answer: (error: null, reply: Buffer) => void): void => {
    answer(null, call.request);
  };
  server.addService(service, {
    enroll: echo,
    work: echo,
    stop: echo,
    attend: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call
        .on("data", (chunk: Buffer) => call.write(chunk))
        .on("end", () => {
          call.end();
        })
        .on("error", () => undefined);
    },
  });
  const definitions = loadSync(healthProto, { longs: Number, enums: String, defaults: true, oneofs: true });
  addHousekeeping(server, ["test.Gated"], definitions).setServing(true);
  const door = await FrontDoor.open({
    host: "127.0.0.1",
    port: 0,
    ...(options.plaintext !== true && { kit: readKit(path("server")) }),
    server,
    limits,
    onRefusal: (_, reason) => turnedAway.push(reason),
    log,
    ...(options.handshakeMs !== undefined && { handshakeMs: options.handshakeMs }),
  });
  const target = `localhost:${door.port}`;
  return {
    keys,
    door,
    gate,
    store,
    refusals,
    turnedAway,
    target,
    dial: (kit) => new Dialled(target, credentialsOf(path(kit)), tokenIn(path(kit))),
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
      await door[Symbol.asyncDispose]();
    },
  };
}

export function credentialsOf(folder: string): ChannelCredentials {
  const { ca, key, certificate } = readKit(folder);
  return credentials.createSsl(ca, key, certificate);
}

export class Dialled implements Disposable {
  readonly client: Client;
  readonly #token: string | undefined;

  constructor(target: string, channel: ChannelCredentials, token?: string) {
    this.client = new Client(target, channel, { "grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0 });
    this.#token = token;
  }

  enrol(token = this.#token): Promise<string> {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("tributary-token", token);
    return this.call("Enroll", "", metadata);
  }

  call(name: string, message: string | Buffer = "hello", metadata = new Metadata()): Promise<string> {
    const deadline = Date.now() + 10_000;
    return new Promise((done, fail) => {
      this.client.makeUnaryRequest(
        `/test.Gated/${name}`,
        bytes,
        bytes,
        Buffer.from(message),
        metadata,
        { deadline },
        (error: ServiceError | null, reply?: Buffer) => {
          if (error === null) done(reply!.toString());
          else fail(error);
        },
      );
    });
  }

  attend() {
    return this.client.makeBidiStreamRequest("/test.Gated/Attend", bytes, bytes, new Metadata(), {});
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}
