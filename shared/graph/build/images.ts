/** Convolution and pooling over planes, channels last: [N, H, W, C]. */
import type { Node } from "../graph.ts";
import * as convolution from "../operations/convolution.ts";
import * as pooling from "../operations/pooling.ts";
import type { Padding, Pair } from "../operations/windows.ts";

/** A pair, or one number for both axes. */
type Square = number | Pair;

/**
 * "valid": none · "same": so that ⌈length / stride⌉ positions fit, the odd zero at the end (as TensorFlow) · a number: on
 * every side · [top, bottom, left, right].
 */
export type PaddingChoice = "valid" | "same" | number | Padding;

export interface WindowOptions {
  /** @default 1 for convolution, the window itself for pooling */
  readonly stride?: Square;
  /** @default "valid" */
  readonly padding?: PaddingChoice;
}

const pair = (square: Square): Pair => (typeof square === "number" ? [square, square] : square);

function paddingOf(choice: PaddingChoice, x: Node, window: Pair, stride: Pair): Padding {
  if (choice === "valid") return [0, 0, 0, 0];
  if (typeof choice === "number") return [choice, choice, choice, choice];
  if (choice !== "same") return choice;
  const along = (axis: 0 | 1): Pair => {
    const length = x.shape[1 + axis]!;
    const total = Math.max(0, (Math.ceil(length / stride[axis]) - 1) * stride[axis] + window[axis] - length);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  return [...along(0), ...along(1)];
}

/** x [N, H, W, C] ∗ k [KH, KW, C/groups, O] → [N, OH, OW, O]. */
export function conv2d(x: Node, k: Node, options: WindowOptions & { readonly groups?: number } = {}): Node {
  const stride = pair(options.stride ?? 1);
  const padding = paddingOf(options.padding ?? "valid", x, [k.shape[0]!, k.shape[1]!], stride);
  return convolution.conv2d(x, k, { stride, padding, groups: options.groups ?? 1 });
}

function windowsOf(x: Node, window: Square, { stride = window, padding = "valid" }: WindowOptions) {
  return { window: pair(window), stride: pair(stride), padding: paddingOf(padding, x, pair(window), pair(stride)) };
}

/** The largest of each window; its gradient goes to the first of equals. */
export function maxPool2d(x: Node, window: Square, options: WindowOptions = {}): Node {
  return pooling.poolTake(x, pooling.maxPool2dIndex(x, windowsOf(x, window, options)));
}

/** Each window's sum over its whole area, padding counted as zeros. */
export const averagePool2d = (x: Node, window: Square, options: WindowOptions = {}): Node =>
  pooling.averagePool2d(x, windowsOf(x, window, options));
