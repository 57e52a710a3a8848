/** What the reference rows work on: plain arrays with a shape, every real a float64. */
import type { Attribute } from "../graph.ts";
import type { Shape } from "../../tensor/shape.ts";

export interface Tensor {
  readonly data: Float64Array | Int32Array;
  readonly shape: Shape;
}

/** Fills y from the inputs. Shapes and attributes have passed the operation's shape rule. */
export type Compute = (
  y: Tensor,
  attributes: Readonly<Record<string, Attribute>>,
  ...inputs: readonly Tensor[]
) => void;

/** A row with its attributes' types known: the graph's table has checked them. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the one use types the callback's parameter
export const compute = <Values>(fill: (y: Tensor, values: Values, ...inputs: readonly Tensor[]) => void): Compute =>
  fill as unknown as Compute;
