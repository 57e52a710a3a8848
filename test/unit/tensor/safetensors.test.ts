import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modelHash } from "../../../shared/tensor/model-hash.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../../shared/tensor/safetensors.ts";
import { sizeOf } from "../../../shared/tensor/shape.ts";

// test/golden/tensor/make.py, safetensors 0.8.0
const golden = (name: string): Uint8Array => readFileSync(new URL(`../../golden/tensor/${name}`, import.meta.url));

/** A file of this header over `size` bytes of elements. */
function file(header: unknown, size = 0): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(size)]);
}

describe("a file that Python wrote", () => {
  test("is read", () => {
    const { tensors, metadata } = decodeSafetensors(golden("mixed.safetensors"), "mixed");
    expect(metadata).toEqual({ note: "gölden" });
    expect(tensors.get("trunk/0/weight")).toEqual({
      shape: [2, 3],
      data: Float32Array.of(0, 0.125, 0.25, 0.375, 0.5, 0.625),
    });
    expect(tensors.get("trunk/0/bias")).toEqual({ shape: [3], data: Float32Array.of(-1.5, 2.5e-45, 3.25) });
    expect(tensors.get("head/weight")).toEqual({ shape: [2, 1], data: Float64Array.of(1e-300, -0) });
    expect(tensors.get("scalar")).toEqual({ shape: [], data: BigInt64Array.of(7n) });
    expect(tensors.get("steps")).toEqual({ shape: [2], data: Int32Array.of(-1, 2) });
    expect(tensors.get("empty")).toEqual({ shape: [0, 4], data: new Float32Array(0) });
    expect(tensors.get("bytes")).toEqual({ shape: [2], data: Uint8Array.of(0, 255) });
  });

  test("has the bytes that we write", () => {
    const { tensors, metadata } = decodeSafetensors(golden("mixed.safetensors"), "mixed");
    expect(Buffer.from(encodeSafetensors(tensors, metadata))).toEqual(Buffer.from(golden("mixed.safetensors")));
  });

  test("widens float16 to float32", () => {
    const { tensors } = decodeSafetensors(golden("half.safetensors"), "half");
    expect(tensors.get("half")!.data).toEqual(Float32Array.of(1, -2.5, 5.960464477539063e-8, 65504, Infinity));
  });
});

/** 0, 1, 2, … */
function counting<Data extends Float32Array | Float64Array | Int32Array | Int16Array | Uint8Array>(data: Data): Data {
  for (let i = 0; i < data.length; i++) data[i] = i;
  return data;
}

const tensor = fc
  .tuple(fc.array(fc.nat(3), { maxLength: 3 }), fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array))
  .map(([shape, type]): Tensor => ({ shape, data: counting(new type(sizeOf(shape))) }));
const named = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__"),
  tensor,
  { noNullPrototype: true },
);

test("writing and reading gives the tensors back, in any order of insertion the same bytes", () => {
  fc.assert(
    fc.property(named, fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), (record, metadata) => {
      const entries = Object.entries(record);
      const bytes = encodeSafetensors(new Map(entries), metadata);
      expect(Buffer.from(encodeSafetensors(new Map(entries.toReversed()), metadata))).toEqual(Buffer.from(bytes));
      const decoded = decodeSafetensors(bytes, "x");
      expect(new Map([...decoded.tensors].sort())).toEqual(new Map(entries.sort()));
      expect(decoded.metadata).toEqual(metadata);
      expect((new DataView(bytes.buffer).getUint32(0, true) + 8) % 8).toBe(0);
    }),
  );
});

describe("files that are refused", () => {
  const entry = (start: number, end: number): unknown => ({
    dtype: "U8",
    shape: [end - start],
    data_offsets: [start, end],
  });
  test.each<[string, Uint8Array, string]>([
    ["too short", Uint8Array.of(1, 2), "is too short"],
    [
      "a huge header",
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127),
      "claims a header of 9223372036854775807 bytes, the limit is 100000000",
    ],
    ["a header beyond the file", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), "claims a header of 9 bytes"],
    ["no JSON", file("{nope"), "header is not JSON"],
    ["a list", file([]), "not a JSON object"],
    [
      "an unknown dtype",
      file({ a: { dtype: "F8", shape: [0], data_offsets: [0, 0] } }),
      'tensor "a" has the dtype "F8"',
    ],
    ["a dtype of the prototype", file({ a: { dtype: "toString", shape: [0], data_offsets: [0, 0] } }), '"toString"'],
    ["overlapping tensors", file({ a: entry(0, 4), b: entry(2, 6) }, 6), 'tensor "b" begins at 2, expected 4'],
    ["a hole", file({ a: entry(0, 4), b: entry(5, 6) }, 6), 'tensor "b" begins at 5, expected 4'],
    ["offsets beyond the file", file({ a: entry(0, 4) }, 3), "its tensors take 4 bytes, the file has 3"],
    ["bytes that belong to nobody", file({ a: entry(0, 4) }, 5), "its tensors take 4 bytes, the file has 5"],
    [
      "a shape that does not fit",
      file({ a: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, 4),
      "needs 8 bytes, its offsets span 4",
    ],
    ["a negative shape", file({ a: { dtype: "U8", shape: [-1], data_offsets: [0, 0] } }), "no shape of whole numbers"],
    [
      "backward offsets",
      file({ a: { dtype: "U8", shape: [1], data_offsets: [1, 0] } }, 1),
      "needs 1 bytes, its offsets span -1",
    ],
    ["metadata that is no text", file({ __metadata__: { a: 1 } }), "__metadata__.a is not text"],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "model.safetensors")).toThrow(message);
    expect(() => decodeSafetensors(bytes, "model.safetensors")).toThrow(/^model\.safetensors: /);
  });

  test("no flipped byte gives anything but a refusal or a whole file", () => {
    const bytes = golden("mixed.safetensors");
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 8 : byte));
      try {
        decodeSafetensors(flipped, "x");
      } catch (error) {
        expect(error).toHaveProperty("code", "invalid-data");
      }
    }
  });
});

test("the hash of a model heeds every bit of it, and no order", () => {
  const a = { shape: [2], data: Float32Array.of(1, 2) };
  const b = { shape: [1], data: Float32Array.of(3) };
  const hash = modelHash(new Map([["a", a], ["b", b]])); // prettier-ignore
  expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(modelHash(new Map([["b", b], ["a", a]]))).toBe(hash); // prettier-ignore
  expect(modelHash(new Map([["a", { ...a, data: Float32Array.of(1, -2) }], ["b", b]]))).not.toBe(hash); // prettier-ignore
  expect(() => modelHash(new Map([["a", { ...a, data: Float32Array.of(1, NaN) }]]))).toThrow(
    'The parameter "a" holds NaN',
  );
});
