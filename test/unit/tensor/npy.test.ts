import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz, type NpyArray } from "../../../shared/tensor/npy.ts";
import { sizeOf } from "../../../shared/tensor/shape.ts";

// test/golden/tensor/make.py, NumPy 2.4.6
const golden = (name: string): Uint8Array => readFileSync(new URL(`../../golden/tensor/${name}`, import.meta.url));
const grid = [-3, -2, -1, 0, 1, 2];

describe("npy files that NumPy wrote", () => {
  test.each<[string, NpyArray]>([
    ["c-f32.npy", { shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) }],
    ["fortran-f64.npy", { shape: [2, 3, 4], data: Float64Array.from({ length: 24 }, (_, i) => i) }],
    ["big-endian-i2.npy", { shape: [2, 3], data: Int16Array.from(grid) }],
    ["i64.npy", { shape: [2, 3], data: BigInt64Array.from(grid, BigInt) }],
    ["bool.npy", { shape: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 1, 0) }],
    ["half.npy", { shape: [4], data: Float32Array.of(1, -2.5, 5.960464477539063e-8, 65504) }],
    ["scalar.npy", { shape: [], data: Float64Array.of(2.5) }],
    ["version-2.npy", { shape: [2, 3], data: Int32Array.of(0, 1, 2, 3, 4, 5) }],
  ])("%s is read", (name, expected) => {
    expect(decodeNpy(golden(name), name)).toEqual(expected);
  });

  test("a compressed npz gives its arrays by name", () => {
    const arrays = decodeNpz(golden("two.npz"), "two.npz");
    expect([...arrays.keys()]).toEqual(["x", "y"]);
    expect(arrays.get("x")).toEqual({ shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(arrays.get("y")).toEqual({ shape: [3], data: BigInt64Array.of(0n, 1n, 2n) });
  });

  test("what we write has the bytes that NumPy writes", () => {
    for (const name of ["c-f32.npy", "i64.npy", "scalar.npy"]) {
      expect(Buffer.from(encodeNpy(decodeNpy(golden(name), name)))).toEqual(Buffer.from(golden(name)));
    }
  });
});

/** 0, 1, 2, … */
function counting<Data extends Float32Array | Float64Array | Int32Array | Int16Array | Uint8Array>(data: Data): Data {
  for (let i = 0; i < data.length; i++) data[i] = i;
  return data;
}

test("writing and reading gives the array back, alone and in an npz", () => {
  const types = [Float32Array, Float64Array, Int32Array, Uint8Array, Int16Array] as const;
  const array = fc
    .tuple(fc.array(fc.nat(4), { maxLength: 4 }), fc.constantFrom(...types))
    .map(([shape, type]): NpyArray => {
      return { shape, data: counting(new type(sizeOf(shape))) };
    });
  fc.assert(
    fc.property(array, (value) => {
      expect(decodeNpy(encodeNpy(value), "x")).toEqual(value);
      expect(decodeNpz(encodeNpz({ a: value }), "x").get("a")).toEqual(value);
    }),
  );
});

describe("npy files that are refused", () => {
  const bytes = golden("c-f32.npy");
  test.each<[string, Uint8Array, string]>([
    ["a wrong start", Uint8Array.from(bytes, (byte, i) => (i === 1 ? 0 : byte)), "\\x93NUMPY"],
    ["an end inside the elements", bytes.subarray(0, -1), "expected 24 bytes for the shape [2, 3], found 23"],
    ["an end inside the header", bytes.subarray(0, 40), "ends inside its header"],
    [
      "objects",
      Buffer.from(Buffer.from(bytes).toString("latin1").replace("<f4", "|O8"), "latin1"),
      "expected booleans, integers or floats",
    ],
    ["a version of the future", Uint8Array.from(bytes, (byte, i) => (i === 6 ? 9 : byte)), "version 1, 2 or 3"],
  ])("%s", (_, content, message) => {
    expect(() => decodeNpy(content, "a.npy")).toThrow(message);
    expect(() => decodeNpy(content, "a.npy")).toThrow(/^a\.npy: /);
  });

  test("an npz that is no zip", () => {
    expect(() => decodeNpz(Uint8Array.of(1, 2, 3), "a.npz")).toThrow("a.npz: is not a whole .npz (zip) file");
  });
});
