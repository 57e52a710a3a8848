import { describe, expect, test } from "vitest";
import { philox } from "../../../shared/graph/reference/random.ts";
import { Random } from "../../../shared/random.ts";
import { Arena, precisions, round } from "../../support/arena.ts";

const random = Random.seeded("optimizer");
const n = 11;
const draw = () => Array.from({ length: n }, () => random.normal());

describe.each(precisions)("in %s", (precision) => {
  const arena = new Arena();
  const digits = precision === "float32" ? 5 : 13;
  const close = (address: number, expected: readonly number[]) => {
    expected.forEach((value, i) => {
      expect(arena.view(precision, address, n)[i]).toBeCloseTo(value, digits);
    });
  };

  test.each([
    [0, 0, false],
    [0.9, 0, false],
    [0.9, 0.1, false],
    [0.9, 0.1, true],
  ] as const)("sgd with momentum %f, weight decay %f, Nesterov %s is PyTorch's", (momentum, decay, nesterov) => {
    const start = draw();
    const p = arena.put(precision, start);
    const v = arena.put(precision, new Array<number>(n).fill(0));
    let [parameters, velocity] = [start, new Array<number>(n).fill(0)];
    for (let step = 0; step < 5; step++) {
      const gradient = draw();
      arena.run("sgd", precision, n, 0.1, momentum, decay, Number(nesterov), arena.put(precision, gradient), v, p);
      const d = gradient.map((g, i) => g + decay * parameters[i]!);
      velocity = d.map((value, i) => momentum * velocity[i]! + value);
      parameters = parameters.map(
        (value, i) => value - 0.1 * (nesterov ? d[i]! + momentum * velocity[i]! : velocity[i]!),
      );
    }
    close(p, parameters);
  });

  test.each([false, true])("adam, decoupled weight decay %s, is its definition", (decoupled) => {
    const [rate, b1, b2, epsilon, decay] = [0.01, 0.9, 0.999, 1e-8, 0.1];
    let parameters = draw();
    let [m, v] = [new Array<number>(n).fill(0), new Array<number>(n).fill(0)];
    const [p, mean, square] = [arena.put(precision, parameters), arena.put(precision, m), arena.put(precision, v)];
    for (let t = 1; t <= 5; t++) {
      const gradient = draw();
      arena.run(
        "adam",
        precision,
        n,
        rate,
        b1,
        b2,
        epsilon,
        decay,
        Number(decoupled),
        t,
        arena.put(precision, gradient),
        mean,
        square,
        p,
      );
      const g = gradient.map((value, i) => value + (decoupled ? 0 : decay * parameters[i]!));
      m = m.map((value, i) => b1 * value + (1 - b1) * g[i]!);
      v = v.map((value, i) => b2 * value + (1 - b2) * g[i]! ** 2);
      parameters = parameters.map((value, i) => {
        const kept = decoupled ? value - rate * decay * value : value;
        return kept - (rate * (m[i]! / (1 - b1 ** t))) / (Math.sqrt(v[i]! / (1 - b2 ** t)) + epsilon);
      });
    }
    close(p, parameters);
  });

  test("accumulate adds in float64, narrow rounds once", () => {
    const inputs = draw().map((value) => round(precision, value));
    const [x, y, z] = [
      arena.put(precision, inputs),
      arena.put("float64", new Array<number>(n).fill(1e9)),
      arena.put(precision, inputs),
    ];
    arena.run("accumulate", precision, n, x, y);
    expect([...arena.view("float64", y, n)]).toEqual(inputs.map((value) => 1e9 + value));
    arena.run("narrow", precision, n, y, z);
    expect([...arena.view(precision, z, n)]).toEqual(inputs.map((value) => round(precision, 1e9 + value)));
  });

  test("randomUniform is Philox4x32-10 of (position, key, step) and does not depend on the rows beside", () => {
    const [keys, size, salt, step] = [[5, -7, 123456789], 9, 42, 17];
    const y = arena.put(precision, new Array<number>(keys.length * size).fill(0));
    arena.run("randomUniform", precision, keys.length, size, salt, arena.putIndex(keys), arena.putIndex([step]), y);
    const whole = [...arena.view(precision, y, keys.length * size)];
    keys.forEach((key, row) => {
      const expected = Array.from({ length: size }, (_, j) => {
        const words = philox([Math.floor(j / 4), key, step, 0], [salt, 0]);
        return (words[j % 4]! >>> 8) / 2 ** 24;
      });
      expect(whole.slice(row * size, (row + 1) * size)).toEqual(expected);
      arena.run("randomUniform", precision, 1, size, salt, arena.putIndex([key]), arena.putIndex([step]), y);
      expect([...arena.view(precision, y, size)]).toEqual(expected);
    });
  });
});

test("Philox4x32-10 gives the vectors of its authors (Random123, kat_vectors)", () => {
  const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, "0")).join(" ");
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  expect(hex(philox([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff]))).toBe(
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
});
