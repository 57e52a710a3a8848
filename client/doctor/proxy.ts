/** The HTTP proxy on the way to a coordinator, where the environment names one: gRPC goes through it with CONNECT, and so does the examination. */
import { request } from "node:http";
import type { Socket } from "node:net";
import { fine, wrong, type Finding } from "./finding.ts";

export interface Proxy {
  /** host:port */
  readonly address: string;
  /** Which variable names it. */
  readonly variable: string;
  readonly url: URL;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** As gRPC chooses it: grpc_proxy, https_proxy or http_proxy, unless the host ends with something in no_grpc_proxy or no_proxy. */
export function proxyFor(host: string, environment: Environment = process.env): Proxy | undefined {
  const variable = ["grpc_proxy", "https_proxy", "http_proxy"].find((name) => (environment[name] ?? "") !== "");
  const text = environment[variable ?? ""] ?? "";
  const direct = (environment["no_grpc_proxy"] ?? "") || (environment["no_proxy"] ?? "");
  if (variable === undefined || !URL.canParse(text)) return undefined;
  if (direct !== "" && direct.split(",").some((ending) => host.endsWith(ending))) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" ? { address: `${url.hostname}:${url.port || "80"}`, variable, url } : undefined;
}

/** A connection to the coordinator through it, and what is to be said of that; only the latter where there is none. */
export function tunnelled(
  { address, variable, url }: Proxy,
  target: string,
  ms: number,
): Promise<{ readonly finding: Finding; readonly socket?: Socket }> {
  const named = `the proxy ${address} (${variable})`;
  const user = url.username === "" ? undefined : `${url.username}:${url.password}`;
  const authorization = user && `Basic ${Buffer.from(decodeURIComponent(user)).toString("base64")}`;
  return new Promise((done) => {
    const refused = (why: string): void => {
      done({ finding: wrong("proxy", `${named} ${why}`) });
    };
    const asking = request({
      ...{ host: url.hostname, port: url.port || "80", method: "CONNECT", path: target, timeout: ms },
      ...(authorization !== undefined && { headers: { "proxy-authorization": authorization } }),
    });
    asking.on("connect", ({ statusCode = 0, statusMessage = "" }, socket) => {
      socket.on("error", () => undefined); // whoever uses it hears of its end
      if (statusCode === 200) {
        done({ finding: fine("proxy", `${named} connects to ${target}`), socket });
        return;
      }
      socket.destroy();
      const advice =
        statusCode === 407
          ? "it wants a name and a password, as http://NAME:PASSWORD@HOST:PORT"
          : `allow ${target} there, or leave it out with no_proxy`;
      refused(`refuses to connect to ${target}: ${statusCode} ${statusMessage}: ${advice}`);
    });
    asking.on("response", ({ statusCode = 0 }) => {
      refused(`does not know CONNECT: it answered ${statusCode}`);
    });
    asking.on("timeout", () => {
      refused(`does not answer within ${ms} ms`);
      asking.destroy();
    });
    asking.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      refused(`is not there (${code ?? message}): correct ${variable}, or leave ${target} out with no_proxy`);
    });
    asking.end();
  });
}
