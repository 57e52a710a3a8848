/** A weighting of the catalogue, as one's own. */
import { weightings } from "../../../shared/objectives/catalogue.ts";

export default weightings.mgda;
