/** Texts as hashed bags of words: the same vectors as scikit-learn's HashingVectorizer without alternating signs. */

/** The counts of the words of a text (two or more letters, digits and underscores, in lower case), by hash, of length 1. */
export function hashedWords(text: string, buckets: number): Float64Array {
  const counts = new Float64Array(buckets);
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}_]{2,}/gu)) {
    counts[Math.abs(murmur3(new TextEncoder().encode(word))) % buckets]! += 1;
  }
  const norm = Math.sqrt(counts.reduce((sum, count) => sum + count * count, 0));
  return norm === 0 ? counts : counts.map((count) => count / norm);
}

/** MurmurHash3 x86 32 with seed 0, as a signed number. Austin Appleby, public domain. */
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
