/**
 * The loss scale: a power of two that updates are multiplied by before they are rounded to float16, whose smallest number is 6e-8,
 * and divided by when they arrive. One for all clients, owned by the coordinator, part of its checkpoint.
 *
 *     an update that is not finite at this scale, from any client    the step is skipped, scale ← scale · backoffFactor
 *     `growthInterval` steps in a row without one                    scale ← scale · growthFactor
 *
 * Being a power of two it rounds nothing by itself: what it changes is which numbers are too small or too large for the dtype.
 *
 * Facts   initial 65536, interval 3, an overflow at step 4: 65536, 65536, 131072, 65536, 65536, 65536, 131072, 131072
 * Source  Micikevicius et al. (2018), §3.2
 */
export interface LossScaleSpec {
  readonly initial: number;
  readonly growthFactor: number;
  readonly backoffFactor: number;
  /** Steps. */
  readonly growthInterval: number;
}

export interface LossScale {
  readonly scale: number;
  /** Steps in a row that were taken at this scale. */
  readonly streak: number;
}

/** Beyond these no scale helps: an update of zeros would double it for ever, one that is never finite halve it. */
const largest = 1_073_741_824; // 2³⁰
const smallest = 1 / largest;

/** Undefined where nothing is scaled. */
export const firstScale = (spec: LossScaleSpec | undefined): LossScale | undefined =>
  spec && { scale: spec.initial, streak: 0 };

/** The scale of the next step, after one that did or did not overflow; undefined when there is none left to try. */
export function nextScale({ scale, streak }: LossScale, spec: LossScaleSpec, overflow: boolean): LossScale | undefined {
  if (overflow) {
    const smaller = scale * spec.backoffFactor;
    return smaller < smallest ? undefined : { scale: smaller, streak: 0 };
  }
  if (streak + 1 < spec.growthInterval) return { scale, streak: streak + 1 };
  return { scale: Math.min(scale * spec.growthFactor, largest), streak: 0 };
}
