import { createHmac } from "node:crypto";

/** Uniform in [0, 1), from 53 bits of HMAC-SHA-256(secret, names): nobody without the secret can tell it from chance, or foresee it. */
export function secretUniform(secret: Uint8Array, ...names: readonly (string | number)[]): number {
  const bytes = createHmac("sha256", secret).update(JSON.stringify(names)).digest();
  return ((bytes.readUInt32LE(0) >>> 5) * 67_108_864 + (bytes.readUInt32LE(4) >>> 6)) / 9_007_199_254_740_992;
}
