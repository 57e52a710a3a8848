/**
 * Lowering: one step → the instruction that computes it. `x` are the places of its inputs, `y` the place of its result, all as
 * byte offsets; the words of each instruction are what `assembly/run.ts` reads. One line per operation.
 */
import { TributaryError } from "../../errors.ts";
import { around, sizeOf, type Shape } from "../../tensor/shape.ts";
import { isElementwise } from "./rewrite.ts";
import { at, instruction, type At, type Instruction, type Opcode } from "./code.ts";
import { repeatOf } from "./repeat.ts";
import type { Step } from "./step.ts";

/** Bytes of scratch that the kernels of the module that will run the plan ask for. */
export interface ScratchSize {
  matmul(m: number, n: number, k: number, transposeA: number, transposeB: number): number;
  /** By kernel name and parameter block. */
  convolution(kernel: "conv2d" | "conv2dInput" | "conv2dKernel", block: readonly number[]): number;
}

export interface Places {
  readonly x: readonly At[];
  readonly y: At;
  /** Reserves scratch for this instruction alone; instructions share the same bytes. */
  readonly scratch: (bytes: number) => At;
  readonly realBytes: number;
  readonly scratchSize: ScratchSize;
}

export function lower(step: Step, places: Places): Instruction[] {
  if (isElementwise(step)) {
    return [instruction(step.operation as Opcode, sizeOf(step.shape), places.y, ...places.x)]; // named alike in both tables
  }
  const rule = rules[step.operation];
  if (rule === undefined)
    throw new TributaryError("invalid-program", `Expected an operation with a kernel, got "${step.operation}"`);
  return rule(step, places);
}

type Rule = (step: Step, places: Places) => Instruction[];

const numberOf = (step: Step, name: string): number => step.attributes[name] as number;
const listOf = (step: Step, name: string): readonly number[] => step.attributes[name] as readonly number[];
const flagOf = (step: Step, name: string): number => (step.attributes[name] === true ? 1 : 0);
const bytesOf = (step: Step, { realBytes }: Places): number => (step.dtype === "real" ? realBytes : 4);
const moving = (name: "expand" | "permute" | "reverse" | "gather" | "takeLast", step: Step): Opcode =>
  step.dtype === "real" ? name : `${name}Index`;

/** The rows and row length of an operation on the last axis. */
const rowsOf = (shape: Shape): [rows: number, length: number] => {
  const length = shape[shape.length - 1]!;
  return [sizeOf(shape.slice(0, -1)), length];
};

const alongAxis =
  (name: Opcode): Rule =>
  (step, { x, y }) => {
    const { outer, length, inner } = around(step.inputShapes[0]!, numberOf(step, "axis"));
    return [instruction(name, outer, length, inner, x[0]!, y)];
  };

const alongRows =
  (name: Opcode): Rule =>
  (step, { x, y }) => [instruction(name, ...rowsOf(step.inputShapes[0]!), ...x, y)];

