/**
 * The certificate authority: P-256 keys, a root that signs nothing but leaves, leaves of at most a year.
 *
 * A leaf carries the identity as its URI SAN, DNS names and addresses where it is a server's, and the extended key usages of
 * its role, so that a client's certificate cannot pass for a coordinator's. Only `tributary keys` comes here: whoever runs the
 * authority keeps its key, and the coordinator reads PEM files.
 */
import "reflect-metadata"; // before x509, whose decorators need it
import { createPrivateKey, createPublicKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { keyHash, uriOf, type Identity } from "../../shared/identity/identity.ts";

const curve = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;
/** Clocks may differ by so much when a certificate has just been made, in ms. */
const skew = 5 * 60_000;

/** PEM texts. */
export interface Signed {
  readonly certificate: string;
  readonly key: string;
}

export interface Leaf extends Signed {
  /** Hexadecimal, as in `X509Certificate.serialNumber`. */
  readonly serial: string;
  /** SHA-256 of the public key. */
  readonly keyHash: string;
  readonly expires: Date;
}

export interface LeafRequest {
  readonly identity: Identity;
  /** DNS names and addresses under which a server is dialled. */
  readonly hosts?: readonly string[];
  /** 1 to 365. */
  readonly days: number;
  /** A private key to go on with; a new one when left out. */
  readonly key?: string;
  readonly now?: Date;
}

/** A root of its own, for ten years. */
export async function createAuthority(name: string, now = new Date()): Promise<Signed> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(now.getTime() - skew),
    notAfter: new Date(now.getTime() + 3650 * day),
    signingAlgorithm: curve,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
}

export async function issueLeaf(
  authority: Signed,
  { identity, hosts = [], days, key, now = new Date() }: LeafRequest,
): Promise<Leaf> {
  x509.cryptoProvider.set(webcrypto);
  const root = new x509.X509Certificate(authority.certificate);
  const keys =
    key === undefined ? await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]) : await keysOf(key);
  const until = Math.min(now.getTime() + days * day, root.notAfter.getTime());
  const usages = identity.role === "server" ? [x509.ExtendedKeyUsage.serverAuth] : [x509.ExtendedKeyUsage.clientAuth];
  const names: x509.JsonGeneralNames = [
    { type: "url", value: uriOf(identity) },
    ...hosts.map((host) => ({ type: isIP(host) === 0 ? ("dns" as const) : ("ip" as const), value: host })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${identity.id}`,
    issuer: root.subject,
    notBefore: new Date(now.getTime() - skew),
    notAfter: new Date(until),
    signingAlgorithm: curve,
    publicKey: keys.publicKey,
    signingKey: (await keysOf(authority.key)).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
    ],
  });
  const text = pem(certificate);
  const read = new X509Certificate(text);
  return {
    certificate: text,
    key: await privatePem(keys.privateKey),
    serial: read.serialNumber,
    keyHash: keyHash(read.publicKey),
    expires: new Date(read.validTo),
  };
}

async function keysOf(privateKey: string): Promise<webcrypto.CryptoKeyPair> {
  const der = createPrivateKey(privateKey).export({ type: "pkcs8", format: "der" });
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return {
    privateKey: await webcrypto.subtle.importKey("pkcs8", der, curve, true, ["sign"]),
    publicKey: await webcrypto.subtle.importKey("spki", spki, curve, true, ["verify"]),
  };
}

/** 127 random bits: positive, and never the same twice. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString("pem")}\n`;

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}
