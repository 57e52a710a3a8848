import { projectOnDualCone } from "../solvers/dual-cone.ts";
import { preferred } from "./preferred.ts";

/**
 * The weighted sum, projected onto the dual cone of the rows: the nearest direction that harms no objective.
 *
 *     min vᵀGv,  v ≥ p        d = Jᵀv
 *
 * Facts   J = [[−4,1,1],[6,1,1]], p = (½, ½): w = (11/18, ½), d = (5/9, 10/9, 10/9)
 * Source  Lopez-Paz & Ranzato (2017), GEM, equation 11
 */
export const dualProj = preferred({
  name: "dual-proj",
  summary: "The weighted sum, projected so that no objective is harmed.",
  weights: projectOnDualCone,
});
