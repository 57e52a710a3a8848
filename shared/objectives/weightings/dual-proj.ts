import { z } from "zod";
import { at, byObjective, defineWeighting, perObjective } from "../define-weighting.ts";
import { projectOnDualCone } from "../solvers/dual-cone.ts";

/**
 * The weighted sum, projected onto the dual cone of the rows: the nearest direction that harms no objective.
 *
 *     min vᵀGv,  v ≥ p        d = Jᵀv
 *
 * Facts   J = [[−4,1,1],[6,1,1]], p = (½, ½): w = (11/18, ½), d = (5/9, 10/9, 10/9)
 * Source  Lopez-Paz & Ranzato (2017), GEM, equation 11
 */
export const dualProj = defineWeighting({
  name: "dual-proj",
  summary: "The weighted sum, projected so that no objective is harmed.",
  needs: "gramian",
  options: z.strictObject({
    preference: perObjective(z.number().min(0)).optional().describe("p; 1/m each when left out."),
  }),
  promises: { nonConflicting: () => true, degree: () => 1, equivariant: ({ preference }) => preference === undefined },
  create: ({ preference }, objectives) => {
    const preferences = byObjective(preference, objectives, 1 / objectives.length);
    return {
      init: () => null,
      step: (state, { names, gramian }) => ({ weights: projectOnDualCone(gramian, at(preferences, names)), state }),
    };
  },
});
