/** The worst group's mean loss. */
import { z } from "zod";
import {
  and,
  divideSafe,
  equal,
  flatten,
  greaterEqual,
  max,
  multiply,
  not,
  notEqual,
  select,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import type { PlacedTerm } from "../terms.ts";
import { around, examplesOf, innerLoss, type InnerConfig } from "./inner.ts";

/**
 * Bounded group loss: by how much the worst group's mean loss exceeds a bound.
 *
 *     F = max_g L_g − β,   L_g = Σ_g w·ℓ/Σ_g w
 *
 * Shapes  those of the inner loss, and group [batch] (index below `groups`)
 * Unit    the inner loss's
 * Facts   F ≤ 0 where every group is within the bound, so it is a constraint as it stands · β = 0: the worst group's loss · only
 *         the worst group has a slope, the first on ties · groups without rows are left out; all → empty
 * Options groups: how many there are.
 *         bound β. @default 0
 *         minimumSize: groups of less weight are left out and reported as not estimable. @default 0
 *         loss: the inner loss, a value per example: `mse`, or `{ kind: huber, delta: 2 }`.
 * When    everyone should be served at least so well, rather than all groups alike.
 * Source  Agarwal, Dudík & Wu (2019); Sagawa et al. (2020)
 */
export const boundedGroupLoss = defineLoss({
  ...around,
  name: "bounded-group-loss",
  inputsFor: (options: { readonly loss: InnerConfig }) => ({
    ...around.inputsFor(options),
    group: fromData("member", ["batch"], { below: "groups" }),
  }),
  options: z.strictObject({
    groups: z.int().min(2),
    bound: z.number().default(0),
    minimumSize: z.number().min(0).default(0),
    loss: innerLoss,
  }),
  terms: ({ group, ...inputs }: Readonly<Record<string, Node>>, options) => {
    const { value, counts } = examplesOf(options, inputs);
    const placed = (x: Node): PlacedTerm => ({ value: sum(flatten(x), 1), place: group!, places: options.groups });
    return { loss: placed(multiply(counts, value)), weight: placed(counts) };
  },
  of: ({ loss, weight }, { bound, minimumSize }) => {
    const estimable = and(notEqual(weight, 0), greaterEqual(weight, minimumSize));
    const groupLoss = divideSafe(loss, weight);
    const worst = max(select(estimable, groupLoss, -Infinity), 0);
    const empty = equal(sum(estimable, 0), 0);
    return {
      value: subtract(select(empty, 0, worst), bound),
      empty,
      details: { groupLoss, notEstimable: not(estimable) },
    };
  },
});
