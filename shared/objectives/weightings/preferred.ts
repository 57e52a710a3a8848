import { z } from "zod";
import { at, byObjective, defineWeighting, perObjective, type Method } from "../define-weighting.ts";
import type { Gramian } from "../gramian.ts";

/** A weighting from the Gramian and a preference p, whose direction harms no objective. */
export const preferred = ({
  name,
  summary,
  weights,
}: {
  readonly name: string;
  readonly summary: string;
  readonly weights: (gramian: Gramian, preference: Float64Array) => Float64Array;
}): Method =>
  defineWeighting({
    name,
    summary,
    needs: "gramian",
    options: z.strictObject({
      preference: perObjective(z.number().min(0)).optional().describe("p; 1/m each when left out."),
    }),
    promises: {
      nonConflicting: () => true,
      degree: () => 1,
      equivariant: ({ preference }) => preference === undefined,
    },
    create: ({ preference }, objectives) => {
      const preferences = byObjective(preference, objectives, 1 / objectives.length);
      return {
        init: () => null,
        step: (state, { names, gramian }) => ({ weights: weights(gramian, at(preferences, names)), state }),
      };
    },
  });
