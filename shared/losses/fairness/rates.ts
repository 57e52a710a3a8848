/** Rates of groups, and two gaps between them. */
import { z } from "zod";
import {
  abs,
  and,
  divideSafe,
  equal,
  fill,
  greaterEqual,
  less,
  max,
  min,
  multiply,
  not,
  notEqual,
  select,
  subtract,
  sum,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { fromData, fromModel } from "../inputs.ts";
import type { PlacedTerm } from "../terms.ts";

export const groupOptions = {
  groups: z.int().min(2),
  form: z.enum(["max-min", "moment"]).default("max-min"),
  minimumSize: z.number().min(0).default(0),
};
export interface GroupOptions {
  readonly groups: number;
  readonly form: "max-min" | "moment";
  readonly minimumSize: number;
}

export const logit = fromModel("real", ["batch"]);
export const protectedGroup = fromData("member", ["batch"], { below: "groups" });

/** Σ value and Σ 1 of each group, over the rows where `counted` is 1. */
export function perGroupTerms(
  value: Node,
  group: Node,
  groups: number,
  counted: Node = fill(1, value.shape),
): { readonly mass: PlacedTerm; readonly weight: PlacedTerm } {
  const placed = (x: Node): PlacedTerm => ({ value: x, place: group, places: groups });
  return { mass: placed(multiply(counted, value)), weight: placed(counted) };
}

export interface Gap {
  readonly value: Node;
  readonly empty: Node;
  /** The rate of each group, 0 where it has none. */
  readonly rate: Node;
  /** 1 for each group that has no rate. */
  readonly notEstimable: Node;
}

/** The gap between the rates mass/weight, each in [0, 1], of the groups that are large enough; none with fewer than two. */
export function gapBetween(mass: Node, weight: Node, { form, minimumSize }: GroupOptions): Gap {
  const estimable = and(notEqual(weight, 0), greaterEqual(weight, minimumSize));
  const rate = divideSafe(mass, weight);
  const empty = less(sum(estimable, 0), 2);
  const others = { rate, notEstimable: not(estimable), empty };
  if (form === "max-min") {
    const highest = max(select(estimable, rate, -1), 0);
    return { value: subtract(highest, min(select(estimable, rate, 2), 0)), ...others };
  }
  const overall = divideSafe(sum(mass, 0), sum(weight, 0)); // of everyone, those of small groups too
  return { value: max(select(estimable, abs(subtract(rate, overall)), -1), 0), ...others };
}

/** 1 where the target is `kind`. */
export const whereTarget = (target: Node, kind: 0 | 1): Node => equal(target, kind);
