/** The simulated circuit beside closed forms, and the parameter-shift rule beside autodiff. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { input, multiply, sumAll } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import type { Node } from "../../../shared/graph/graph.ts";
import { circuit, cz, expectation, parameterShift, ry, rz, zeroState } from "../../../shared/models/circuit.ts";
import { trace } from "../../../shared/models/trace.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { evaluate } from "../../support/evaluate.ts";

interface Rotation {
  readonly kind: string;
  readonly theta: number;
  readonly value: number;
  readonly gradient: number;
}
const file = new URL("../../golden/losses/misc.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Rotation[] };

describe.each(cases.filter(({ kind }) => kind === "parameter-shift-ry"))(
  "RY($theta) on |0⟩",
  ({ theta, ...golden }) => {
    const angles = input("theta", [1]);
    const z = (turned: Node): Node => expectation(ry(zeroState(1, 1), 0, turned), 0);
    test.each([
      ["autodiff", z(angles)],
      ["the parameter-shift rule", parameterShift(angles, z)],
    ])("has ⟨Z⟩ = cos θ and by %s the slope −sin θ", (_, value) => {
      const [slope] = gradient(sumAll(value), [angles]);
      const [[seen], [slant]] = evaluate([value, slope!], { theta: [theta] }) as [number[], number[]];
      expect(Math.abs(seen! - golden.value)).toBeLessThan(1e-12);
      expect(Math.abs(slant! - golden.gradient)).toBeLessThan(1e-12);
    });
  },
);

test("two qubits beside the Kronecker products of their gates", () => {
  // RY(a)⊗RY(b), CZ, RZ(c) on qubit 0, RY(d) on qubit 0: ⟨Z₀⟩ and ⟨Z₁⟩ with 4×4 complex matrices, by hand.
  const angles = [0.4, 1.1, -0.7, 0.9] as const;
  const [a, b, c, d] = angles.map((_, i) => input(`angle${i}`, [])) as [Node, Node, Node, Node];
  let state = ry(ry(zeroState(1, 2), 0, a), 1, b);
  state = ry(rz(cz(state, 0, 1), 0, c), 0, d);
  const seen = evaluate([expectation(state, 0), expectation(state, 1)], {
    angle0: [angles[0]],
    angle1: [angles[1]],
    angle2: [angles[2]],
    angle3: [angles[3]],
  }).flat();
  // ⟨Z₁⟩ commutes with all that follows RY(b). ⟨Z₀⟩ = cos d·⟨Z⟩ − sin d·⟨X⟩ of the state before RY(d), and CZ makes ⟨X₀⟩
  // sin a·⟨Z₁⟩, which RZ(c) turns by cos c.
  const { cos, sin } = Math;
  const expected = [
    cos(angles[3]) * cos(angles[0]) - sin(angles[3]) * cos(angles[2]) * sin(angles[0]) * cos(angles[1]),
    cos(angles[1]),
  ];
  expect(seen).toEqual(expected.map((x) => expect.closeTo(x, 13) as number));
});

test(`a circuit of three qubits has one gradient, however it is found (SEED=${seed})`, () => {
  const draw = drawOf(seed, "odd");
  const values = {
    table: draw.spread(12, -3, 3),
    "trunk/angles": draw.spread(12, -3, 3),
    weight: draw.spread(3, -1, 1),
    bias: [0.5],
  };
  const [byAutodiff, byShift] = (["autodiff", "parameter-shift"] as const).map((slopes) => {
    const { heads, parameters } = trace({
      model: circuit.bind({ layers: 2, slopes }),
      heads: { y: { outputs: 1, bias: true } },
      features: { table: { shape: [3], dtype: "real" } },
      batch: 4,
      training: true,
      feature: () => input("table", [4, 3]),
    });
    const value = sumAll(multiply(heads["y"]!, input("c", [4, 1])));
    const nodes = gradient(
      value,
      parameters.map(({ node }) => node),
    );
    const named = { ...values, "heads/y/weight": values.weight, "heads/y/bias": values.bias, c: [1, -2, 0.5, 3] };
    return evaluate([value, ...nodes], named as Record<string, number[]>).flat();
  });
  expect(byAutodiff!.length).toBe(1 + 12 + 3 + 1);
  expect(byShift).toEqual(byAutodiff!.map((x) => expect.closeTo(x, 12) as number));
  expect(byShift!.slice(1, 13).some((slope) => Math.abs(slope) > 0.01)).toBe(true);
});

test("a feature for more than ten qubits is refused before 2ⁿ amplitudes are", () => {
  const wide = {
    model: circuit.bind(),
    heads: {},
    features: { table: { shape: [11], dtype: "real" } },
    batch: 1,
    training: true,
  } as const;
  expect(() => trace({ ...wide, feature: () => input("table", [1, 11]) })).toThrow(
    "circuit: expected at most 10 features",
  );
});
