/**
 * Contents: bytes known by their SHA-256. Programs, models, shards and tasks travel as contents: what a client has it does not fetch
 * again, and what comes with another hash is not what was asked for. Small ones come along with the message that names them.
 *
 * Numbers are little-endian, as in every memory that WebAssembly runs on.
 */
import { createHash } from "node:crypto";
import { TributaryError } from "../errors.ts";

export interface Content {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** All of them, where they come along. */
  readonly bytes?: Uint8Array;
}

/** Contents of at most so many bytes come along: a round trip costs more. */
export const inlineBytes = 65_536;

/** Bytes of a chunk: the largest of the range in which streams are fastest, far below the 4 MiB limit of a message. */
export const chunkBytes = 524_288;

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** How a content is named in a message. */
export function contentOf(bytes: Uint8Array): Content {
  const named = { sha256: sha256Of(bytes), size: bytes.length };
  return bytes.length <= inlineBytes ? { ...named, bytes } : named;
}

/** Throws "data-loss" when these are not the bytes that were named. */
export function mustBe({ sha256, size }: Content, bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length !== size)
    throw new TributaryError("data-loss", `${what}: expected ${size} bytes, got ${bytes.length}`);
  const found = sha256Of(bytes);
  if (found !== sha256) throw new TributaryError("data-loss", `${what}: expected the hash ${sha256}, got ${found}`);
  return bytes;
}

/** The bytes of an array, as they lie in memory; a view. */
export const bytesOf = (array: Float32Array | Float64Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint16: Uint16Array };
type Arrays = { [Kind in keyof typeof arrays]: InstanceType<(typeof arrays)[Kind]> };

/** A copy, aligned and on its own: what came over a wire is a view at any offset that holds on to all that came with it. */
export function numbersOf<Kind extends keyof Arrays>(kind: Kind, bytes: Uint8Array, what: string): Arrays[Kind] {
  const made = arrays[kind];
  if (bytes.length % made.BYTES_PER_ELEMENT !== 0)
    throw new TributaryError(
      "invalid-data",
      `${what}: expected ${kind} numbers of ${made.BYTES_PER_ELEMENT} bytes each, got ${bytes.length} bytes`,
    );
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return new made(copy.buffer) as Arrays[Kind]; // made is the array of this kind
}
