/**
 * Why a client cannot work with a coordinator, found out step by step from the outside:
 *
 *     the kit → the name and the port, or the proxy on the way there → TLS or plaintext → the coordinator's certificate → ours → versions, clocks and enrolment
 *
 * To gRPC most of these look alike ("UNAVAILABLE"), and so they are looked at before gRPC is. The first that is wrong ends it:
 * what comes after cannot be right.
 */
import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";
import { TributaryError } from "../../shared/errors.ts";
import { expiryWarning, readKit, type Kit } from "../../shared/identity/kit.ts";
import { splitAddress } from "../../shared/identity/plaintext.ts";
import { examineAnswer } from "./admission.ts";
import { examineTls, knocked, speaksPlaintext } from "./connection.ts";
import { fine, wrong, type Finding } from "./finding.ts";
import { proxyFor, tunnelled, type Proxy } from "./proxy.ts";

export interface Examined {
  /** HOST:PORT. */
  readonly coordinator: string;
  /** The folder of a kit; plaintext without one. */
  readonly keys?: string | undefined;
  /** How long each step may take, in ms. @default 5 s */
  readonly stepMs?: number;
}

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
  const proxy = proxyFor(host);
  const dial = async (): Promise<Socket> => {
    if (proxy === undefined) return connect({ host, port });
    const { socket, finding } = await tunnelled(proxy, coordinator, stepMs);
    if (socket === undefined) throw new TributaryError("unavailable", finding.message);
    return socket;
  };
  const steps = [
    ...(proxy === undefined ? [named(host), knocked(host, port, stepMs)] : [throughProxy(proxy, coordinator, stepMs)]),
    kit === undefined ? speaksPlaintext(dial, stepMs) : examineTls(host, dial, kit, stepMs),
  ];
  for (const step of steps)
    for await (const finding of step) {
      yield finding;
      if (finding.state === "wrong") return;
    }
  yield* examineAnswer(coordinator, kit, keys, stepMs);
}

async function* named(host: string): AsyncGenerator<Finding> {
  try {
    const { address } = await lookup(host);
    yield fine("name", `${host} is ${address}`);
  } catch {
    yield wrong("name", `nobody knows a machine called ${host}: correct --coordinator, or the name server`);
  }
}

async function* throughProxy(proxy: Proxy, target: string, ms: number): AsyncGenerator<Finding> {
  const { finding, socket } = await tunnelled(proxy, target, ms);
  socket?.destroy();
  yield finding;
}
