/** Three notions of parity between groups, as gaps between rates. */
import { z } from "zod";
import { and, maximum, select, sigmoid } from "../../graph/build.ts";
import { fromData } from "../inputs.ts";
import { defineLoss } from "../loss.ts";
import { gapBetween, groupOptions, logit, perGroupTerms, protectedGroup, whereTarget } from "./rates.ts";

const declared = {
  kind: "two-phase",
  version: 1,
  unit: "batch",
  measure: "difference of rates",
  options: z.strictObject(groupOptions),
} as const;

/**
 * Demographic parity: how far apart the groups' mean predicted probabilities are.
 *
 *     r_g = Σ_g w·σ(x)/Σ_g w        max-min: F = max_g r_g − min_g r_g        moment: F = max_g |r_g − r|,  r over everyone
 *
 * Shapes  logits x [batch], group [batch] (index below `groups`)
 * Unit    difference of rates, in [0, 1]
 * Facts   equal rates → 0 · rates ¾ and ¼ of groups alike in size → ½ (max-min), ¼ (moment) · first group on ties · fewer
 *         than two groups with a rate → empty
 * Options groups: how many there are.
 *         form: which of the two gaps. @default max-min
 *         minimumSize: groups of less weight have no rate and are reported as not estimable. @default 0
 * When    answers should not depend on the group. As an objective with a weight, or as a constraint with a bound.
 * Source  Agarwal et al. (2018); Hardt, Price & Srebro (2016)
 */
export const demographicParity = defineLoss({
  ...declared,
  name: "demographic-parity",
  inputs: { prediction: logit, group: protectedGroup },
  terms: ({ prediction, group }, { groups }) => {
    const { mass, weight } = perGroupTerms(sigmoid(prediction), group, groups);
    return { positiveMass: mass, weight };
  },
  of: ({ positiveMass, weight }, options) => {
    const { value, empty, rate, notEstimable } = gapBetween(positiveMass, weight, options);
    return { value, empty, details: { rate, notEstimable } };
  },
  shownAs: { "positiveMass per group": ["positiveMass"], "weight per group": ["weight"] },
});

const withTarget = { prediction: logit, group: protectedGroup, target: fromData("binary", ["batch"]) };

/**
 * Equal opportunity: demographic parity among the positives.
 *
 *     r_g = Σ_g w·y·σ(x)/Σ_g w·y        max-min: F = max_g r_g − min_g r_g        moment: F = max_g |r_g − r|
 *
 * Shapes  logits x [batch], group [batch] (index below `groups`), targets y in {0, 1} [batch]
 * Unit    difference of true positive rates, in [0, 1]
 * Facts   equal rates → 0 · rows with y = 0 change nothing · first group on ties · fewer than two groups with positives → empty
 * Options groups: how many there are.
 *         form: which of the two gaps. @default max-min
 *         minimumSize: groups with fewer positives (by weight) are reported as not estimable. @default 0
 * When    those who deserve a yes should get it at one rate in every group.
 * Source  Hardt, Price & Srebro (2016)
 */
export const equalOpportunity = defineLoss({
  ...declared,
  name: "equal-opportunity",
  inputs: withTarget,
  terms: ({ prediction, group, target }, { groups }) => {
    const { mass, weight } = perGroupTerms(sigmoid(prediction), group, groups, whereTarget(target, 1));
    return { positiveMass: mass, weight };
  },
  of: ({ positiveMass, weight }, options) => {
    const { value, empty, rate, notEstimable } = gapBetween(positiveMass, weight, options);
    return { value, empty, details: { truePositiveRate: rate, notEstimable } };
  },
  shownAs: { "positiveMass per group (y=1)": ["positiveMass"], "weight per group (y=1)": ["weight"] },
});

/**
 * Equalized odds: the larger of the gaps among the positives and among the negatives.
 *
 *     F = max(gap of Σ_g w·y·σ(x)/Σ_g w·y,  gap of Σ_g w·(1−y)·σ(x)/Σ_g w·(1−y))
 *
 * Shapes  logits x [batch], group [batch] (index below `groups`), targets y in {0, 1} [batch]
 * Unit    difference of rates, in [0, 1]
 * Facts   at least equal-opportunity · first group on ties, positives first · a side with fewer than two groups is left out;
 *         both → empty
 * Options groups: how many there are.
 *         form: which of the two gaps. @default max-min
 *         minimumSize: a side of a group with less weight is reported as not estimable. @default 0
 * When    wrong answers, too, should fall on every group alike.
 * Source  Hardt, Price & Srebro (2016)
 */
export const equalizedOdds = defineLoss({
  ...declared,
  name: "equalized-odds",
  inputs: withTarget,
  terms: ({ prediction, group, target }, { groups }) => {
    const p = sigmoid(prediction);
    const positives = perGroupTerms(p, group, groups, whereTarget(target, 1));
    const negatives = perGroupTerms(p, group, groups, whereTarget(target, 0));
    return {
      positiveMass: positives.mass,
      positiveWeight: positives.weight,
      negativeMass: negatives.mass,
      negativeWeight: negatives.weight,
    };
  },
  of: ({ positiveMass, positiveWeight, negativeMass, negativeWeight }, options) => {
    const positives = gapBetween(positiveMass, positiveWeight, options);
    const negatives = gapBetween(negativeMass, negativeWeight, options);
    const gapOr = ({ value, empty }: typeof positives) => select(empty, -1, value);
    return {
      value: maximum(gapOr(positives), gapOr(negatives)),
      empty: and(positives.empty, negatives.empty),
      details: {
        truePositiveRate: positives.rate,
        falsePositiveRate: negatives.rate,
        positivesNotEstimable: positives.notEstimable,
        negativesNotEstimable: negatives.notEstimable,
      },
    };
  },
  shownAs: {
    "y=1: mass, weight per group": ["positiveMass", "positiveWeight"],
    "y=0: mass, weight per group": ["negativeMass", "negativeWeight"],
  },
});
