/**
 * IDX, the format of MNIST: two zero bytes, a type, the number of axes, each axis as a big-endian uint32, the elements
 * big-endian. Source: LeCun, Cortes & Burges, "The MNIST database", file formats.
 */
import type { NpyArray } from "../../tensor/npy.ts";
import { showShape, sizeOf } from "../../tensor/shape.ts";
import { invalidData } from "./open.ts";

/** Decodes one file's bytes. Throws "invalid-data" that begins with `place`. */
export function decodeIdx(bytes: Uint8Array, place: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0)
    throw invalidData(place, "expected two zero bytes at the start of an IDX file");
  const type = types[bytes[2]!];
  if (type === undefined)
    throw invalidData(place, `expected an IDX element type of 8, 9, 11, 12, 13 or 14, got ${bytes[2]!}`);
  const axes = bytes[3]!;
  const start = 4 + 4 * axes;
  if (axes === 0 || bytes.length < start) throw invalidData(place, `ends inside its header of ${axes} axes`);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = sizeOf(shape);
  const expected = start + size * type.width;
  if (bytes.length !== expected)
    throw invalidData(place, `expected ${expected} bytes for the shape ${showShape(shape)}, found ${bytes.length}`);
  return { shape, data: type.read(view, start, size) };
}

interface IdxType {
  readonly width: number;
  read(view: DataView, start: number, size: number): NpyArray["data"];
}

const types: Readonly<Record<number, IdxType>> = {
  8: { width: 1, read: (view, start, size) => new Uint8Array(view.buffer, view.byteOffset + start, size) },
  9: { width: 1, read: (view, start, size) => new Int8Array(view.buffer, view.byteOffset + start, size) },
  11: {
    width: 2,
    read: (view, start, size) => Int16Array.from({ length: size }, (_, i) => view.getInt16(start + 2 * i)),
  },
  12: {
    width: 4,
    read: (view, start, size) => Int32Array.from({ length: size }, (_, i) => view.getInt32(start + 4 * i)),
  },
  13: {
    width: 4,
    read: (view, start, size) => Float32Array.from({ length: size }, (_, i) => view.getFloat32(start + 4 * i)),
  },
  14: {
    width: 8,
    read: (view, start, size) => Float64Array.from({ length: size }, (_, i) => view.getFloat64(start + 8 * i)),
  },
};
