import { describe, expect, test } from "vitest";
import { flatten, layoutOf, unflatten } from "../../../shared/tensor/parameters.ts";

const layout = layoutOf([
  { name: "head/weight", shape: [2, 1], scope: "local" },
  { name: "trunk/weight", shape: [3, 2] },
  { name: "trunk/mean", shape: [2], scope: "buffer" },
  { name: "trunk/bias", shape: [2], scope: "shared" },
]);

describe("the flat parameter vector", () => {
  test("holds shared parameters first, then buffers, then local ones, each in the order given", () => {
    expect(layout.places.map(({ name, offset }) => [name, offset])).toEqual([
      ["trunk/weight", 0],
      ["trunk/bias", 6],
      ["trunk/mean", 8],
      ["head/weight", 10],
    ]);
    expect(layout.ranges).toEqual({ shared: [0, 8], buffer: [8, 10], local: [10, 12] });
    expect(layout.size).toBe(12);
  });

  test("becomes named tensors and comes back the same, bit for bit", () => {
    const vector = Float32Array.from({ length: 12 }, (_, i) => i / 3);
    const tensors = unflatten(layout, vector);
    expect(tensors.get("trunk/bias")).toEqual({ shape: [2], data: vector.slice(6, 8) });
    expect(flatten(layout, tensors, new Float32Array(12))).toEqual(vector);
    expect([...unflatten(layout, vector, "buffer").keys()]).toEqual(["trunk/mean"]);
  });

  test("is filled in part when asked to", () => {
    const tensors = new Map([["trunk/bias", { shape: [2], data: Float32Array.of(7, 8) }]]);
    const into = new Float64Array(12).fill(1);
    expect([...flatten(layout, tensors, into, { partial: true })]).toEqual([1, 1, 1, 1, 1, 1, 7, 8, 1, 1, 1, 1]);
  });
});

describe("what does not fit a layout is refused by name", () => {
  const all = unflatten(layout, new Float32Array(12));
  test("two parameters of one name", () => {
    expect(() => layoutOf([{ name: "w", shape: [] }, { name: "w", shape: [2] }])).toThrow('Two parameters are called "w"'); // prettier-ignore
  });
  test("an unknown parameter", () => {
    const tensors = new Map([...all, ["trunk/gain", { shape: [], data: Float32Array.of(1) }] as const]);
    expect(() => flatten(layout, tensors, new Float32Array(12))).toThrow('Unknown parameter "trunk/gain"');
  });
  test("a missing parameter", () => {
    const tensors = new Map([...all].slice(1));
    expect(() => flatten(layout, tensors, new Float32Array(12))).toThrow('Expected a parameter "trunk/weight" [3, 2]');
  });
  test("another shape of the same size", () => {
    const tensors = new Map([...all, ["trunk/weight", { shape: [2, 3], data: new Float32Array(6) }] as const]);
    expect(() => flatten(layout, tensors, new Float32Array(12))).toThrow(
      '"trunk/weight" of the shape [3, 2], got [2, 3]',
    );
  });
  test("a vector of another length", () => {
    expect(() => unflatten(layout, new Float32Array(11))).toThrow("Expected a vector of 12 parameters, got 11");
  });
});
