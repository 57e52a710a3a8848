/** Huber's loss with the seam where the errors of all clients say: a function of sums in the bins of |e|. */
import { z } from "zod";
import {
  abs,
  constant,
  cumulativeSum,
  divide,
  divideSafe,
  equal,
  fill,
  less,
  lessEqual,
  max,
  min,
  multiply,
  or,
  select,
  square,
  subtract,
  sum,
} from "../../graph/build.ts";
import { defineLoss, type Loss } from "../loss.ts";
import { binOf, binsOf, upperEdges, type Bins } from "../robust/bins.ts";
import { errorOf, inputs } from "./error.ts";

const bins: Bins = { resolution: 1 / 32, scale: 1e-6 };
/** 95 % of the efficiency of least squares on a Gaussian, whose deviation is 1.4826 median absolute deviations. */
const efficient = 1.345 * 1.4826;

/** Whether an option of this name asks for it. */
export const isAuto =
  (option: string) =>
  (given: unknown): boolean =>
    typeof given === "object" && given !== null && (given as Readonly<Record<string, unknown>>)[option] === "auto";

/**
 * F = Σ w·huber_δ(e)/Σ w with δ an edge of the bins, the last within 1.345·1.4826·median |e|: so that whole bins lie inside or
 * outside, and F is exactly Huber's mean at that δ. For measure "target" it is divided by δ.
 */
export const autoHuber = (name: string, option: string, measure: "target" | "target²"): Loss =>
  defineLoss({
    name,
    version: 1,
    kind: "two-phase",
    unit: "batch",
    measure,
    inputs,
    options: z.strictObject({ [option]: z.literal("auto") }),
    terms: (batch) => {
      const e = errorOf(batch);
      const size = abs(e);
      const at = { place: binOf(size, bins), places: binsOf(bins) };
      return {
        weight: { value: fill(1, size.shape), ...at },
        size: { value: size, ...at },
        square: { value: multiply(0.5, square(e)), ...at },
      };
    },
    of: ({ weight, size, square: squares }) => {
      const edges = constant(upperEdges(bins), [binsOf(bins)]);
      const total = sum(weight, 0);
      const upTo = cumulativeSum(weight, 0);
      const median = min(select(less(upTo, multiply(0.5, total)), Infinity, edges), 0);
      const wanted = multiply(efficient, median);
      const inside = or(lessEqual(edges, wanted), equal(edges, min(select(lessEqual(edges, 0), Infinity, edges), 0)));
      const delta = max(select(inside, edges, 0), 0);
      const outside = multiply(delta, subtract(size, multiply(multiply(0.5, delta), weight)));
      const value = divideSafe(sum(select(inside, squares, outside), 0), total);
      return {
        value: measure === "target" ? divide(value, delta) : value,
        empty: equal(total, 0),
        details: { [option]: delta },
      };
    },
  });
