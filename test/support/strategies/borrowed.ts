/** A strategy of one's own whose parts are those of the catalogue, so that what comes of them is known. */
import { z } from "zod";
import { median } from "../../../server/aggregation/coordinate-wise.ts";
import { roundRobin } from "../../../server/selection/uniform.ts";
import { defineStrategy, type OwnParts } from "../../../server/strategy/define-strategy.ts";
import { sharesOf } from "../../../server/strategy/shares.ts";
import { weightings } from "../../../shared/objectives/catalogue.ts";
import { adam } from "../../../shared/optimizers/adaptive.ts";

const borrowed: Readonly<Record<string, () => OwnParts>> = {
  rule: () => ({ rule: median }),
  selection: () => ({ selection: roundRobin(true) }),
  weighting: () => ({ weighting: { method: weightings.mgda } }),
  optimizer: () => ({
    optimizer: adam({ kind: "adam", beta1: 0.9, beta2: 0.99, epsilon: 1e-3, biasCorrection: false }),
  }),
  shares: () => ({ shares: sharesOf({ kind: "tilted", t: 2 })! }),
};

export default defineStrategy({
  name: "borrowed",
  options: z.strictObject({ part: z.enum(["rule", "selection", "weighting", "optimizer", "shares"]) }),
  parts: ({ part }) => borrowed[part]!(),
});
