import { z } from "zod";
import { defineWeighting } from "../define-weighting.ts";
import { softmax } from "../softmax.ts";

/**
 * Dynamic weight average: what has fallen least of late counts most.
 *
 *     w = m·softmax(r/T),        rᵢ = Lᵢ(t−1)/Lᵢ(t−2)        1 each in the first two rounds
 *
 * Facts   r = (.8, 1.2), T = 2: (.9003320, 1.0996680) · T → ∞: 1 each
 * Source  Liu, Johns & Davison (2019), equation 7
 */
export const dwa = defineWeighting({
  name: "dwa",
  summary: "What has fallen least of late counts most.",
  needs: "losses",
  options: z.strictObject({ temperature: z.number().positive().default(2) }),
  promises: { degree: () => 1 },
  create: ({ temperature }) => ({
    init: (): Before => ({ lossPrevious1: {}, lossPrevious2: {} }),
    step: ({ lossPrevious1, lossPrevious2 }: Before, { names, losses }) => {
      const known = names.every((name) => name in lossPrevious1 && name in lossPrevious2);
      const ratios = Float64Array.from(names, (name) => {
        const [before, last] = [lossPrevious2[name] ?? 0, lossPrevious1[name] ?? 0];
        return before === 0 ? 1 : last / before;
      });
      const weights = known
        ? softmax(ratios.map((ratio) => ratio / temperature)).map((share) => share * names.length)
        : losses.map(() => 1);
      const seen = Object.fromEntries(names.map((name, i) => [name, losses[i]!]));
      return {
        weights,
        state: { lossPrevious1: { ...lossPrevious1, ...seen }, lossPrevious2: { ...lossPrevious2, ...lossPrevious1 } },
      };
    },
  }),
});

interface Before {
  readonly lossPrevious1: Readonly<Record<string, number>>;
  readonly lossPrevious2: Readonly<Record<string, number>>;
}
