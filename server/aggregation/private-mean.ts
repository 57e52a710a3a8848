import { TributaryError } from "../../shared/errors.ts";
import type { PartialSum } from "../../shared/updates/partial-sum.ts";
import type { Aggregator } from "./aggregator.ts";
import { mean } from "./mean.ts";

export interface PrivateMeanOptions {
  readonly objectives: Readonly<Record<string, number>>;
  /** m: what the noisy sum is divided by, whoever has answered. */
  readonly expectedClients: number;
  /** How many numbers the model has: a round of nobody releases noise, as any other does. */
  readonly size: number;
  /** z, or z_Δ where a noisy count takes its part: the standard deviation of the noise on the sum over the clip. */
  readonly noiseMultiplier: number;
  /** C, where the context has no other for the round. */
  readonly clipNorm: number;
}

/**
 * −(Σₖ Δₖ + N(0, (zC)²·I)) / m: the mean of changes that the clients have shortened to ‖Δₖ‖ ≤ C and that count 1 each, as
 * `shared/privacy/privacy.ts` has it.
 *
 * Throws "invalid-option" without noise to add: a sum is never released as it is.
 */
export function privateMean({
  objectives,
  expectedClients,
  size,
  ...declared
}: PrivateMeanOptions): Aggregator<PartialSum> {
  const plain = mean({ mode: "update", objectives, divisor: 1 });
  return {
    ...plain,
    name: "private-mean",
    finish(sum, context) {
      if (context?.noise === undefined)
        throw new TributaryError("invalid-option", "A private mean: expected the run's noise, got none");
      const { noise } = context;
      return plain.finish(sum, { ...context, divisor: 1 }).map((row) => {
        const { value, gradient } = row.status === "ready" ? row : { value: 0, gradient: new Float64Array(size) };
        noise(gradient, declared.noiseMultiplier * (context.clipNorm ?? declared.clipNorm));
        return { ...row, status: "ready", value, gradient: gradient.map((one) => one / expectedClients) };
      });
    },
  };
}
