/** `tributary loss --list`: every loss by family, or one line of JSON each. */
import { losses } from "../shared/losses/catalogue.ts";
import { describeLoss, type LossDescription } from "../shared/losses/description.ts";
import { sentence } from "../shared/losses/doc-block.ts";
import type { Loss } from "../shared/losses/loss.ts";
import type { Colours } from "./colours.ts";
import { documentation } from "./loss-documents.ts";
import { table } from "./table.ts";

export interface ListedLoss extends LossDescription {
  readonly family: string;
  readonly summary: string;
}

export function listedLoss(loss: Loss): ListedLoss {
  const document = documentation(loss);
  const { name, version, ...rest } = describeLoss(loss);
  return { name, version, family: document.family, summary: sentence(document), ...rest };
}

export function listOf(json: boolean, colours: Colours): string {
  const listed = Object.values<Loss>(losses).map(listedLoss);
  if (json) return listed.map((loss) => `${JSON.stringify(loss)}\n`).join("");
  const families = [...new Set(listed.map(({ family }) => family))];
  const parts = families.map((family) => {
    const rows = listed
      .filter((loss) => loss.family === family)
      .map(({ name, kind, unit, options, summary }) => [
        name,
        kind === "two-phase" ? "sums" : unit,
        Object.keys(options).join(", "),
        summary,
      ]);
    const heading = [colours.bold(family), "per", "options", ""].map((word, i) => (i === 0 ? word : colours.dim(word)));
    return table(heading, rows, ["left", "left", "left", "left"]);
  });
  return `${parts.join("\n\n")}\n`;
}
