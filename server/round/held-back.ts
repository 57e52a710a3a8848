import type { Random } from "../../shared/random.ts";
import type { Portion, Roster } from "./roster.ts";

/**
 * Everybody's training rows in two: a share of each client's that is held back to tune by, and the rest to train on. Whole
 * blocks where rows stay together. Each client's are drawn by its name, the same in every round.
 */
export function heldBack(
  { trainRows, blocks }: Roster,
  share: number,
  random: Random,
): { readonly training: Portion; readonly validation: Portion } {
  const cut = [...trainRows].map(([client, count]) => {
    const own = blocks?.get(client) ?? Array.from({ length: count }, (_, row) => Int32Array.of(row));
    const drawn = random.fork(client).shuffle([...own]);
    const held = Math.round(share * drawn.length);
    return { client, validation: drawn.slice(0, held), training: drawn.slice(held) };
  });
  const portion = (part: "training" | "validation", whole: boolean): Portion => ({
    rows: new Map(cut.map((own) => [own.client, Int32Array.from(own[part].flatMap((block) => [...block])).sort()])),
    ...(blocks && { blocks: new Map(cut.map((own) => [own.client, own[part]])) }),
    whole,
  });
  return { training: portion("training", false), validation: portion("validation", true) };
}
