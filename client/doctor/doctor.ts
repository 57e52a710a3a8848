/**
 * Why a client cannot work with a coordinator, found out step by step from the outside:
 *
 *     the kit → the name → the port → TLS or plaintext → the coordinator's certificate → ours → versions, clocks and enrolment
 *
 * To gRPC most of these look alike ("UNAVAILABLE"), and so they are looked at before gRPC is. The first that is wrong ends it:
 * what comes after cannot be right.
 */
import { lookup } from "node:dns/promises";
import { TributaryError } from "../../shared/errors.ts";
import { expiryWarning, readKit, type Kit } from "../../shared/identity/kit.ts";
import { splitAddress } from "../../shared/identity/plaintext.ts";
import { examineAnswer } from "./admission.ts";
import { examineTls, knocked, speaksPlaintext } from "./connection.ts";
import { fine, wrong, type Finding } from "./finding.ts";

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
