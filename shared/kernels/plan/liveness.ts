/**
 * Liveness: between which batches a result must keep its bytes. A result that only its own group reads never needs bytes in
 * the arena at all (it passes through the group's scratch); one that is a program's output lives to the end.
 */
import { isWithin, type Batch } from "./fuse.ts";
import { isLeaf, type Step } from "./step.ts";

export interface Liveness {
  /** The last batch that reads the step's result; Infinity for what must outlive the run. */
  lastUse(step: Step): number;
  /** True when only members of the batch that makes it read it. */
  staysInside(step: Step, batch: Batch): boolean;
}

export function livenessOf(batches: readonly Batch[], kept: Iterable<Step>): Liveness {
  const madeIn = new Map<Step, number>();
  const last = new Map<Step, number>();
  batches.forEach((batch, index) => {
    for (const step of batch) {
      if (!isWithin(step, batch)) madeIn.set(step, index);
      for (const input of step.inputs) if (!isWithin(input, batch) || !batch.includes(input)) last.set(input, index);
    }
  });
  const outputs = new Set(kept);
  const lastUse = (step: Step): number =>
    outputs.has(step) || isLeaf(step) ? Infinity : Math.max(last.get(step) ?? -1, madeIn.get(step) ?? -1);
  return {
    lastUse,
    staysInside: (step, batch) => isWithin(step, batch) || (batch.length > 1 && lastUse(step) === madeIn.get(step)),
  };
}
