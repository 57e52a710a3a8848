/** Chance inside a program: a function of who asks, never of when. */
import { showShape, sizeOf } from "../../tensor/shape.ts";
import type { Node } from "../graph.ts";
import type { Table } from "./operation.ts";
import { apply, mismatch, row } from "./operation.ts";

export const random = {
  /**
   * Uniform numbers in [0, 1), multiples of 2⁻²⁴ and so the same in both precisions: keys [B], step [1] → [B, size].
   *
   * Element j of example key at a step is word j mod 4 of Philox4x32-10 with counter (⌊j/4⌋, key, step, 0) and key
   * (salt, 0), shifted right by 8 and multiplied by 2⁻²⁴: the same wherever, and beside whomever, the example is computed.
   * Source: Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).
   */
  randomUniform: row({
    inputs: ["index", "index"],
    attributes: { size: "integer", salt: "integer" },
    shape: ({ size, salt }, keys, step) => {
      if (keys.shape.length !== 1) throw mismatch("keys [B]", showShape(keys.shape));
      if (step.shape.length !== 1 || step.shape[0] !== 1) throw mismatch("a step [1]", showShape(step.shape));
      if (salt > 0x7fffffff) throw mismatch("a salt below 2³¹", String(salt));
      return { shape: [keys.shape[0]!, size], dtype: "real" };
    },
    vjp: () => [undefined, undefined],
    kernel: "randomUniform",
    flops: (y) => 10 * sizeOf(y.shape),
  }),
} satisfies Table;

export const randomUniform = (
  keys: Node,
  step: Node,
  options: { readonly size: number; readonly salt: number },
): Node => apply(random, "randomUniform", [keys, step], { size: options.size, salt: options.salt });
