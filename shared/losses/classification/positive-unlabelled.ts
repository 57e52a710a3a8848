/** Learning from rows known to be positive and rows nobody has looked at. */
import { z } from "zod";
import { add, divideSafe, equal, multiply, negate, or, relu, softplus, subtract } from "../../graph/build.ts";
import { fromData, fromModel } from "../inputs.ts";
import { defineLoss } from "../loss.ts";

/**
 * Non-negative positive–unlabelled risk: what the mistakes on negatives would be, estimated from the rest.
 *
 *     F = π·A/P + max(0, U/N − π·B/P)
 *     A = Σ_pos w·sp(−x), B = Σ_pos w·sp(x), P = Σ_pos w;   U = Σ_rest w·sp(x), N = Σ_rest w
 *
 * Shapes  logits x [batch], target [batch], 1 known to be positive, 0 not looked at
 * Unit    nats
 * Facts   two denominators and a maximum over everyone, so it is two-phase: any sharding gives the risk of one machine · all
 *         logits 0 → ln 2 · slope 0 in the second part where it is not positive · no positives, or no others → empty
 * Option  prior π in (0, 1): the share of positives among the rows nobody has looked at. It cannot be learned from them.
 * When    only some positives are marked: fraud found so far, clicks, diagnoses
 * Source  Kiryo et al. (2017), equation 6, without their ascent where the second part is negative
 */
export const positiveUnlabelled = defineLoss({
  name: "positive-unlabelled",
  version: 1,
  kind: "two-phase",
  unit: "batch",
  measure: "nats",
  inputs: { prediction: fromModel("real", ["batch"]), target: fromData("binary", ["batch"]) },
  options: z.strictObject({ prior: z.number().gt(0).lt(1) }),
  terms: ({ prediction: x, target: y }) => ({
    positives: y,
    others: subtract(1, y),
    missed: multiply(y, softplus(negate(x))),
    positivesAsNegative: multiply(y, softplus(x)),
    othersAsNegative: multiply(subtract(1, y), softplus(x)),
  }),
  of: ({ positives, others, missed, positivesAsNegative, othersAsNegative }, { prior }) => {
    const hidden = subtract(
      divideSafe(othersAsNegative, others),
      multiply(prior, divideSafe(positivesAsNegative, positives)),
    );
    return {
      value: add(multiply(prior, divideSafe(missed, positives)), relu(hidden)),
      empty: or(equal(positives, 0), equal(others, 0)),
    };
  },
});
