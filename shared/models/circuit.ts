/**
 * A small quantum circuit, simulated: the state of n qubits as 2ⁿ amplitudes, real and imaginary parts apart, [batch, 2ⁿ] each.
 * Qubit 0 is the first bit of an amplitude's number. Gates are functions from a state to a state:
 *
 *     RY(θ) = exp(−iθY/2)        RZ(θ) = exp(−iθZ/2)        CZ: −1 where both qubits are 1
 *
 *     const state = ry(zeroState(batch, 2), 0, theta);          // theta [] or [batch], radians
 *     const z = expectation(state, 0);                          // ⟨Z₀⟩ [batch] in [−1, 1]; cos θ here
 *
 * Autodiff differentiates the simulation. On a device there is none to differentiate: for such gates the parameter-shift rule
 * gives the same slope from two more runs, exactly and at any distance from 0:
 *
 *     ∂E/∂θ = ½(E(θ + π/2) − E(θ − π/2))
 *
 * Source  Mitarai et al. (2018); Schuld et al. (2019)
 */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import {
  add,
  broadcastTo,
  concatenate,
  constant,
  cos,
  flatten,
  multiply,
  negate,
  pad,
  fill,
  reshape,
  sin,
  slice,
  square,
  squeeze,
  stack,
  stopGradient,
  subtract,
  sum,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { affineHeads } from "./heads.ts";
import { defineModel, type Place } from "./model.ts";

export interface State {
  readonly qubits: number;
  readonly real: Node;
  readonly imaginary: Node;
}

/** |0…0⟩ for each row. */
export function zeroState(batch: number, qubits: number): State {
  const size = 1 << qubits;
  return { qubits, real: pad(fill(1, [batch, 1]), 1, 0, size - 1), imaginary: fill(0, [batch, size]) };
}

/** An angle for all rows or for each, as [batch, 1]. */
const perRow = (angle: Node, batch: number): Node =>
  broadcastTo(reshape(angle, angle.shape.length === 0 ? [1, 1] : [batch, 1]), [batch, 1]);

/** Turns a qubit about Y: amplitudes a of 0 and b of 1 become ca − sb and sa + cb, with c, s of θ/2. */
export function ry({ qubits, real, imaginary }: State, qubit: number, angle: Node): State {
  const [batch, size] = real.shape as readonly [number, number];
  const half = multiply(0.5, perRow(angle, batch));
  const shape = [batch, 1 << qubit, 2, size / (2 << qubit)];
  const [c, s] = [cos(half), sin(half)].map((x) => reshape(x, [batch, 1, 1, 1])) as [Node, Node];
  const turned = (x: Node): Node => {
    const cells = reshape(x, shape);
    const [a, b] = [slice(cells, 2, 0, 1), slice(cells, 2, 1, 1)];
    const [zero, one] = [subtract(multiply(c, a), multiply(s, b)), add(multiply(s, a), multiply(c, b))];
    return reshape(concatenate([zero, one], 2), [batch, size]);
  };
  return { qubits, real: turned(real), imaginary: turned(imaginary) };
}

/** Turns a qubit about Z: the phase −θ/2 where it is 0, θ/2 where it is 1. */
export function rz({ qubits, real, imaginary }: State, qubit: number, angle: Node): State {
  const half = multiply(0.5, perRow(angle, real.shape[0]!));
  const [c, s] = [cos(half), multiply(negate(signs(qubits, qubit)), sin(half))];
  return {
    qubits,
    real: subtract(multiply(c, real), multiply(s, imaginary)),
    imaginary: add(multiply(c, imaginary), multiply(s, real)),
  };
}

/** Entangles two qubits: the sign of the amplitudes where both are 1 is turned. */
export function cz({ qubits, real, imaginary }: State, a: number, b: number): State {
  const both = signsOf(qubits, (bit) => (bit(a) === 1 && bit(b) === 1 ? -1 : 1));
  return { qubits, real: multiply(both, real), imaginary: multiply(both, imaginary) };
}

/** ⟨Z⟩ of a qubit, [batch]: the probability of 0 less that of 1. */
export const expectation = ({ qubits, real, imaginary }: State, qubit: number): Node =>
  sum(multiply(signs(qubits, qubit), add(square(real), square(imaginary))), 1);

/** [1, 2ⁿ]: 1 where the qubit is 0, −1 where it is 1. */
const signs = (qubits: number, qubit: number): Node => signsOf(qubits, (bit) => 1 - 2 * bit(qubit));

function signsOf(qubits: number, sign: (bit: (qubit: number) => number) => number): Node {
  const size = 1 << qubits;
  const row = Array.from({ length: size }, (_, at) => sign((qubit) => (at >> (qubits - 1 - qubit)) & 1));
  return constant(row, [1, size]);
}

/**
 * The value of a circuit with the slopes of the parameter-shift rule in place of autodiff's: forward it is run(angles), and
 * backward each angle is shifted by ±π/2 in turn, 2·angles further runs. Every angle must enter one gate of its own.
 *
 * Shapes  angles [angles] → run(angles), any shape
 */
export function parameterShift(angles: Node, run: (angles: Node) => Node): Node {
  const count = angles.shape[0]!;
  const held = stopGradient(angles);
  let value = stopGradient(run(held));
  for (let i = 0; i < count; i++) {
    const shift = constant(
      Array.from({ length: count }, (_, j) => (i === j ? Math.PI / 2 : 0)),
      [count],
    );
    const slope = multiply(0.5, subtract(run(add(held, shift)), run(subtract(held, shift))));
    const moved = squeeze(slice(subtract(angles, held), 0, i, 1)); // 0, with slope 1
    value = add(value, multiply(stopGradient(slope), moved));
  }
  return value;
}

/**
 * A variational circuit as a trunk: feature i turns qubit i, then layers of RY and RZ on every qubit with a ring of CZ between, then
 * ⟨Z⟩ of each qubit for the heads to read. The angles are the parameter `trunk/angles` [layers·qubits·2].
 */
export const circuit = defineModel({
  name: "circuit",
  options: z.strictObject({
    layers: z.int().min(1).default(2),
    /** How the angles' slopes are found; the numbers are the same, the cost of parameter-shift is 2·angles + 1 runs. */
    slopes: z.enum(["autodiff", "parameter-shift"]).default("autodiff"),
  }),
  build(place, { layers, slopes }, heads) {
    const features = flatten(place.feature("table"));
    const qubits = features.shape[1]!;
    if (qubits > 10)
      throw new TributaryError("invalid-option", `circuit: expected at most 10 features, a qubit each, got ${qubits}`);
    const angles = place.parameter("trunk/angles", [layers * qubits * 2], { kind: "weight", fanIn: 1, fanOut: 1 });
    const run = (turned: Node): Node => layered(place, features, qubits, layers, turned);
    return affineHeads(place, slopes === "autodiff" ? run(angles) : parameterShift(angles, run), heads);
  },
});

function layered(place: Place, features: Node, qubits: number, layers: number, angles: Node): Node {
  const each = [...Array(qubits).keys()];
  const angle = (at: number): Node => squeeze(slice(angles, 0, at, 1));
  let state = zeroState(place.batch, qubits);
  for (const q of each) state = ry(state, q, squeeze(slice(features, 1, q, 1), 1));
  for (let layer = 0; layer < layers; layer++) {
    for (const q of each) {
      const at = 2 * (layer * qubits + q);
      state = rz(ry(state, q, angle(at)), q, angle(at + 1));
    }
    if (qubits > 1) for (const q of each.slice(qubits === 2 ? 1 : 0)) state = cz(state, q, (q + 1) % qubits);
  }
  return stack(
    each.map((q) => expectation(state, q)),
    1,
  );
}
