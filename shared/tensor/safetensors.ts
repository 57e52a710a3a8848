/**
 * safetensors: named tensors in one file. 8 bytes of header length (little-endian), a JSON header, the raw elements.
 *
 *     {"__metadata__":{"key":"text"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}
 *
 * What we write is canonical: the same tensors and metadata give the same bytes, so that a file can be hashed. Tensors are
 * sorted by dtype, widest first (so that all lie aligned), then by name in code unit order; metadata by key; the header is
 * compact JSON padded with spaces to a multiple of 8; elements are little-endian, without holes. For ASCII names these are
 * the bytes that Python's safetensors 0.8 writes, which leaves the order of several metadata entries to chance.
 *
 * Source: https://github.com/huggingface/safetensors, README "Format". F16 and BF16 are read as float32.
 */
import { TributaryError } from "../errors.ts";
import { fromBfloat16, fromFloat16 } from "./half.ts";
import { showShape, sizeOf, type Shape } from "./shape.ts";

export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** A tensor by value: row-major elements. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: TensorData;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A header longer than this is refused unread; the format's own limit. Bytes. */
export const maximumHeader = 100_000_000;

/** What we write, in the order of the format's own dtypes, descending: the order of tensors in a file. */
const written = [
  ["U64", BigUint64Array],
  ["I64", BigInt64Array],
  ["F64", Float64Array],
  ["F32", Float32Array],
  ["U32", Uint32Array],
  ["I32", Int32Array],
  ["U16", Uint16Array],
  ["I16", Int16Array],
  ["I8", Int8Array],
  ["U8", Uint8Array],
] as const;

type Bytes = Uint8Array<ArrayBuffer>;

const read: Readonly<Record<string, { width: number; decode: (bytes: Bytes) => TensorData }>> = {
  ...Object.fromEntries(
    written.map(([dtype, type]) => [
      dtype,
      { width: type.BYTES_PER_ELEMENT, decode: (bytes) => new type(bytes.buffer) },
    ]),
  ),
  BOOL: { width: 1, decode: (bytes) => bytes },
  F16: { width: 2, decode: (bytes) => Float32Array.from(new Uint16Array(bytes.buffer), fromFloat16) },
  BF16: { width: 2, decode: (bytes) => Float32Array.from(new Uint16Array(bytes.buffer), fromBfloat16) },
};

/** Encodes tensors canonically. Throws "shape-mismatch" when a tensor's elements do not fill its shape. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ranked = [...tensors].map(([name, tensor]) => ({
    name,
    tensor,
    rank: written.findIndex(([, type]) => tensor.data instanceof type),
  }));
  ranked.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  const header: [string, string][] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0)
    header.push(["__metadata__", jsonObject(keys.map((key) => [key, JSON.stringify(metadata[key])]))]);
  let end = 0;
  for (const { name, rank, tensor } of ranked) {
    const { shape, data } = tensor;
    if (name === "__metadata__") throw new TributaryError("invalid-option", `A tensor cannot be called "${name}"`);
    if (data.length !== sizeOf(shape)) {
      throw new TributaryError(
        "shape-mismatch",
        `Expected ${sizeOf(shape)} elements in "${name}" ${showShape(shape)}, got ${data.length}`,
      );
    }
    header.push([
      name,
      JSON.stringify({ dtype: written[rank]![0], shape, data_offsets: [end, end + data.byteLength] }),
    ]);
    end += data.byteLength;
  }
  const json = jsonObject(header);
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  let at = 8 + length;
  for (const { tensor } of ranked) {
    const { data } = tensor;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** Written pair by pair: JSON.stringify would put names that look like integers first. */
const jsonObject = (pairs: readonly (readonly [string, string])[]): string =>
  `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;

/**
 * Decodes a file. `place` begins every message. Throws "invalid-data" for a header that is too long or no JSON, an
 * unknown dtype, offsets that overlap, leave holes, leave the file or do not fit the shape.
 */
export function decodeSafetensors(bytes: Uint8Array, place: string): TensorFile {
  const fail = (problem: string): never => {
    throw new TributaryError("invalid-data", `${place}: ${problem}`);
  };
  if (bytes.length < 8) fail("is too short for a safetensors file");
  const claimed = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (claimed > BigInt(maximumHeader)) fail(`claims a header of ${claimed} bytes, the limit is ${maximumHeader}`);
  const length = Number(claimed);
  if (8 + length > bytes.length) fail(`claims a header of ${length} bytes, the file has ${bytes.length}`);
  const header = parseHeader(bytes.subarray(8, 8 + length), fail);
  const buffer = bytes.subarray(8 + length);

  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  const ranges = entries.map(([name, value]) => ({ name, ...checkEntry(name, value, fail) }));
  ranges.sort((a, b) => a.start - b.start || a.end - b.end);
  let end = 0;
  for (const { name, start, end: next } of ranges) {
    if (start !== end) fail(`tensor "${name}" begins at ${start}, expected ${end}: tensors overlap or leave a hole`);
    end = next;
  }
  if (end !== buffer.length) fail(`its tensors take ${end} bytes, the file has ${buffer.length}`);
  const tensors = new Map(
    ranges.map(({ name, shape, dtype, start, end }) => [
      name,
      { shape, data: read[dtype]!.decode(new Uint8Array(buffer.subarray(start, end))) },
    ]),
  );
  return { tensors, metadata: checkMetadata(header["__metadata__"], fail) };
}

type Fail = (problem: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return fail("its header is not JSON");
  }
  return isRecord(header) ? header : fail("its header is not a JSON object");
}

function checkEntry(
  name: string,
  entry: unknown,
  fail: Fail,
): { dtype: string; shape: number[]; start: number; end: number } {
  if (!isRecord(entry)) return fail(`tensor "${name}" is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(read, dtype)) {
    return fail(
      `tensor "${name}" has the dtype ${JSON.stringify(dtype)}, expected one of ${Object.keys(read).join(", ")}`,
    );
  }
  if (!areNaturals(shape)) return fail(`tensor "${name}" has no shape of whole numbers`);
  if (!areNaturals(offsets) || offsets.length !== 2) return fail(`tensor "${name}" has no two data_offsets`);
  const [start, end] = offsets as [number, number];
  const expected = sizeOf(shape) * read[dtype]!.width;
  if (end - start !== expected) {
    return fail(
      `tensor "${name}" ${showShape(shape)} of ${dtype} needs ${expected} bytes, its offsets span ${end - start}`,
    );
  }
  return { dtype, shape, start, end };
}

function checkMetadata(metadata: unknown, fail: Fail): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata)) return fail("__metadata__ is not an object");
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === "string" ? value : fail(`__metadata__.${key} is not text`),
    ]),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const areNaturals = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
