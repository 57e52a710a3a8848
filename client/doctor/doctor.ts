/**
 * Why a client cannot work with a coordinator, found out step by step from the outside:
 *
 *     the kit → the name → the port → TLS or plaintext → the coordinator's certificate → ours → versions, clocks and enrolment
 *
 * To gRPC most of these look alike ("UNAVAILABLE"), and so they are looked at before gRPC is. The first that is wrong ends it:
 * what comes after cannot be right.
 */
import { lookup } from "node:dns/promises";
import { connect as connectPlain, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type DetailedPeerCertificate } from "node:tls";
import { Client, credentials, Metadata, status, type StatusObject } from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import { readKit, expiryWarning, tokenIn, type Kit } from "../../shared/identity/kit.ts";
import { splitAddress } from "../../shared/identity/plaintext.ts";
import { kernelsHash } from "../../shared/kernels/module.ts";
import { newestProtocol, oldestProtocol } from "../../shared/protocol/version.ts";

export interface Finding {
  readonly check: "kit" | "name" | "port" | "tls" | "certificate" | "admission" | "version" | "clock" | "run";
  readonly state: "fine" | "warning" | "wrong";
  /** What was found; where it is wrong also what to do. */
  readonly message: string;
}

export interface Examined {
  /** HOST:PORT. */
  readonly coordinator: string;
  /** The folder of a kit; plaintext without one. */
  readonly keys?: string | undefined;
  /** How long each step may take, in ms. @default 5 s */
  readonly stepMs?: number;
}

/** Clocks that differ by more are warned about: certificates and tokens hang on them. */
const clockSkewMs = 5 * 60_000;

export async function* examine({ coordinator, keys, stepMs = 5000 }: Examined): AsyncGenerator<Finding> {
  const { host, port } = splitAddress("--coordinator", coordinator);
  let kit: Kit | undefined;
  if (keys !== undefined) {
    try {
      kit = readKit(keys);
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      yield wrong("kit", error.message);
      return;
    }
    const warning = expiryWarning(kit);
    yield warning === undefined
      ? fine("kit", `the kit of ${kit.identity.role} ${kit.identity.id} is sound`)
      : { check: "kit", state: "warning", message: warning };
  }
  try {
    const { address } = await lookup(host);
    yield fine("name", `${host} is ${address}`);
  } catch {
    yield wrong("name", `nobody knows a machine called ${host}: correct --coordinator, or the name server`);
    return;
  }
  const knock = await knocked(host, port, stepMs);
  yield knock;
  if (knock.state === "wrong") return;
  if (kit === undefined) {
    const speech = await speaksPlaintext(host, port, stepMs);
    yield speech;
    if (speech.state === "wrong") return;
  } else {
    for await (const finding of examineTls(host, port, kit, stepMs)) {
      yield finding;
      if (finding.state === "wrong") return;
    }
  }
  yield* examineAnswer(coordinator, kit, keys, stepMs);
}

const fine = (check: Finding["check"], message: string): Finding => ({ check, state: "fine", message });
const wrong = (check: Finding["check"], message: string): Finding => ({ check, state: "wrong", message });

function knocked(host: string, port: number, ms: number): Promise<Finding> {
  return new Promise((done) => {
    const socket = connectPlain({ host, port });
    const end = (finding: Finding): void => {
      socket.destroy();
      done(finding);
    };
    socket.setTimeout(ms, () => {
      end(
        wrong(
          "port",
          `${host}:${port} does not answer within ${ms} ms: is a firewall in between, or a proxy needed (https_proxy)?`,
        ),
      );
    });
    socket.on("connect", () => {
      end(fine("port", `somebody listens on ${host}:${port}`));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "ECONNREFUSED"
          ? "nobody listens there: is the coordinator running, and on this port?"
          : (error.code ?? error.message);
      end(wrong("port", `${host}:${port}: ${why}`));
    });
  });
}

/** The first bytes that come back for HTTP/2's preface: a settings frame, or the alert of somebody who waits for TLS. */
async function speaksPlaintext(host: string, port: number, ms: number): Promise<Finding> {
  const preface = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  ]);
  const first = await firstBytes(connectPlain({ host, port }), preface, ms);
  if (first?.[3] === 4) return fine("tls", "it speaks plaintext, as we do");
  if (first === undefined || first[0] === 0x15)
    return wrong("tls", "it speaks TLS, and this is plaintext: give the kit of a client with --keys");
  return wrong("tls", "what listens there does not speak HTTP/2: is it the coordinator's port?");
}

function firstBytes(socket: Socket, greeting: Buffer, ms: number): Promise<Buffer | undefined> {
  return new Promise((done) => {
    const end = (bytes?: Buffer): void => {
      socket.destroy();
      done(bytes);
    };
    socket
      .setTimeout(ms, end)
      .on("error", () => {
        end();
      })
      .on("close", () => {
        end();
      })
      .on("data", end);
    socket.write(greeting);
  });
}