const rules: Readonly<Record<string, Rule>> = {
  expand: (step, { x, y }) => {
    const { outer, times, inner } = repeatOf(step);
    return [instruction(moving("expand", step), outer, times, inner, x[0]!, y)];
  },
  selectRows: (step, { x, y }) => [instruction("selectRows", numberOf(step, "rows"), numberOf(step, "size"), ...x, y)],
  transpose: (step, { x, y }) => {
    const shape = step.inputShapes[0]!;
    const strides = listOf(step, "permutation").map((axis) => sizeOf(shape.slice(axis + 1)));
    return [instruction(moving("permute", step), step.shape.length, x[0]!, y, ...step.shape, ...strides)];
  },
  slice: (step, places) => {
    const axis = numberOf(step, "axis");
    const from = around(step.inputShapes[0]!, axis);
    const bytes = from.inner * bytesOf(step, places);
    const size = step.shape[axis]!;
    const start = at(places.x[0]!.at + numberOf(step, "start") * bytes);
    return [instruction("copyBlocks", from.outer, from.length * bytes, size * bytes, size * bytes, start, places.y)];
  },
  pad: (step, places) => {
    const axis = numberOf(step, "axis");
    const from = around(step.inputShapes[0]!, axis);
    const bytes = from.inner * bytesOf(step, places);
    const start = at(places.y.at + numberOf(step, "before") * bytes);
    return [
      instruction("fillZero", sizeOf(step.shape) * bytesOf(step, places), places.y),
      instruction(
        "copyBlocks",
        from.outer,
        from.length * bytes,
        step.shape[axis]! * bytes,
        from.length * bytes,
        places.x[0]!,
        start,
      ),
    ];
  },
  concatenate: (step, places) => {
    const axis = numberOf(step, "axis");
    const to = around(step.shape, axis);
    const bytes = to.inner * bytesOf(step, places);
    let before = 0;
    return step.inputShapes.map((shape, i) => {
      const length = shape[axis]! * bytes;
      const start = at(places.y.at + before);
      before += length;
      return instruction("copyBlocks", to.outer, length, to.length * bytes, length, places.x[i]!, start);
    });
  },
  reverse: (step, places) => alongAxis(moving("reverse", step))(step, places),

  sum: alongAxis("sum"),
  max: alongAxis("max"),
  argMax: alongAxis("argMax"),
  logSumExp: alongRows("logSumExp"),
  softmax: alongRows("softmax"),
  softmaxCrossEntropy: alongRows("softmaxCrossEntropy"),
  softmaxCrossEntropySlope: alongRows("softmaxCrossEntropySlope"),
  shortfall: alongRows("shortfall"),
  shortfallSlope: alongRows("shortfallSlope"),
  cumulativeLogSumExp: alongRows("cumulativeLogSumExp"),
  linearScan: (step, { x, y }) => [
    instruction("linearScan", ...rowsOf(step.shape), flagOf(step, "reverse"), x[0]!, x[1]!, y),
  ],
  argSort: (step, { x, y, scratch }) => {
    const [rows, length] = rowsOf(step.inputShapes[0]!);
    return [instruction("argSort", rows, length, flagOf(step, "descending"), x[0]!, y, scratch(4 * length))];
  },
  cumulativeSum: (step, { x, y }) => {
    const { outer, length, inner } = around(step.inputShapes[0]!, numberOf(step, "axis"));
    return [
      instruction("cumulativeSum", outer, length, inner, flagOf(step, "reverse"), flagOf(step, "exclusive"), x[0]!, y),
    ];
  },

  gather: (step, { x, y }) => {
    const [table, index] = step.inputShapes;
    return [instruction(moving("gather", step), sizeOf(index!), sizeOf(table!.slice(1)), table![0]!, x[0]!, x[1]!, y)];
  },
  scatterAdd: (step, { x, y }) => {
    return [
      instruction(
        "scatterAdd",
        sizeOf(step.inputShapes[1]!),
        sizeOf(step.shape.slice(1)),
        numberOf(step, "size"),
        x[0]!,
        x[1]!,
        y,
      ),
    ];
  },
  takeLast: (step, { x, y }) => {
    const [, k] = rowsOf(step.shape);
    return [instruction(moving("takeLast", step), ...rowsOf(step.inputShapes[0]!), k, x[0]!, x[1]!, y)];
  },
  scatterLast: (step, { x, y }) => [
    instruction("scatterLast", ...rowsOf(step.inputShapes[0]!), numberOf(step, "size"), x[0]!, x[1]!, y),
  ],
  oneHot: (step, { x, y }) => [instruction("oneHot", sizeOf(step.inputShapes[0]!), numberOf(step, "size"), x[0]!, y)],

  matmul: (step, { x, y, scratch, scratchSize }) => {
    const [transposeA, transposeB] = [flagOf(step, "transposeA"), flagOf(step, "transposeB")];
    const a = step.inputShapes[0]!;
    const batch = sizeOf(step.shape.slice(0, -2));
    const [m, n] = step.shape.slice(-2) as [number, number];
    const k = a[a.length - (transposeA === 1 ? 2 : 1)]!;
    const bytes = scratchSize.matmul(m, n, k, transposeA, transposeB);
    return [instruction("matmul", batch, m, n, k, transposeA, transposeB, x[0]!, x[1]!, y, scratch(bytes))];
  },

  conv2d: (step, places) => convolution("conv2d", step, step.inputShapes[0]!, step.inputShapes[1]!, step.shape, places),
  conv2dInput: (step, places) =>
    convolution("conv2dInput", step, step.shape, step.inputShapes[1]!, step.inputShapes[0]!, places),
  conv2dKernel: (step, places) =>
    convolution("conv2dKernel", step, step.inputShapes[0]!, step.shape, step.inputShapes[1]!, places),

  maxPool2dIndex: (step, { x, y }) => [
    instruction("maxPool2dIndex", x[0]!, y, ...windows(step, step.inputShapes[0]!, step.shape)),
  ],
  averagePool2d: (step, { x, y }) => [
    instruction("averagePool2d", x[0]!, y, ...windows(step, step.inputShapes[0]!, step.shape)),
  ],
  averageUnpool2d: (step, { x, y }) => [
    instruction("averageUnpool2d", x[0]!, y, ...windows(step, step.shape, step.inputShapes[0]!)),
  ],
  poolTake: (step, { x, y }) => {
    const [[n, h, w, c], [, oh, ow]] = step.inputShapes as [Plane, Plane];
    return [instruction("poolTake", n, h * w, oh * ow, c, x[0]!, x[1]!, y)];
  },
  poolScatter: (step, { x, y }) => {
    const [[n, oh, ow, c]] = step.inputShapes as [Plane];
    const [, h, w] = step.shape as Plane;
    return [instruction("poolScatter", n, h * w, oh * ow, c, x[0]!, x[1]!, y)];
  },

  randomUniform: (step, { x, y }) => {
    return [
      instruction(
        "randomUniform",
        sizeOf(step.inputShapes[0]!),
        numberOf(step, "size"),
        numberOf(step, "salt"),
        x[0]!,
        x[1]!,
        y,
      ),
    ];
  },
};

/** Input plane, kernel and output plane in the order of the kernels' parameter block, whichever of the three is the result. */
function convolution(
  name: "conv2d" | "conv2dInput" | "conv2dKernel",
  step: Step,
  input: Shape,
  kernel: Shape,
  output: Shape,
  { x, y, scratch, scratchSize }: Places,
): Instruction[] {
  const [n, h, w, c] = input as Plane;
  const [kh, kw, , o] = kernel as Plane;
  const [, oh, ow] = output as Plane;
  const [top, , left] = listOf(step, "padding");
  const block = [n, h, w, c, oh, ow, o, kh, kw, ...listOf(step, "stride"), top!, left!, numberOf(step, "groups")];
  return [instruction(name, x[0]!, x[1]!, y, scratch(scratchSize.convolution(name, block)), ...block)];
}

type Plane = [n: number, height: number, width: number, channels: number];

/** The parameter block of a pooling kernel: `wide` is the plane its windows slide over, `narrow` has one pixel per window. */
function windows(step: Step, wide: Shape, narrow: Shape): number[] {
  const [n, h, w, c] = wide as Plane;
  const [, oh, ow] = narrow as Plane;
  const [top, , left] = listOf(step, "padding");
  return [n, h, w, c, oh, ow, ...listOf(step, "window"), ...listOf(step, "stride"), top!, left!];
}
