/**
 * An optimizer is a pair of pure functions over flat vectors: `init` makes its memory, `step` turns a gradient into a change.
 *
 *     const optimizer = sgd({ momentum: 0.9 });
 *     let state = optimizer.init(parameters.length);
 *     const [delta, next] = optimizer.step({ gradient, parameters, learningRate: 0.1 }, state);    // θ ← θ + delta
 *
 * Gradients point uphill; the sign is turned here and nowhere else. The memory is plain numbers and vectors, so it goes into
 * a checkpoint as it is. The server steps with these in float64; local steps use the kernels, told by an `OptimizerSpec`
 * which rule to follow with which numbers. Read next: `sgd.ts`, `adaptive.ts`, `schedules.ts`.
 */

/** Which rule, with which numbers: plain JSON, understood by the server's optimizers and by the kernels alike. */
export type OptimizerSpec = SgdSpec | AdamSpec;

export interface SgdSpec {
  readonly kind: "sgd";
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Coupled: added to the gradient, times the parameters. */
  readonly weightDecay: number;
}

export interface AdamSpec {
  /** adam: weight decay is added to the gradient. adamw: it shrinks the parameters beside the step. */
  readonly kind: "adam" | "adamw";
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly biasCorrection: boolean;
  readonly weightDecay: number;
}

/** v grows by every squared gradient. */
export interface AdagradSpec {
  readonly kind: "adagrad";
  readonly learningRate: number;
  readonly beta1: number;
  readonly epsilon: number;
  readonly initialSquare: number;
}

/** v moves towards the squared gradient by no more than a share of it. */
export interface YogiSpec {
  readonly kind: "yogi";
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly biasCorrection: boolean;
  readonly initialSquare: number;
}

/** Those that only the coordinator steps with are among them. */
export type ServerOptimizerSpec = OptimizerSpec | AdagradSpec | YogiSpec;

export interface OptimizerState {
  /** Steps taken. */
  readonly steps: number;
  /** Running products and the like, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** One element per parameter, by name. */
  readonly vectors: Readonly<Record<string, Float64Array>>;
}

export interface Step {
  readonly gradient: Float64Array;
  readonly parameters: Float64Array;
  readonly learningRate: number;
}

export interface Optimizer {
  readonly name: string;
  init(size: number): OptimizerState;
  /** The change of the parameters and the next memory. Changes neither `step` nor `state`. */
  step(step: Step, state: OptimizerState): readonly [delta: Float64Array, state: OptimizerState];
  /**
   * h > 0, what the last step measured each parameter by: Δ = −η·g/h for a gradient g that has not changed since the first step.
   * `state` is the memory after it. What is penalized beside the gradient has to be measured alike (`regularizers/proximal.ts`).
   */
  metric(state: OptimizerState, size: number): Float64Array;
}
