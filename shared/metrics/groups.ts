import { equal, select } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { Metric, MetricInputs, Parts } from "./metric.ts";

/**
 * A metric for each of several groups of rows: the same sums, one entry per group, so that they merge like any others.
 * `group` [batch] is the number of each row's group; rows of none (−1) have no part.
 */
export function groupParts(metric: Metric, inputs: MetricInputs, group: Node, groups: number): Record<string, Node> {
  return Object.fromEntries(
    Array.from({ length: groups }, (_, g) => {
      const own = metric.parts({ ...inputs, weights: select(equal(group, g), inputs.weights, 0) });
      return Object.entries(own).map(([part, node]) => [`${g}/${part}`, node] as const);
    }).flat(),
  );
}

/** The value in each group; `null` where a group has none. */
export function groupValues(metric: Metric, parts: Parts, groups: number): (number | null)[] {
  return Array.from({ length: groups }, (_, g) => {
    const own = Object.entries(parts).filter(([name]) => name.startsWith(`${g}/`));
    return metric.value(Object.fromEntries(own.map(([name, part]) => [name.slice(`${g}/`.length), part])));
  });
}
