/** A step: one operation as a plan sees it, after the steps it reads. */
import type { Attribute, DType } from "../../graph/graph.ts";
import type { Shape } from "../../tensor/shape.ts";

export interface Step {
  readonly operation: string;
  readonly inputs: readonly Step[];
  /** What the operation sees: an input's storage may have been made under another shape. */
  readonly inputShapes: readonly Shape[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly shape: Shape;
  readonly dtype: DType;
  /** A constant, or made once from constants. */
  readonly once: boolean;
}

/** Inputs and constants are there before a run begins. */
export const isLeaf = (step: Step): boolean => step.operation === "input" || step.once;
