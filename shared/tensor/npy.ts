/**
 * NumPy's file formats. `.npy` is one array: magic, version, a Python dict with dtype, order and shape, then the raw
 * elements. `.npz` is a zip of them.
 *
 * Source: NumPy Enhancement Proposal 1 and numpy.lib.format, versions 1.0 to 3.0. Read: bool, (u)int8 to (u)int64,
 * float16 to float64, either byte order, C or Fortran order. Written: version 1.0, little-endian, C order.
 */
import { unzipSync, zipSync } from "fflate";
import { TributaryError } from "../errors.ts";
import { fromFloat16 } from "./half.ts";
import { showShape, sizeOf, type Shape } from "./shape.ts";

export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array in row-major order, in the byte order of this machine. float16 becomes float32, bool becomes 0 and 1. */
export interface NpyArray {
  readonly shape: Shape;
  readonly data: NpyData;
}

const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

const types: Readonly<Record<string, new (buffer: ArrayBuffer) => NpyData>> = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f2: Uint16Array, // the bits of a half; widened below
  f4: Float32Array,
  f8: Float64Array,
};

/** Decodes one `.npy`. Throws "invalid-data" that begins with `place`. */
export function decodeNpy(bytes: Uint8Array, place: string): NpyArray {
  const fail = (problem: string): TributaryError => new TributaryError("invalid-data", `${place}: ${problem}`);
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw fail("expected the bytes \\x93NUMPY of an .npy file at its start");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw fail(`expected version 1, 2 or 3 of .npy, got ${version}`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw fail("ends inside its header");
  const headerLength = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (bytes.length < start + headerLength) throw fail("ends inside its header");
  const header = new TextDecoder().decode(bytes.subarray(start, start + headerLength));

  const descr = /'descr'\s*:\s*'([<>|=])([a-z]\d+)'/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const axes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header);
  if (order === null || axes === null) throw fail(`cannot read the header ${header.trim()}`);
  const type = descr?.[2];
  const construct = type === undefined ? undefined : types[type];
  if (type === undefined || construct === undefined) {
    throw fail(`expected booleans, integers or floats, got the dtype in ${header.trim()}`);
  }
  const shape = axes[1]!
    .split(",")
    .filter((axis) => axis.trim() !== "")
    .map(Number);
  const width = Number(type.slice(1));
  const size = sizeOf(shape);
  const expected = size * width;
  const found = bytes.length - start - headerLength;
  if (found !== expected) throw fail(`expected ${expected} bytes for the shape ${showShape(shape)}, found ${found}`);

  const raw = new Uint8Array(bytes.subarray(start + headerLength)); // a copy, so aligned; Buffer's slice would be none
  const swap = descr![1] === ">" ? little : descr![1] === "<" && !little;
  if (swap && width > 1) for (let i = 0; i < raw.length; i += width) raw.subarray(i, i + width).reverse();
  const read = new construct(raw.buffer);
  const data = type === "f2" ? Float32Array.from(read as Uint16Array, fromFloat16) : read;
  return { shape, data: order[1] === "True" && shape.length > 1 ? fromFortran(data, shape) : data };
}

/** Encodes one array as `.npy` 1.0, C order, as NumPy itself would write it. */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  if (sizeOf(shape) !== data.length) {
    throw new TributaryError(
      "shape-mismatch",
      `Expected ${sizeOf(shape)} elements for ${showShape(shape)}, got ${data.length}`,
    );
  }
  const type = Object.keys(types).find((name) => name !== "b1" && name !== "f2" && data instanceof types[name]!)!;
  const order = type.endsWith("1") ? "|" : "<";
  const axes = shape.length === 1 ? `${shape[0]!},` : shape.join(", ");
  const dict = `{'descr': '${order}${type}', 'fortran_order': False, 'shape': (${axes}), }`;
  const padded = dict.padEnd(Math.ceil((10 + dict.length + 1) / 64) * 64 - 11) + "\n"; // elements begin at a multiple of 64
  const bytes = new Uint8Array(10 + padded.length + data.byteLength);
  bytes.set([...magic, 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  const elements = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  const width = data.BYTES_PER_ELEMENT;
  if (!little) for (let i = 0; i < elements.length; i += width) elements.subarray(i, i + width).reverse();
  bytes.set(elements, 10 + padded.length);
  return bytes;
}

/** The arrays of an `.npz` by name, without their `.npy` ending, in the order of the archive. */
export function decodeNpz(bytes: Uint8Array, place: string): Map<string, NpyArray> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (error) {
    throw new TributaryError("invalid-data", `${place}: is not a whole .npz (zip) file`, { cause: error });
  }
  return new Map(
    Object.entries(files).map(([file, content]) => {
      const name = file.replace(/\.npy$/, "");
      return [name, decodeNpy(content, `${place}[${name}]`)] as const;
    }),
  );
}

/** Same arrays, same bytes: entries carry a fixed date. Uncompressed, as numpy.savez writes. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const entries = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const);
  return zipSync(Object.fromEntries(entries), { level: 0, mtime: new Date(1980, 0, 1) });
}

/** Column-major to row-major: walks the result in order, and the source by its strides. */
function fromFortran(source: NpyData, shape: Shape): NpyData {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const result = source.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, at = 0; i < result.length; i++) {
    result[i] = source[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
