/**
 * Losses on times to an event, some of which were not seen: a censored row was still without event when it was last seen.
 *
 *     cox                             continuous times, compared within a stratum       `cox.ts`
 *     logistic-hazard, pmf, mtlr      times in intervals, one output each               `intervals.ts`
 *     deephit                         intervals, and who comes before whom              `deephit.ts`
 */
import { cox } from "./cox.ts";
import { deepHit } from "./deephit.ts";
import { logisticHazard, mtlr, pmf } from "./intervals.ts";

export const survivalLosses = {
  cox,
  "logistic-hazard": logisticHazard,
  pmf,
  mtlr,
  deephit: deepHit,
} as const;
