/** How each operation's random cases are drawn: inputs and attributes its shape rule accepts, away from kinks. */
import type { Attribute, DType } from "../../shared/graph/graph.ts";
import type { OperationName } from "../../shared/graph/operations.ts";
import { sizeOf } from "../../shared/tensor/shape.ts";
import type { Draw } from "./draw.ts";

export interface CaseInput {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values: readonly number[];
}
/** What an operation is applied to. */
export interface Drawn {
  readonly inputs: readonly CaseInput[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}
export type Generator = (draw: Draw) => Drawn;

const real = (shape: readonly number[], values: readonly number[]): CaseInput => ({ shape, dtype: "real", values });
const index = (shape: readonly number[], values: readonly number[]): CaseInput => ({ shape, dtype: "index", values });

/** Reals of magnitude .3 … 2.3, no two alike: far from zero and from ties. */
const reals = (draw: Draw, shape: readonly number[]): CaseInput => real(shape, draw.spread(sizeOf(shape), 0.3, 2.3));
const indices = (draw: Draw, shape: readonly number[], limit: number): CaseInput =>
  index(
    shape,
    Array.from({ length: sizeOf(shape) }, () => draw.integer(0, Math.max(0, limit - 1))),
  );

/** One to three axes, few elements unless the case is large. */
const anyShape = (draw: Draw): number[] => {
  if (draw.size === "large")
    return draw.choice([[draw.integer(1000, 5000)], [draw.some(), draw.some()], [draw.some(), 7, draw.some()]]);
  return draw.choice([[draw.length()], [draw.length(), draw.some()], [draw.some(), draw.length(), draw.some()]]);
};
const flatShape = (draw: Draw): number[] =>
  draw.size === "large" ? [draw.integer(1000, 5000)] : [draw.length() * draw.choice([1, 3])];

const unary =
  (low = 0.3, high = 2.3, positive = false): Generator =>
  (draw) => {
    const shape = flatShape(draw);
    return { inputs: [real(shape, draw.spread(sizeOf(shape), low, high, positive))], attributes: {} };
  };

const binary =
  (low = 0.3, high = 2.3, positiveBase = false): Generator =>
  (draw) => {
    const shape = flatShape(draw);
    const size = sizeOf(shape);
    const values = draw.spread(2 * size, low, high); // drawn together: no ties between the operands
    const base = values.slice(0, size).map((value) => (positiveBase ? Math.abs(value) : value));
    return { inputs: [real(shape, base), real(shape, values.slice(size))], attributes: {} };
  };

/** Errors, and where their loss bends: drawn together, so that no error lies at its own bend. */
const huberCase: Generator = (draw) => {
  const { inputs } = binary()(draw);
  const [errors, bends] = inputs as [CaseInput, CaseInput];
  return { inputs: [errors, real(bends.shape, [...bends.values].map(Math.abs))], attributes: {} };
};

/** One real input and one of its axes; `more` completes the attributes. */
const alongAxis =
  (
    more: (draw: Draw, length: number) => Readonly<Record<string, Attribute>> = () => ({}),
    shapeOf = anyShape,
  ): Generator =>
  (draw) => {
    const shape = shapeOf(draw);
    const axis = draw.integer(0, shape.length - 1);
    return { inputs: [reals(draw, shape)], attributes: { axis, ...more(draw, shape[axis]!) } };
  };

/** No axis is empty: for reductions that need an element. */
const fullShape = (draw: Draw): number[] =>
  draw.choice([[draw.some()], [draw.some(), draw.some()], [draw.some(), draw.some(), draw.some()]]);

const lastAxis: Generator = (draw) => ({ inputs: [reals(draw, anyShape(draw))], attributes: {} });

const scanCase: Generator = (draw) => {
  const shape = anyShape(draw);
  const a = real(shape, draw.spread(sizeOf(shape), 0.1, 0.9)); // products of larger ones would grow without bound
  return { inputs: [a, reals(draw, shape)], attributes: { reverse: draw.unit() < 0.5 } };
};
const runsCase: Generator = (draw) => {
  const [x] = lastAxis(draw).inputs as [CaseInput];
  return { inputs: [x, indices(draw, x.shape, 2)], attributes: {} };
};

const floorCase: Generator = (draw) => {
  const shape = flatShape(draw);
  const parts = draw.spread(sizeOf(shape), 0.2, 0.8);
  return {
    inputs: [
      real(
        shape,
        parts.map((value) => value + draw.integer(-3, 3)),
      ),
    ],
    attributes: {},
  };
};

const expandCase: Generator = (draw) => {
  const shape = anyShape(draw);
  const axis = draw.integer(0, shape.length - 1);
  return { inputs: [reals(draw, shape.with(axis, 1))], attributes: { axis, size: draw.length() } };
};

const transposeCase: Generator = (draw) => {
  const shape = draw.choice([fullShape(draw), anyShape(draw), [2, draw.some(), 3, draw.some()]]);
  return { inputs: [reals(draw, shape)], attributes: { permutation: draw.shuffle([...shape.keys()]) } };
};

const concatenateCase: Generator = (draw) => {
  const shape = anyShape(draw);
  const axis = draw.integer(0, shape.length - 1);
  const parts = Array.from({ length: draw.integer(1, 4) }, () => reals(draw, shape.with(axis, draw.length())));
  return { inputs: parts, attributes: { axis } };
};

const selectCase: Generator = (draw) => {
  const shape = flatShape(draw);
  const mask = Array.from({ length: sizeOf(shape) }, () => draw.choice([0, 0, 1, -2]));
  return { inputs: [real(shape, mask), reals(draw, shape), reals(draw, shape)], attributes: {} };
};

const crossEntropyCase: Generator = (draw) => {
  const [batch, classes] = [draw.length(), draw.some()];
  return { inputs: [reals(draw, [batch, classes]), indices(draw, [batch], classes)], attributes: {} };
};

/** With one number for each row besides. */
const withScales =
  (rows: Generator): Generator =>
  (draw) => {
    const { inputs, attributes } = rows(draw);
    return { inputs: [...inputs, reals(draw, [inputs[0]!.shape[0]!])], attributes };
  };

/** There is another class than the label's. */
const shortfallCase: Generator = (draw) => {
  const [batch, classes] = [draw.length(), 1 + draw.some()];
  return { inputs: [reals(draw, [batch, classes]), indices(draw, [batch], classes)], attributes: {} };
};

/** Readers meet indices inside only (NaN outside has no derivative); `outside` mixes some in, for adders. */
function placesCase(draw: Draw): { rows: number; places: number[]; rest: number[]; outside: number[] } {
  const rows = draw.some();
  const places = draw.choice([[draw.length()], [draw.some(), draw.length()]]);
  const outside = Array.from({ length: sizeOf(places) }, () => draw.integer(-1, rows));
  return { rows, places, rest: draw.choice([[], [draw.some()], [2, draw.some()]]), outside };
}

const gatherCase: Generator = (draw) => {
  const { rows, places, rest } = placesCase(draw);
  return { inputs: [reals(draw, [rows, ...rest]), indices(draw, places, rows)], attributes: {} };
};
const scatterAddCase: Generator = (draw) => {
  const { rows, places, rest, outside } = placesCase(draw);
  return { inputs: [reals(draw, [...places, ...rest]), index(places, outside)], attributes: { size: rows } };
};
const takeLastCase: Generator = (draw) => {
  const [leading, n, k] = [draw.choice([[], [draw.length()], [2, draw.some()]]), draw.some(), draw.some()];
  return { inputs: [reals(draw, [...leading, n]), indices(draw, [...leading, k], n)], attributes: {} };
};
const scatterLastCase: Generator = (draw) => {
  const [shape, size] = [[...draw.choice([[], [draw.length()], [2, draw.some()]]), draw.some()], draw.some()];
  const places = Array.from({ length: sizeOf(shape) }, () => draw.integer(-1, size));
  return { inputs: [reals(draw, shape), index(shape, places)], attributes: { size } };
};

const matmulCase: Generator = (draw) => {
  const [m, k, n] = [draw.length(), draw.length(), draw.length()];
  const batch = draw.choice([[], [draw.size === "large" ? 3 : draw.some()]]);
  const [transposeA, transposeB] = [draw.unit() < 0.5, draw.unit() < 0.5];
  const a = reals(draw, [...batch, ...(transposeA ? [k, m] : [m, k])]);
  const b = reals(draw, [...batch, ...(transposeB ? [n, k] : [k, n])]);
  return { inputs: [a, b], attributes: { transposeA, transposeB } };
};

/** A window over a plane that it fits. */
function planes(draw: Draw, pooling: boolean) {
  const large = draw.size === "large";
  const batch = draw.size === "empty" ? 0 : large ? 3 : draw.integer(1, 2);
  const window = draw.size === "one" ? [1, 1] : [draw.integer(1, 3), draw.integer(1, 3)];
  const plane = draw.size === "one" ? [1, 1] : [draw.integer(3, large ? 15 : 4), draw.integer(3, large ? 13 : 4)];
  const stride = [draw.integer(1, 2), draw.integer(1, 3)];
  const padding = [0, 1, 2, 3].map((side) => draw.integer(0, Math.min(2, window[side >> 1]! - 1)));
  const groups = pooling || draw.size === "one" ? 1 : draw.integer(1, large ? 3 : 2);
  const [depth, outputs] =
    draw.size === "one" ? [1, 1] : [draw.integer(1, large ? 9 : 2), groups * draw.integer(1, large ? 9 : 2)];
  const slid = [0, 1].map(
    (i) => Math.floor((padding[2 * i]! + plane[i]! + padding[2 * i + 1]! - window[i]!) / stride[i]!) + 1,
  );
  const channels = depth * groups;
  return {
    x: [batch, ...plane, channels],
    k: [...window, depth, outputs],
    y: [batch, ...slid, outputs],
    pooled: [batch, ...slid, channels],
    convolution: { stride, padding, groups },
    windows: { window, stride, padding },
    plane,
    window,
  };
}

const averageUnpoolCase: Generator = (draw) => {
  const { pooled, plane, windows } = planes(draw, true);
  return { inputs: [reals(draw, pooled)], attributes: { ...windows, size: plane } };
};

export const generators: Readonly<Record<OperationName, Generator>> = {
  input: (draw) => ({ inputs: [], attributes: { name: "x", shape: anyShape(draw), dtype: "real" } }),
  constant: (draw) => {
    const { shape, values } = reals(draw, anyShape(draw));
    return { inputs: [], attributes: { data: values, shape, dtype: "real" } };
  },

  reshape: (draw) => {
    const shape = anyShape(draw);
    return {
      inputs: [reals(draw, shape)],
      attributes: { shape: draw.choice([[sizeOf(shape)], [...shape, 1], shape.toReversed()]) },
    };
  },
  stopGradient: lastAxis,
  expand: expandCase,
  sum: alongAxis(),
  transpose: transposeCase,
  slice: alongAxis((draw, length) => {
    const start = draw.integer(0, length);
    return { start, size: draw.integer(0, length - start) };
  }),
  pad: alongAxis((draw) => ({ before: draw.integer(0, 3), after: draw.integer(0, 2) })),
  concatenate: concatenateCase,
  reverse: alongAxis(),

  negate: unary(),
  abs: unary(),
  sign: unary(),
  exp: unary(),
  expm1: unary(0.01, 2.3),
  log: unary(0.3, 4, true),
  log1p: unary(0.01, 0.8),
  sqrt: unary(0.3, 4, true),
  reciprocal: unary(),
  square: unary(),
  tanh: unary(0.01, 2.3),
  sigmoid: unary(),
  softplus: unary(0.01, 3),
  sin: unary(0.01, 6),
  cos: unary(0.01, 6),
  erf: unary(0.01, 3.5),
  lgamma: unary(0.3, 20, true),
  digamma: unary(0.3, 20, true),
  trigamma: unary(0.3, 20, true),
  floor: floorCase,
  relu: unary(),
  isFinite: unary(),
  add: binary(),
  subtract: binary(),
  multiply: binary(),
  divide: binary(),
  power: binary(0.3, 2.3, true),
  bceWithLogits: binary(),
  huber: huberCase,
  maximum: binary(),
  minimum: binary(),
  less: binary(),
  lessEqual: binary(),
  equal: binary(),
  select: selectCase,
  toReal: (draw) => ({ inputs: [indices(draw, flatShape(draw), 1000)], attributes: {} }),
  toIndex: (draw) => ({ inputs: floorCase(draw).inputs, attributes: {} }),

  max: alongAxis(undefined, fullShape),
  argMax: alongAxis(undefined, fullShape),
  cumulativeSum: alongAxis((draw) => ({ reverse: draw.unit() < 0.5, exclusive: draw.unit() < 0.5 })),
  linearScan: scanCase,
  cumulativeLogSumExp: runsCase,
  logSumExp: lastAxis,
  softmax: lastAxis,
  softmaxCrossEntropy: crossEntropyCase,
  softmaxCrossEntropySlope: withScales(crossEntropyCase),
  shortfall: shortfallCase,
  shortfallSlope: withScales(shortfallCase),

  gather: gatherCase,
  scatterAdd: scatterAddCase,
  takeLast: takeLastCase,
  scatterLast: scatterLastCase,
  oneHot: (draw) => {
    const { rows, places, outside } = placesCase(draw);
    return { inputs: [index(places, outside)], attributes: { size: rows } };
  },
  argSort: (draw) => ({ ...lastAxis(draw), attributes: { descending: draw.unit() < 0.5 } }),

  matmul: matmulCase,
  conv2d: (draw) => {
    const { x, k, convolution } = planes(draw, false);
    return { inputs: [reals(draw, x), reals(draw, k)], attributes: convolution };
  },
  conv2dInput: (draw) => {
    const { y, k, convolution, plane } = planes(draw, false);
    return { inputs: [reals(draw, y), reals(draw, k)], attributes: { ...convolution, size: plane } };
  },
  conv2dKernel: (draw) => {
    const { x, y, convolution, window } = planes(draw, false);
    return { inputs: [reals(draw, x), reals(draw, y)], attributes: { ...convolution, size: window } };
  },
  maxPool2dIndex: (draw) => {
    const { x, windows } = planes(draw, true);
    return { inputs: [reals(draw, x)], attributes: windows };
  },
  poolTake: (draw) => {
    const { x, pooled, plane } = planes(draw, true);
    return { inputs: [reals(draw, x), indices(draw, pooled, sizeOf(plane))], attributes: {} };
  },
  poolScatter: (draw) => {
    const { pooled, plane } = planes(draw, true);
    return { inputs: [reals(draw, pooled), indices(draw, pooled, sizeOf(plane))], attributes: { size: plane } };
  },
  averagePool2d: (draw) => {
    const { x, windows } = planes(draw, true);
    return { inputs: [reals(draw, x)], attributes: windows };
  },
  averageUnpool2d: averageUnpoolCase,

  randomUniform: (draw) => ({
    inputs: [indices(draw, [draw.length()], 100000), index([1], [draw.integer(0, 1000)])],
    attributes: { size: draw.length(), salt: draw.integer(0, 0x7fffffff) },
  }),
};
