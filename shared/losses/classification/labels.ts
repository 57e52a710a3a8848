/**
 * What losses on one label per row see of its logits: by how much the others outweigh it.
 *
 *     d = log Σ_{j≠y} exp z_j − z_y,   so that p_y = σ(−d):   −log p_y = sp(d),   log(1 − p_y) = −sp(−d),   p_y = σ(−d)
 *
 * With d, the operation `shortfall`, many classes are as stable as two: nothing is made of p_y, nor of 1 − p_y, that could cancel or overflow.
 */
import { equal, select, toIndex } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";

/** Logits [batch, classes] and a class per row [batch]. */
export const labelled = {
  prediction: fromModel("real", ["batch", "classes"]),
  target: fromData("class", ["batch"], { below: "classes" }),
};

export const oneOutputPerClass = ({ classes }: { readonly classes: number }): number => classes;

/** Labels of which some may be `ignoreIndex`: which are, and labels that name a class in every row. */
export function splitIgnored(label: Node, ignoreIndex: number): { readonly ignored: Node; readonly known: Node } {
  const ignored = equal(label, ignoreIndex);
  return { ignored, known: toIndex(select(ignored, 0, label)) };
}

/** The complaint about lists that should have one entry per class, or undefined. */
export function oneEntryPerClass(
  lists: Readonly<Record<string, readonly unknown[] | null | undefined>>,
  classes: number,
): string | undefined {
  const wrong = Object.entries(lists).filter(([, list]) => list && list.length !== classes);
  if (wrong.length === 0) return undefined;
  return wrong
    .map(([name, list]) => `${name} has ${list!.length} entries, expected one for each of ${classes} classes`)
    .join("; ");
}
