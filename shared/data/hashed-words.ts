/**
 * Texts as hashed bags of words: a vector of a length that is known beforehand, without a vocabulary that clients would have to
 * tell one another.
 *
 *     xₖ = nₖ/√Σⱼnⱼ²,   nₖ = the number of words w of the text with |murmur3(w)| mod buckets = k
 *
 * A word is two or more letters, digits or underscores, in lower case. Two words may share a bucket; neither is then told apart
 * from the other. Letters and cases are those of the Unicode tables that the JavaScript engine has.
 *
 * Facts   the vectors of scikit-learn's HashingVectorizer without alternating signs · a text without words is 0
 * Source  Weinberger et al. (2009), without the signs; MurmurHash3 by Austin Appleby, public domain
 */
import { log1p } from "../kernels/math.ts";

/** Writes x of a text into `into`, all zeros before; its length is the number of buckets. */
export function hashWords(text: string, into: Float64Array): void {
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}_]{2,}/gu))
    into[Math.abs(murmur3(utf8.encode(word))) % into.length]! += 1;
  const norm = Math.sqrt(into.reduce((sum, count) => sum + count * count, 0));
  if (norm > 0) for (let i = 0; i < into.length; i++) into[i] = into[i]! / norm;
}

/** log(1 + the number of characters), an emoji being one. */
export const logLength = (text: string): number => log1p(Array.from(text).length);

const utf8 = new TextEncoder();

/** MurmurHash3 x86 32 with seed 0, as a signed number. */
export function murmur3(bytes: Uint8Array): number {
  const mix = (k: number): number => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    hash = (Math.imul(rotate(hash ^ mix(words.getInt32(at, true)), 13), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
  hash ^= mix(rest) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
