/** The coordinator's clips, each at its place in the server's step, with a count of what each has clipped. */
import type { ClipConfig } from "../../shared/experiment/federation.ts";
import type { ParameterLayout } from "../../shared/tensor/parameters.ts";
import { clipAdaptively, clipNorm, clipValues } from "../../shared/updates/clip.ts";
import type { Row } from "../aggregation/aggregator.ts";

/**
 * Name of a clip → what it has clipped in a round: numbers, units, objectives, clients, examples, or the direction (0 or 1). secureSums:
 * numbers of all clients together that were cut before they were masked.
 */
export type Clipped = Readonly<Partial<Record<keyof ClipConfig | "secureSums", number>>>;

export interface Clipping {
  /** perObjective: the trained part of each row, in place. */
  rows(rows: readonly Row[], trained: number): Clipped;
  /** adaptive, then value, then globalNorm: the direction that the optimizer will follow, in place. */
  direction(gradient: Float64Array, parameters: Float64Array): Clipped;
}

export const clippingOf = (clip: ClipConfig, layout: ParameterLayout): Clipping => ({
  rows(rows, trained) {
    const bound = clip.perObjective;
    if (bound === undefined) return {};
    const shortened = rows.filter(
      (row) => row.status === "ready" && clipNorm([row.gradient.subarray(0, trained)], bound),
    );
    return { perObjective: shortened.length };
  },
  direction(gradient, parameters) {
    const { adaptive, value, globalNorm } = clip;
    return {
      ...(adaptive !== undefined && { adaptive: clipAdaptively(gradient, parameters, layout, adaptive) }),
      ...(value !== undefined && { value: clipValues(gradient, value) }),
      ...(globalNorm !== undefined && { globalNorm: Number(clipNorm([gradient], globalNorm)) }),
    };
  },
});
