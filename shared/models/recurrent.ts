/**
 * Recurrent cells, unrolled: one step is a function (input, state) → state, and a sequence is a chain of steps.
 * Gates of a cell share two products: x·W [inputs, gates·units] and h·U [units, gates·units]; the columns are in the order
 * of the gates named at each cell (PyTorch's order, whose weights are the transposes).
 */
import {
  add,
  fill,
  matmul,
  multiply,
  reshape,
  select,
  sigmoid,
  slice,
  split,
  stack,
  subtract,
  tanh,
} from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Place } from "./model.ts";

/** One step of a cell: what it hands to the next step and, first of these, what it shows. */
export interface Cell {
  readonly states: number;
  readonly step: (x: Node, states: readonly Node[]) => readonly Node[];
}

/** x·W + b and h·U + c for all gates at once. */
function gates(
  place: Place,
  count: number,
  inputs: number,
  units: number,
): (x: Node, h: Node) => readonly [Node[], Node[]] {
  const width = count * units;
  const role = (fanIn: number) => ({ kind: "weight", fanIn, fanOut: units }) as const;
  const bias = { kind: "bias", fanIn: units } as const; // ±1/√units for all, as PyTorch's cells begin
  const [w, u] = [
    place.parameter("input", [inputs, width], role(inputs)),
    place.parameter("hidden", [units, width], role(units)),
  ];
  const [b, c] = [place.parameter("inputBias", [width], bias), place.parameter("hiddenBias", [width], bias)];
  const sizes = Array.from({ length: count }, () => units);
  return (x, h) => [split(add(matmul(x, w), b), 1, sizes), split(add(matmul(h, u), c), 1, sizes)];
}

/** h ← tanh(xW + b + hU + c) — Elman (1990). */
export function simpleCell(place: Place, inputs: number, units: number): Cell {
  const both = gates(place, 1, inputs, units);
  return {
    states: 1,
    step(x, [h]) {
      const [[fromX], [fromH]] = both(x, h!);
      return [tanh(add(fromX!, fromH!))];
    },
  };
}

/** Gates r, z, n: n = tanh(x_n + r·h_n), h ← (1 − z)·n + z·h, with r inside the second product as in PyTorch — Cho et al. (2014). */
export function gruCell(place: Place, inputs: number, units: number): Cell {
  const both = gates(place, 3, inputs, units);
  return {
    states: 1,
    step(x, [h]) {
      const [[xr, xz, xn], [hr, hz, hn]] = both(x, h!);
      const reset = sigmoid(add(xr!, hr!));
      const keep = sigmoid(add(xz!, hz!));
      const fresh = tanh(add(xn!, multiply(reset, hn!)));
      return [add(multiply(subtract(1, keep), fresh), multiply(keep, h!))];
    },
  };
}

/** Gates i, f, g, o: c ← f·c + i·g, h = o·tanh c — Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000). */
export function lstmCell(place: Place, inputs: number, units: number): Cell {
  const both = gates(place, 4, inputs, units);
  return {
    states: 2,
    step(x, [h, c]) {
      const [[xi, xf, xg, xo], [hi, hf, hg, ho]] = both(x, h!);
      const write = multiply(sigmoid(add(xi!, hi!)), tanh(add(xg!, hg!)));
      const memory = add(multiply(sigmoid(add(xf!, hf!)), c!), write);
      return [multiply(sigmoid(add(xo!, ho!)), tanh(memory)), memory];
    },
  };
}

/**
 * A cell along a sequence, from a state of zeros.
 *
 * Shapes  x [batch, steps, inputs] → [batch, steps, units]
 *         mask [batch, steps]: where it is 0 the state stays as it was, so that sequences may end early
 */
export function unroll(cell: Cell, x: Node, units: number, mask?: Node): Node {
  const [batch, steps, inputs] = x.shape as readonly [number, number, number];
  let states: readonly Node[] = Array.from({ length: cell.states }, () => fill(0, [batch, units]));
  const shown: Node[] = [];
  for (let t = 0; t < steps; t++) {
    const next = cell.step(reshape(slice(x, 1, t, 1), [batch, inputs]), states);
    const before = states;
    states = mask === undefined ? next : next.map((state, i) => select(slice(mask, 1, t, 1), state, before[i]!));
    shown.push(states[0]!);
  }
  return stack(shown, 1);
}
