/**
 * Losses on times to an event, some of which were not seen: a censored row was still without event when it was last seen.
 *
 *     cox                             continuous times, compared within a stratum       `cox.ts`
 *     cox-global                      the same over all clients, on a shared grid       `cox-global.ts`
 *     logistic-hazard, pmf, mtlr      times in intervals, one output each               `intervals.ts`
 *     deephit                         intervals, and who comes before whom              `deephit.ts`
 */
import { cox } from "./cox.ts";
import { coxGlobal } from "./cox-global.ts";
import { deepHit } from "./deephit.ts";
import { logisticHazard, mtlr, pmf } from "./intervals.ts";

export const survivalLosses = {
  cox,
  "cox-global": coxGlobal,
  "logistic-hazard": logisticHazard,
  pmf,
  mtlr,
  deephit: deepHit,
} as const;
