/** Who makes a call, and from where: what the connection has proved, or on a plaintext connection what the call claims. */
import { X509Certificate } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import { identityOf, isId, roles, type ProvenIdentity } from "../../shared/identity/identity.ts";

export interface Caller {
  readonly identity: ProvenIdentity;
  /** False on a plaintext connection: anybody can claim to be anybody there. */
  readonly proven: boolean;
  readonly address: string;
}

/** The part of a call, on either side of the interceptors, that says whose it is. */
export interface CallFacts {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly raw: Buffer } | undefined };
  getPeer(): string;
}

/** Metadata of a plaintext connection. */
export const claimedId = "tributary-id";
export const claimedRole = "tributary-role";
/** Metadata of an enrolment: the one-time token. */
export const tokenKey = "tributary-token";

/** Certificates seen lately, by their bytes: parsing one takes longer than all else that is done for a call. */
const parsed = new Map<string, ProvenIdentity>();

/** Throws "unauthenticated" when the certificate, or the claim, names nobody. */
export function callerOf(call: CallFacts, metadata: Metadata): Caller {
  const address = addressOf(call);
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (raw !== undefined) return { identity: provenBy(raw), proven: true, address };
  const id = text(metadata, claimedId) ?? "anonymous";
  const role = roles.find((known) => known === (text(metadata, claimedRole) ?? "client"));
  if (!isId(id) || role === undefined)
    throw new TributaryError(
      "unauthenticated",
      `Expected ${claimedId} to be an id and ${claimedRole} one of ${roles.join(", ")}`,
    );
  return { identity: { id, role, key: "" }, proven: false, address };
}

/** Without the port. */
export const addressOf = (call: Pick<CallFacts, "getPeer">): string => call.getPeer().replace(/:\d+$/, "");

export function text(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === "string" ? value : undefined;
}

function provenBy(raw: Buffer): ProvenIdentity {
  const name = raw.toString("latin1");
  let identity = parsed.get(name);
  if (identity === undefined) {
    identity = identityOf(new X509Certificate(raw));
    if (parsed.size >= 20_000) parsed.clear();
    parsed.set(name, identity);
  }
  return identity;
}
