/** The rules of selection by their names in an experiment. */
import type { DrawConfig } from "../../shared/experiment/selection.ts";
import { bySizeWithoutReplacement, bySizeWithReplacement } from "./by-size.ts";
import { oort } from "./oort.ts";
import { powerOfChoice } from "./power-of-choice.ts";
import type { Selection } from "./selection.ts";
import { poisson, roundRobin, uniform } from "./uniform.ts";

type Selections = { readonly [Kind in DrawConfig["kind"]]: (config: Extract<DrawConfig, { kind: Kind }>) => Selection };

export const selections: Selections = {
  uniform: () => uniform,
  "by-size": ({ replacement }) => (replacement ? bySizeWithReplacement : bySizeWithoutReplacement),
  poisson: ({ divisor }) => poisson(divisor),
  "round-robin": ({ shuffle }) => roundRobin(shuffle),
  "power-of-choice": ({ candidates, losses }) => powerOfChoice(candidates, losses),
  oort,
};

/** The selection that an experiment declares. */
export const selectionOf = (config: DrawConfig): Selection =>
  (selections[config.kind] as (own: DrawConfig) => Selection)(config); // the table's key is the configuration's
