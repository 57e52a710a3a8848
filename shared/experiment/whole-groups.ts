/** Groups of set losses and metrics: what belongs together in a data set, and whether clients or a split have cut it. */
import { columnOf, type Dataset } from "../data/dataset.ts";
import { blocksOf, largestOf, type GroupOf } from "../data/groups.ts";
import type { ClientRows } from "../data/split.ts";
import { TributaryError } from "../errors.ts";
import type { Goal } from "./goal.ts";
import type { Experiment } from "./schema.ts";
import type { Groups } from "../protocol/assignment.ts";
import type { Part } from "../protocol/task.ts";

/** The blocks of these rows of a data set, by the targets that name groups. */
export function blocksIn(dataset: Dataset, rows: Int32Array, groups: readonly string[]): Int32Array[] {
  const groupings = groups.map((target): GroupOf => {
    const { data } = columnOf(dataset, `target/${target}`);
    return (row) => data[row]!;
  });
  return blocksOf(rows, groupings);
}

/** What is never parted in an experiment; each undefined where every row stands alone. */
export interface WholeGroups {
  /** By set losses. */
  readonly training: Groups | undefined;
  /** By set losses, metrics and negatives, which are drawn from what a person did not take. */
  readonly evaluation: Groups | undefined;
}

export const wholeGroups = (goals: readonly Goal[], { negatives }: Experiment["data"]): WholeGroups => {
  const person = negatives?.per === undefined ? [] : [{ target: negatives.per }];
  return {
    training: together(goals.map(({ group }) => group)),
    evaluation: together([...goals.flatMap(({ group, measuredBy }) => [group, measuredBy]), ...person]),
  };
};

function together(groups: readonly Goal["group"][]): Groups | undefined {
  const found = groups.filter((group) => group !== undefined);
  if (found.length === 0) return undefined;
  const targets = [...new Set(found.flatMap((group) => ("target" in group ? [group.target] : [])))];
  return { targets, clients: found.some((group) => "by" in group) };
}

/**
 * Throws "invalid-data" naming the clients that share a group, or the client whose split has cut one that a loss joins. A metric
 * looks at training rows and held-out rows apart: its groups may lie in both.
 */
export function refuseCutGroups(
  parts: readonly Dataset[],
  clients: readonly ClientRows[],
  { training, evaluation }: WholeGroups,
  divided: boolean,
): void {
  for (const target of evaluation?.targets ?? []) {
    const split = divided && training?.targets.includes(target) === true;
    const groupOf = groupIn(parts, target);
    const owners = new Map<number, string>();
    const shared = new Set<string>();
    for (const { client, train, test } of clients) {
      const trained = new Set(Array.from(train, groupOf));
      const held = new Set(Array.from(test, groupOf));
      if (split && [...held].some((group) => group >= 0 && trained.has(group))) {
        throw new TributaryError(
          "invalid-data",
          `The split of "${client}" cuts a group of "${target}" into training and test rows: a group is never cut`,
        );
      }
      for (const group of new Set([...trained, ...held])) {
        const owner = group < 0 ? client : (owners.get(group) ?? client);
        owners.set(group, owner);
        if (owner !== client) shared.add(owner).add(client);
      }
    }
    if (shared.size > 0) throw cutBetween(target, [...shared]);
  }
}

function cutBetween(target: string, clients: readonly string[]): TributaryError {
  const named = clients.slice(0, 5).join(", ") + (clients.length > 5 ? `, and ${clients.length - 5} more` : "");
  return new TributaryError(
    "invalid-data",
    `Clients share groups of "${target}": ${named}. A group is never cut: give each to one client, or make every client a group of its own with { by: client }`,
  );
}

/** The group of a row, counted through all parts. */
function groupIn(parts: readonly Dataset[], target: string): GroupOf {
  const all: number[] = [];
  for (const part of parts) for (const value of columnOf(part, `target/${target}`).data) all.push(value);
  return (row) => all[row]!;
}

/** The blocks of a client's rows. */
export function blocksOfClient(
  parts: readonly Dataset[],
  { targets, clients }: Groups,
): (rows: Int32Array) => Int32Array[] {
  if (clients) return (rows) => (rows.length === 0 ? [] : [rows]);
  const groupings = targets.map((target) => groupIn(parts, target));
  return (rows) => blocksOf(rows, groupings);
}

/** Rows of the largest block of any client: among those it trains on, and among those or the parts that are evaluated. */
export function largestBlocks(
  parts: readonly Dataset[],
  clients: readonly ClientRows[],
  { training, evaluation }: WholeGroups,
  evaluated: readonly Part[],
): { readonly largestGroup: number; readonly largestEvaluated: number } {
  const largest = (groups: Groups | undefined, part: Part): number => {
    if (groups === undefined) return 0;
    const blocks = blocksOfClient(parts, groups);
    return clients.reduce((most, client) => Math.max(most, largestOf(blocks(client[part]))), 0);
  };
  const largestGroup = largest(training, "train");
  return {
    largestGroup,
    largestEvaluated: Math.max(largestGroup, ...evaluated.map((part) => largest(evaluation, part))),
  };
}
