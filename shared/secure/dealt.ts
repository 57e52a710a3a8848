/**
 * What one dealer gives one other: a share of each of its two secrets, sealed, and beside them a hash of each share, by which the
 * recipient knows whether the dealer dealt what it says, and the coordinator whether a share that is given back is the one that was dealt.
 *
 *     dealt = [sealed self share ‖ masking share, 32 + 32 + 16 | SHA-256 of the first, 32 | SHA-256 of the second, 32]
 *
 * A share is 32 bytes of chance: its hash tells nothing.
 */
import { createHash } from "node:crypto";
import { keyBytes, seal, unseal } from "./keys.ts";

export interface SecretShares {
  /** Of bᵢ, from which its own mask comes. */
  readonly self: Uint8Array;
  /** Of its private masking key. */
  readonly masking: Uint8Array;
}

const sealedBytes = 2 * keyBytes + 16;
export const dealtBytes = sealedBytes + 2 * keyBytes;

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

export const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export function deal(common: Uint8Array, info: string, { self, masking }: SecretShares): Uint8Array {
  const sealed = seal(common, info, Uint8Array.from([...self, ...masking]));
  return Uint8Array.from([...sealed, ...sha256(self), ...sha256(masking)]);
}

/** The shares, or in words what is wrong with them. */
export function receive(common: Uint8Array, info: string, dealt: Uint8Array): SecretShares | string {
  if (dealt.length !== dealtBytes) return `has ${dealt.length} bytes where ${dealtBytes} are expected`;
  const opened = unseal(common, info, dealt.subarray(0, sealedBytes));
  if (opened === undefined) return "does not open";
  const shares = { self: opened.slice(0, keyBytes), masking: opened.slice(keyBytes) };
  const kept = isShareDealt(dealt, "self", shares.self) && isShareDealt(dealt, "masking", shares.masking);
  return kept ? shares : "is not the share whose hash stands beside it";
}

/** Whether this is the share that was dealt. */
export function isShareDealt(dealt: Uint8Array, which: keyof SecretShares, share: Uint8Array): boolean {
  const at = sealedBytes + (which === "self" ? 0 : keyBytes);
  return isEqual(dealt.subarray(at, at + keyBytes), sha256(share));
}
