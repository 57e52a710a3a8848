/** Vectors on the wire: what is packed in 16 bits comes back to the bit, as a simulation hands it over. */
import { describe, expect, test } from "vitest";
import {
  decodeVectors,
  encodeVectors,
  packHalf,
  unpackHalf,
  vectorBytes,
} from "../../../shared/protocol/vectors-wire.ts";
import { Random } from "../../../shared/random.ts";
import { travel } from "../../../shared/updates/transport.ts";

const random = Random.seeded("vectors on the wire");
const drawn = (length: number): number[] =>
  Array.from({ length }, () => (random.uniform() - 0.5) * [1, 1e-6, 1e-30, 6e4, 1e10][random.integer(5)]!);

describe.each(["float16", "bfloat16"] as const)("%s", (format) => {
  test.each([1, 65_536, 1 / 1024, 1 << 30])(
    "a vector that has travelled at a scale of %f comes back to the bit",
    (scale) => {
      for (const precision of ["float32", "float64"] as const) {
        const vector = (precision === "float32" ? Float32Array : Float64Array).from([0, -0, ...drawn(5000)]);
        travel(vector, format, scale);
        const back = unpackHalf(packHalf(vector, format, scale), { format, scale, precision });
        expect(back.constructor).toBe(vector.constructor);
        for (const [i, x] of vector.entries()) if (!Object.is(back[i], x)) expect.fail(`${x} came back as ${back[i]!}`);
      }
    },
  );
});

test("vectors of a task that learns take two bytes a number where they travel in 16 bits, and none for any other", () => {
  const shape = {
    objectives: [{ name: "a" }, { name: "b" }],
    parameters: 3,
    precision: "float64",
    transport: { dtype: "bfloat16", scaled: false },
  } as unknown as Parameters<typeof vectorBytes>[1];
  const task = { kind: "gradient", round: 1, parameters: new Float64Array(3) } as const;
  const vectors = [Float64Array.of(1, 2, -3), Float64Array.of(0.5, 0, 4)];
  const bytes = encodeVectors(vectors, task, shape);
  expect([bytes.length, vectorBytes(task, shape), vectorBytes({ kind: "statistics" }, shape)]).toEqual([12, 12, 0]);
  expect(decodeVectors(bytes, task, shape)).toEqual(vectors);
  expect(() => decodeVectors(bytes.subarray(1), task, shape)).toThrow(
    "expected uint16 numbers of 2 bytes each, got 11",
  );
});
