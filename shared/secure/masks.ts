/**
 * Masks: streams of numbers mod 2³² that two clients have in common, or one has for itself, and nobody else can tell from chance.
 *
 *     mask = AES-128 in counter mode under HKDF-SHA-256(secret, info), read as little-endian words
 *
 * What one adds and the other subtracts cancels to the bit, so no mask reaches a model.
 */
import { createCipheriv, hkdfSync } from "node:crypto";
import type { Ring } from "./ring.ts";

const pieceBytes = 65_536; // far faster than into one large buffer
const zeros = new Uint8Array(pieceBytes);

/** `length` bytes for the purpose `info`, from a secret. */
export const derive = (secret: Uint8Array, info: string, length: number): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", secret, "tributary secure sums", info, length));

/** ring ± the mask of this secret, mod 2³². */
export function addMask(ring: Ring, secret: Uint8Array, info: string, sign: 1 | -1): void {
  const key = derive(secret, info, 32);
  const stream = createCipheriv("aes-128-ctr", key.subarray(0, 16), key.subarray(16));
  for (let at = 0; at < ring.length; at += pieceBytes / 4) {
    const count = Math.min(pieceBytes / 4, ring.length - at);
    const words = wordsOf(stream.update(zeros.subarray(0, 4 * count)));
    if (sign === 1) for (let i = 0; i < count; i++) ring[at + i] = (ring[at + i]! + words[i]!) | 0;
    else for (let i = 0; i < count; i++) ring[at + i] = (ring[at + i]! - words[i]!) | 0;
  }
}

/** A view where the bytes lie on a word's boundary, which a pooled buffer's need not. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Int32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4);
}
