/**
 * The coordinator's half of the corrections against client drift; `client/training/drift.ts` is the other.
 *
 *     scaffold   c ← c + (|S|/N)·mean (cₖ⁺ − cₖ)                        sent to every client
 *     mime-lite  m ← β·m + (1 − β)·mean ∇Fₖ                            sent to every client
 *     dynamic    h ← h − α·(|S|/N)·mean Δₖ;  x ← x + mean Δₖ − h/α      Acar et al. (2021), algorithm 1
 */
import type { DriftConfig } from "../../shared/experiment/client-axis.ts";
import { addScaled } from "../../shared/tensor/vector.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";

/** c, m or h, of the model's length; absent before the first round. */
export type DriftMemory = Float64Array | undefined;

export interface DriftStep {
  readonly memory: DriftMemory;
  /** Added to the parameters after the optimizer's step. */
  readonly shift: Float64Array | undefined;
}

/** Of a round whose clients were the given part |S|/N of all. */
export function afterRound(drift: DriftConfig, sum: PartialSum, memory: DriftMemory, part: number): DriftStep {
  const weight = sum.weight.value();
  if (weight === 0 || drift.kind === "none" || drift.kind === "proximal") return { memory, shift: undefined };
  const mean = sum.vectors[drift.kind === "dynamic" ? 0 : 1]!.value();
  const next = memory?.slice() ?? new Float64Array(mean.length);
  if (drift.kind === "scaffold") {
    addScaled(next, part / weight, mean);
    return { memory: next, shift: undefined };
  }
  if (drift.kind === "mime-lite") {
    const kept = next.map((m) => drift.momentum * m);
    addScaled(kept, (1 - drift.momentum) / weight, mean);
    return { memory: kept, shift: undefined };
  }
  addScaled(next, (-drift.alpha * part) / weight, mean);
  return { memory: next, shift: next.map((h) => -h / drift.alpha) };
}
