/** A set loss of one's own: log(1 + e^−(sᵢ − sⱼ)) over the ordered pairs of a group, pairs counted. */
import { z } from "zod";
import { greater, softplus, subtract, unsqueeze } from "../../../shared/graph/build.ts";
import { inGroups, overPairs, perGroup, totals } from "../../../shared/losses/groups.ts";
import { fromData, fromModel } from "../../../shared/losses/inputs.ts";
import { defineLoss } from "../../../shared/losses/loss.ts";

export default defineLoss({
  name: "pairwise",
  version: 1,
  kind: "set",
  unit: "pair",
  measure: "nats",
  options: z.strictObject({}),
  inputs: {
    prediction: fromModel("real", ["batch"]),
    target: fromData("relevance", ["batch"]),
    group: fromData("group", ["batch"]),
  },
  perExample: ({ prediction, target, group }, _options, weights) => {
    const rows = inGroups(group, weights);
    const ordered = greater(unsqueeze(target, 1), unsqueeze(target, 0));
    const loss = softplus(subtract(unsqueeze(prediction, 0), unsqueeze(prediction, 1)));
    return perGroup(rows, totals(rows, overPairs(rows, ordered, loss)), totals(rows, overPairs(rows, ordered)));
  },
});