/** The handshake, with every certificate accepted so that what is wrong with it can be said. */
async function* examineTls(host: string, port: number, kit: Kit, ms: number): AsyncGenerator<Finding> {
  const shaken = await handshake(host, port, kit, ms);
  if ("problem" in shaken) {
    yield wrong("tls", shaken.problem);
    return;
  }
  yield fine("tls", "it speaks TLS, as we do");
  const { certificate, authorizationError, lived } = shaken;
  if (authorizationError === "CERT_HAS_EXPIRED" || authorizationError === "CERT_NOT_YET_VALID") {
    yield wrong(
      "certificate",
      `the coordinator's certificate is good from ${certificate.valid_from} to ${certificate.valid_to}, and the clock here says ${new Date().toISOString()}: renew it (tributary keys issue server --renew), or set the clock`,
    );
    return;
  }
  const misnamed = checkServerIdentity(host, certificate);
  if (authorizationError !== undefined && authorizationError !== "ERR_TLS_CERT_ALTNAME_INVALID") {
    yield wrong(
      "certificate",
      `the coordinator's certificate is of another authority (${authorizationError}): is this the kit for this coordinator?`,
    );
    return;
  }
  if (misnamed !== undefined) {
    yield wrong(
      "certificate",
      `the coordinator's certificate is not for ${host}, but for ${certificate.subjectaltname ?? "no name"}: dial it by one of these, or issue it anew with --hosts`,
    );
    return;
  }
  yield fine("certificate", `the coordinator's certificate is sound until ${certificate.valid_to}`);
  if (!lived)
    yield wrong(
      "certificate",
      `it refuses our certificate: it is of another authority or out of date by the coordinator's clock; the coordinator's log names the cause`,
    );
}

type Handshake =
  | { readonly problem: string }
  | {
      readonly certificate: DetailedPeerCertificate;
      readonly authorizationError: string | undefined;
      readonly lived: boolean;
    };

/** `lived`: the connection was still there after HTTP/2's settings had come; a coordinator that refuses our certificate ends it before. */
function handshake(host: string, port: number, kit: Kit, ms: number): Promise<Handshake> {
  return new Promise((done) => {
    const { ca, key, certificate: cert } = kit;
    const socket = connectTls({
      host,
      port,
      servername: host,
      ca,
      key,
      cert,
      ALPNProtocols: ["h2"],
      rejectUnauthorized: false,
    });
    let shaken: Omit<Extract<Handshake, { lived: boolean }>, "lived"> | undefined;
    const end = (lived: boolean, error?: NodeJS.ErrnoException): void => {
      socket.destroy();
      if (shaken !== undefined) done({ ...shaken, lived });
      else if (
        error?.code === "EPROTO" ||
        error?.code === "ERR_SSL_WRONG_VERSION_NUMBER" ||
        error?.code === "ERR_SSL_PACKET_LENGTH_TOO_LONG"
      )
        done({
          problem: "it speaks plaintext, and a kit was given: leave --keys out, or start the coordinator with its kit",
        });
      else done({ problem: `the TLS handshake does not come about: ${error?.code ?? "no answer"}` });
    };
    socket.setTimeout(ms, () => {
      end(false);
    });
    socket.on("secureConnect", () => {
      shaken = {
        certificate: socket.getPeerCertificate(true),
        authorizationError: socket.authorized ? undefined : String(socket.authorizationError),
      };
    });
    socket.on("data", () => {
      end(true);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(false, error);
    });
    socket.on("close", () => {
      end(false);
    });
  });
}

/** What the coordinator says when it is asked for its health. */
async function* examineAnswer(
  coordinator: string,
  kit: Kit | undefined,
  keys: string | undefined,
  ms: number,
): AsyncGenerator<Finding> {
  const answer = await healthOf(coordinator, kit, ms);
  const fact = (name: string): string | undefined => answer.metadata.get(name)[0]?.toString();
  const clock = Number(fact("tributary-clock-ms"));
  const ahead = Date.now() - clock;
  if (Math.abs(ahead) > clockSkewMs)
    yield {
      check: "clock",
      state: "warning",
      message: `the clock here is ${Math.round(Math.abs(ahead) / 60_000)} min ${ahead > 0 ? "ahead of" : "behind"} the coordinator's: certificates and tokens bear 5`,
    };
  else if (fact("tributary-clock-ms") !== undefined) yield fine("clock", "the clocks agree");
  const protocols = fact("tributary-protocols");
  const kernels = fact("tributary-kernels");
  const [oldest, newest] = (protocols ?? `${oldestProtocol}-${newestProtocol}`).split("-").map(Number);
  if (newest! < oldestProtocol || oldest! > newestProtocol) {
    yield wrong(
      "version",
      `it speaks protocol ${protocols}, and we speak ${oldestProtocol}-${newestProtocol}: install the same version on both sides`,
    );
    return;
  }
  if (kernels !== undefined && kernels !== kernelsHash()) {
    yield wrong(
      "version",
      `it computes with the kernels ${kernels}, and we with ${kernelsHash()}: install the same version on both sides`,
    );
    return;
  }
  if (protocols !== undefined) yield fine("version", "versions agree");
  if (answer.code === status.OK)
    yield fine("admission", kit === undefined ? "it answers" : `${kit.identity.id} is let in`);
  else if (
    answer.code === status.UNAUTHENTICATED &&
    answer.details.includes("not enrolled") &&
    keys !== undefined &&
    tokenIn(keys) !== undefined
  )
    yield fine("admission", `${kit?.identity.id} has not enrolled yet, and its kit holds a token to do so`);
  else yield wrong("admission", `it answers, and refuses: ${answer.details}`);
}

function healthOf(coordinator: string, kit: Kit | undefined, ms: number): Promise<StatusObject> {
  const channel =
    kit === undefined ? credentials.createInsecure() : credentials.createSsl(kit.ca, kit.key, kit.certificate);
  const client = new Client(coordinator, channel, { "grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0 });
  return new Promise((done) => {
    const call = client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      (empty: Buffer) => empty,
      (reply: Buffer) => reply,
      Buffer.alloc(0),
      new Metadata(),
      { deadline: Date.now() + ms },
      () => undefined, // the status says it
    );
    call.on("status", (ended: StatusObject) => {
      client.close();
      done(ended);
    });
  });
}
