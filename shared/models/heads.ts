import type { Node } from "../graph/graph.ts";
import { dense } from "./layers.ts";
import type { HeadSpec, Place } from "./model.ts";

/**
 * One trunk, one affine head per name: objectives share what the trunk learned and each reads it in its own way.
 *
 * Shapes  trunk [batch, width] → for each head [batch, outputs]; parameters `heads/<name>/weight` and `…/bias`
 */
export function affineHeads(
  place: Place,
  trunk: Node,
  heads: Readonly<Record<string, HeadSpec>>,
): Record<string, Node> {
  const predictions = Object.entries(heads).map(([name, { outputs, bias }]) => [
    name,
    dense(place.at(`heads/${name}`), trunk, outputs, { bias }),
  ]);
  return Object.fromEntries(predictions) as Record<string, Node>;
}
