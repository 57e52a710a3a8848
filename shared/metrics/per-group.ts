/**
 * Metrics of whole groups: the documents of a query, the candidates of a user. A group has one value; a metric is their mean, each
 * weighed as the first of its rows. A group is whole at one client and in one batch, so that sums over clients are sums over
 * groups, whoever holds which.
 */
import { greaterEqual, multiply, select, sumAll } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { inGroups, type Groups } from "../losses/groups.ts";
import { quotient, type Metric, type MetricInputs } from "./metric.ts";

/** Slot by slot (`losses/groups.ts`): the value of a group, and 1 where it has one. */
export interface GroupValues {
  readonly value: Node;
  readonly counted: Node;
}

/** The mean over groups of what `perGroup` makes of each. */
export function groupMean(
  facts: Omit<Metric, "parts" | "value" | "grouped">,
  perGroup: (rows: Groups, inputs: MetricInputs) => GroupValues,
): Metric {
  return {
    ...facts,
    grouped: true,
    parts: (inputs) => {
      const rows = groupsOf(inputs);
      const { value, counted } = perGroup(rows, inputs);
      return {
        total: sumAll(select(counted, multiply(rows.weight, value), 0)),
        weight: sumAll(select(counted, rows.weight, 0)),
      };
    },
    value: ({ total, weight }) => quotient(total?.[0], weight?.[0]),
  };
}

/** The groups of a batch; a row of no group is not there. Who compiles a metric of groups has made sure that there are some. */
export const groupsOf = ({ group, weights }: MetricInputs): Groups =>
  inGroups(group!, select(greaterEqual(group!, 0), weights, 0));
