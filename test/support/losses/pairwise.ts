/** A set loss of one's own: log(1 + e^−(sᵢ − sⱼ)) over the ordered pairs of a group, pairs counted. */
import { z } from "zod";
import { broadcastTo, fill, greater, softplus, subtract, unsqueeze } from "../../../shared/graph/build.ts";
import { inGroups, overPairs, perGroup } from "../../../shared/losses/groups.ts";
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
    const size = prediction.shape[0]!;
    const ordered = greater(unsqueeze(target, 1), unsqueeze(target, 0));
    const loss = softplus(subtract(unsqueeze(prediction, 0), unsqueeze(prediction, 1)));
    const one = broadcastTo(fill(1, [1, 1]), [size, size]);
    return perGroup(rows, overPairs(rows, ordered, loss), overPairs(rows, ordered, one));
  },
});
