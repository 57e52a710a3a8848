/**
 * A kit: the folder with which one somebody proves who it is and knows the others, as `tributary keys` writes it.
 *
 *     ca.pem            the certificate authority that both sides trust
 *     certificate.pem   the own certificate
 *     key.pem           its private key, mode 0600
 *     token             a client's one-time enrolment token, until it has been used
 *     roster.json       a server's list of tokens and revocations (server/identity/roster.ts)
 *
 * Everything about it is checked when it is read, and every problem is reported at once.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "../errors.ts";
import { identityOf, type ProvenIdentity } from "./identity.ts";

export interface Kit {
  readonly folder: string;
  /** PEM texts, as TLS takes them. */
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly identity: ProvenIdentity;
  readonly expires: Date;
}

const day = 86_400_000;

/** From this many days before its end a certificate is warned about. */
export const warningDays = 30;

/**
 * Reads the kit in `folder`. Throws "invalid-keys" with every problem: a file that is missing or unreadable, a key that is not
 * the certificate's, a certificate of another authority, expired or not yet valid at `now`.
 */
export function readKit(folder: string, now = new Date()): Kit {
  if (!existsSync(folder))
    throw new TributaryError(
      "invalid-keys",
      `There is no folder ${folder}: tributary keys issue NAME, where the authority is, makes a kit`,
    );
  const problems: string[] = [];
  const read = <T>(name: string, parse: (bytes: Buffer) => T): { bytes: Buffer; parsed: T } | undefined => {
    const path = join(folder, name);
    if (!existsSync(path)) {
      problems.push(`${path} is missing`);
      return undefined;
    }
    try {
      const bytes = readFileSync(path);
      return { bytes, parsed: parse(bytes) };
    } catch (error) {
      problems.push(`${path} cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  };
  const ca = read("ca.pem", (bytes) => new X509Certificate(bytes));
  const own = read("certificate.pem", (bytes) => {
    const certificate = new X509Certificate(bytes);
    return { certificate, identity: identityOf(certificate) };
  });
  const key = read("key.pem", (bytes) => createPrivateKey(bytes));
  if (own !== undefined) {
    const { certificate } = own.parsed;
    if (ca !== undefined && !certificate.verify(ca.parsed.publicKey))
      problems.push(`${join(folder, "certificate.pem")} was not signed by the authority of ca.pem`);
    if (key !== undefined && !certificate.checkPrivateKey(key.parsed))
      problems.push(`${join(folder, "key.pem")} is not the key of certificate.pem`);
    problems.push(...outOfTime(certificate, now).map((problem) => `${join(folder, "certificate.pem")} ${problem}`));
  }
  if (ca !== undefined)
    problems.push(...outOfTime(ca.parsed, now).map((problem) => `${join(folder, "ca.pem")} ${problem}`));
  if (problems.length > 0 || ca === undefined || own === undefined || key === undefined)
    throw new TributaryError("invalid-keys", problems.join("\n"));
  const { certificate, identity } = own.parsed;
  return {
    folder,
    ca: ca.bytes,
    certificate: own.bytes,
    key: key.bytes,
    identity,
    expires: new Date(certificate.validTo),
  };
}

/** The one-time token of a client's kit, if there is one. */
export function tokenIn(folder: string): string | undefined {
  const path = join(folder, "token");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

/** A sentence when the certificate ends within `warningDays`; undefined before that. */
export function expiryWarning(
  { identity, expires }: Pick<Kit, "identity" | "expires">,
  now = new Date(),
): string | undefined {
  const left = (expires.getTime() - now.getTime()) / day;
  if (left > warningDays) return undefined;
  const when = left < 0 ? `expired on` : `expires in ${Math.floor(left)} days, on`;
  return `the certificate of ${identity.role} ${identity.id} ${when} ${expires.toISOString().slice(0, 10)}: renew it with tributary keys issue ${identity.id} --renew`;
}

function outOfTime({ validFrom, validTo }: X509Certificate, now: Date): string[] {
  if (now > new Date(validTo))
    return [
      `expired on ${new Date(validTo).toISOString()}: tributary keys issue NAME --renew, where the authority is, makes another`,
    ];
  if (now < new Date(validFrom))
    return [`is not valid before ${new Date(validFrom).toISOString()}, and the clock says ${now.toISOString()}`];
  return [];
}
