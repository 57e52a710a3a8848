import type { ClientId } from "../round/round.ts";
import { drawSystematic } from "./by-size.ts";
import { remembered, type Selection } from "./selection.ts";

/**
 * Of d candidates drawn by size without replacement, the m whose loss at the model is largest; they count alike. Biased on purpose: towards
 * those whom the model serves worst. Ties go to the name that comes first.
 *
 *     asked   every candidate says its loss, before the round: one who does not answer is no candidate          pow-d
 *     last    the loss of its last local work, ∞ for one that has not worked yet: nobody is asked                rpow-d
 *
 * Facts   d = m draws by size alone, and is unbiased · d = N with `asked` takes the m worst of all
 * Source  Cho, Wang & Joshi (2020), arXiv 2010.01243
 */
export const powerOfChoice = (candidates: number, losses: "asked" | "last"): Selection => ({
  name: "power-of-choice",
  async draw({ members, count, size, random, state, ask }) {
    const drawn = drawSystematic(members, Math.max(count, candidates), size, random);
    const known = losses === "asked" ? await ask(drawn) : undefined;
    const asked = known === undefined ? drawn : drawn.filter((client) => known.has(client));
    const loss = (client: ClientId): number =>
      known === undefined ? (state.clients[client]?.loss ?? Infinity) : known.get(client)!;
    return asked
      .toSorted((a, b) => (loss(a) === loss(b) ? (a < b ? -1 : 1) : loss(b) - loss(a)))
      .slice(0, count)
      .sort();
  },
  weights: (cohort) => new Map(cohort.map((client) => [client, 1])),
  ...(losses === "last" && { next: remembered }),
});
