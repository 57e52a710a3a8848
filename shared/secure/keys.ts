/** Keys that are made from 32 bytes each: X25519 for what two have in common, Ed25519 for who has said what, AES-256-GCM for what one seals for another. */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { derive } from "./masks.ts";

/** Bytes of a seed, of a public key, and of a secret that is shared. */
export const keyBytes = 32;
export const signatureBytes = 64;
const tagBytes = 16;

type Curve = "x25519" | "ed25519";
const names = { x25519: "X25519", ed25519: "Ed25519" } as const;

// As JSON web keys (RFC 8037): OpenSSL 3 takes ten times as long to read the same 32 bytes in DER.
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** A web key names its public half too, which is not read where there is a private one: it is found from that. */
const privateKey = (curve: Curve, seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: { kty: "OKP", crv: names[curve], d: text(seed), x: text(seed) }, format: "jwk" });

const publicKey = (curve: Curve, bytes: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: names[curve], x: text(bytes) }, format: "jwk" });

/** The public key of a seed. */
export const publicOf = (curve: Curve, seed: Uint8Array): Uint8Array =>
  Uint8Array.from(Buffer.from(createPublicKey(privateKey(curve, seed)).export({ format: "jwk" }).x ?? "", "base64url"));

/** What the holder of one private key has in common with the holder of the other. Throws where the public key is none, or of small order. */
export const agree = (seed: Uint8Array, theirs: Uint8Array): Uint8Array =>
  new Uint8Array(diffieHellman({ privateKey: privateKey("x25519", seed), publicKey: publicKey("x25519", theirs) }));

export const signWith = (seed: Uint8Array, statement: string): Uint8Array =>
  new Uint8Array(sign(null, Buffer.from(statement), privateKey("ed25519", seed)));

/** False also where the key is none. */
export function isSignedBy(identity: Uint8Array, statement: string, signature: Uint8Array): boolean {
  if (identity.length !== keyBytes || signature.length !== signatureBytes) return false;
  return verify(null, Buffer.from(statement), publicKey("ed25519", identity), signature);
}

/**
 * Seals bytes for one other and one purpose. The key is used once: `info` names the two, the direction and all that the bytes depend on, so
 * that the same call seals the same bytes, and no other call has this key.
 */
export function seal(common: Uint8Array, info: string, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", derive(common, info, 32), new Uint8Array(12));
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return Uint8Array.from(sealed);
}

/** The bytes, or undefined where they were sealed otherwise, or changed on their way. */
export function unseal(common: Uint8Array, info: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < tagBytes) return undefined;
  const opener = createDecipheriv("aes-256-gcm", derive(common, info, 32), new Uint8Array(12));
  opener.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Uint8Array.from(Buffer.concat([opener.update(sealed.subarray(0, -tagBytes)), opener.final()]));
  } catch {
    return undefined;
  }
}
