/**
 * Who somebody is: an id and a role, read from the certificate that the TLS handshake has proved, and from nowhere else.
 *
 *     URI SAN  spiffe://tributary/client/clinic-1   →   { id: "clinic-1", role: "client" }
 *
 * A certificate names exactly one. The key behind it is known by the SHA-256 of its SubjectPublicKeyInfo: several certificates
 * of one key are the same somebody, one certificate of another key is somebody else, whatever it says.
 */
import { createHash, type KeyObject, type X509Certificate } from "node:crypto";
import { TributaryError } from "../errors.ts";

/** client: trains on its own rows · operator: starts, changes and stops runs · viewer: looks on · server: the coordinator. */
export const roles = ["client", "operator", "viewer", "server"] as const;
export type Role = (typeof roles)[number];

export interface Identity {
  readonly id: string;
  readonly role: Role;
}

/** An identity with the key that proved it. */
export interface ProvenIdentity extends Identity {
  /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
  readonly key: string;
}

/** Up to 64 letters, digits, `.`, `_` and `-`, the first a letter or a digit: never a path, never a control character. */
export const isId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);

/** The id, or "invalid-option" with what was expected. */
export function mustBeId(what: string, text: string): string {
  if (isId(text)) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new TributaryError(
    "invalid-option",
    `${what}: expected up to 64 letters, digits, '.', '_' and '-', the first a letter or a digit, got ${shown}`,
  );
}

export const uriOf = ({ id, role }: Identity): string => `spiffe://tributary/${role}/${id}`;

/** Throws "unauthenticated" when the certificate names nobody, or more than one. */
export function identityOf(certificate: X509Certificate): ProvenIdentity {
  const names = certificate.subjectAltName ?? "";
  // A name with a comma in it is quoted by Node: ours have none, and a quoted one could hide a second name.
  const uris = names.includes('"') ? [] : names.split(", ").filter((name) => name.startsWith("URI:"));
  const found = uris.length === 1 ? /^URI:spiffe:\/\/tributary\/([a-z]+)\/([^/]+)$/.exec(uris[0]!) : null;
  const role = roles.find((known) => known === found?.[1]);
  const id = found?.[2] ?? "";
  if (role === undefined || !isId(id)) {
    throw new TributaryError(
      "unauthenticated",
      `Expected a certificate with one name like URI:spiffe://tributary/client/clinic-1, got ${names || "none"}`,
    );
  }
  return { id, role, key: keyHash(certificate.publicKey) };
}

export const keyHash = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
