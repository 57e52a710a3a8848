/** What can be found out about a coordinator's port without gRPC, step by step: whether somebody listens, whether it is TLS, and what the certificates say. */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type DetailedPeerCertificate } from "node:tls";
import type { Kit } from "../../shared/identity/kit.ts";
import { fine, wrong, type Finding } from "./finding.ts";

/** A connection to the coordinator, by whatever way. */
export type Dial = () => Promise<Socket>;

export async function* knocked(host: string, port: number, ms: number): AsyncGenerator<Finding> {
  yield await new Promise<Finding>((done) => {
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
export async function* speaksPlaintext(dial: Dial, ms: number): AsyncGenerator<Finding> {
  const preface = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  ]);
  const first = await firstBytes(await dial(), preface, ms);
  if (first?.[3] === 4) yield fine("tls", "it speaks plaintext, as we do");
  else if (first === undefined || first[0] === 0x15)
    yield wrong("tls", "it speaks TLS, and this is plaintext: give the kit of a client with --keys");
  else yield wrong("tls", "what listens there does not speak HTTP/2: is it the coordinator's port?");
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
export async function* examineTls(host: string, dial: Dial, kit: Kit, ms: number): AsyncGenerator<Finding> {
  const shaken = await handshake(host, await dial(), kit, ms);
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
function handshake(host: string, way: Socket, kit: Kit, ms: number): Promise<Handshake> {
  return new Promise((done) => {
    const { ca, key, certificate: cert } = kit;
    const socket = connectTls({
      socket: way.on("error", () => undefined), // told as that of the handshake
      servername: isIP(host) === 0 ? host : "",
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
