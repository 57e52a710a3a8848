/** What every message is read with: fields that have to be there, decoders whose errors are ours, contents and their hashes. */
import { TributaryError } from "../errors.ts";
import { isSha256, type Content } from "./content.ts";
import type * as wireContent from "./wire/tributary/v1/Content.ts";

/** A field of a message that has to be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new TributaryError("invalid-data", `${what}: expected, got nothing`);
  return value;
}

/** What the decoder throws, said as ours. */
export function decoding<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    const { message } = cause as Error;
    throw new TributaryError("invalid-data", `Expected ${what}, got bytes that are none: ${message}`, { cause });
  }
}

export const contentMessage = ({ sha256, size, bytes }: Content): wireContent.Content => ({
  sha256,
  size,
  ...(bytes && { bytes }),
});

/** Throws "invalid-data" when it is absent or not named by a hash. */
export function contentFrom(message: wireContent.Content__Output | null | undefined, what: string): Content {
  const { sha256, size, bytes } = present(message, what);
  if (!isSha256(sha256))
    throw new TributaryError(
      "invalid-data",
      `${what}: expected a SHA-256 in hex, got ${JSON.stringify(sha256.slice(0, 80))}`,
    );
  return bytes.length === size ? { sha256, size, bytes } : { sha256, size };
}
