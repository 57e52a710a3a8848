import { z } from "zod";
import { log, pow } from "../../kernels/math.ts";
import { defineWeighting } from "../define-weighting.ts";
import { mustBePositive } from "../positive.ts";
import { softmax } from "../softmax.ts";

interface Famo {
  readonly xi: Readonly<Record<string, number>>;
  /** The losses of the round before, whose change says how fast each objective falls. */
  readonly lossesBefore: Readonly<Record<string, number>>;
  /** Adam's moments, name by name. */
  readonly moments?: {
    readonly steps: number;
    readonly first: Readonly<Record<string, number>>;
    readonly second: Readonly<Record<string, number>>;
  };
}

/**
 * Fast adaptive multitask optimization: keeps the logarithms of all losses falling at one rate, from losses alone.
 *
 *     z = softmax ξ        wᵢ = (zᵢ/Lᵢ) / Σⱼ zⱼ/Lⱼ
 *     ξ ← ξ − rate·(∇ + decay·ξ),    ∇ᵢ = zᵢ(δᵢ − Σⱼ zⱼδⱼ),    δ = ln L before − ln L after the step
 *
 * The losses after a step are those of the next round: no forward pass is added.
 * Throws  "invalid-option" for a loss that is not above `reference`
 * Source  Liu, Feng et al. (2023), algorithm 1; `adam` is what the authors' code descends ξ with
 */
export const famo = defineWeighting({
  name: "famo",
  summary: "Keeps the logarithms of all losses falling at one rate.",
  needs: "losses",
  options: z.strictObject({
    lr: z.number().positive().default(0.025),
    decay: z.number().min(0).default(0.001),
    optimizer: z.enum(["sgd", "adam"]).default("adam"),
    reference: z.number().default(0).describe("The least loss that can be reached, taken off every loss."),
  }),
  promises: { degree: () => 1, losses: "positive" },
  create: ({ lr, decay, optimizer, reference }, objectives) => ({
    init: (): Famo => ({ xi: Object.fromEntries(objectives.map((name) => [name, 0])), lossesBefore: {} }),
    step: (state: Famo, { names, losses: given }) => {
      const losses = given.map((loss) => loss - reference);
      mustBePositive("famo", names, losses);
      const moved = names.every((name) => name in state.lossesBefore)
        ? descended(state, names, losses, { lr, decay, optimizer })
        : state;
      const shares = softmax(Float64Array.from(names, (name) => moved.xi[name]!));
      const parts = shares.map((share, i) => share / losses[i]!);
      const total = parts.reduce((sum, part) => sum + part, 0);
      const seen = Object.fromEntries(names.map((name, i) => [name, losses[i]!]));
      return {
        weights: parts.map((part) => part / total),
        state: { ...moved, lossesBefore: { ...moved.lossesBefore, ...seen } },
      };
    },
  }),
});

function descended(
  { xi, lossesBefore, moments = { steps: 0, first: {}, second: {} } }: Famo,
  names: readonly string[],
  losses: Float64Array,
  { lr, decay, optimizer }: { readonly lr: number; readonly decay: number; readonly optimizer: "sgd" | "adam" },
): Famo {
  const shares = softmax(Float64Array.from(names, (name) => xi[name]!));
  const falls = losses.map((loss, i) => log(lossesBefore[names[i]!]! / loss));
  const mean = falls.reduce((sum, fall, i) => sum + shares[i]! * fall, 0);
  const slopes = falls.map((fall, i) => shares[i]! * (fall - mean) + decay * xi[names[i]!]!);
  const next = { ...xi };
  if (optimizer === "sgd") {
    names.forEach((name, i) => (next[name] = xi[name]! - lr * slopes[i]!));
    return { xi: next, lossesBefore };
  }
  const [first, second] = [{ ...moments.first }, { ...moments.second }];
  const steps = moments.steps + 1;
  names.forEach((name, i) => {
    const slope = slopes[i]!;
    first[name] = 0.9 * (first[name] ?? 0) + 0.1 * slope;
    second[name] = 0.999 * (second[name] ?? 0) + 0.001 * slope * slope;
    const unbiased = [first[name] / (1 - pow(0.9, steps)), second[name] / (1 - pow(0.999, steps))] as const;
    next[name] = xi[name]! - (lr * unbiased[0]) / (Math.sqrt(unbiased[1]) + 1e-8);
  });
  return { xi: next, lossesBefore, moments: { steps, first, second } };
}
