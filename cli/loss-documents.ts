/** The doc blocks of the losses, as the build gathered them from the sources. */
import { readFileSync } from "node:fs";
import { builtFile } from "../shared/built.ts";
import { parseDocBlock, type DocBlock } from "../shared/losses/doc-block.ts";
import type { Loss } from "../shared/losses/loss.ts";

export interface LossDocument extends DocBlock {
  /** The folder of its source. */
  readonly family: string;
}

let gathered: Readonly<Record<string, { readonly family: string; readonly text: string }>> | undefined;

export function documentation({ name }: Pick<Loss, "name">): LossDocument {
  gathered ??= JSON.parse(readFileSync(builtFile("docs/losses/blocks.json"), "utf8")) as typeof gathered;
  const { family = "other", text = "" } = gathered?.[name] ?? {};
  return { family, ...parseDocBlock(text) };
}
