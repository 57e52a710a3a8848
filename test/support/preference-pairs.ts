/** Implicit feedback as pairs: what each user took, beside things the user never did, and the last thing held out. */
import { strFromU8, unzipSync } from "fflate";
import { readFileSync } from "node:fs";
import type { Random } from "../../shared/random.ts";

export interface PreferencePairs {
  /** Tables with the columns user, item and other, counted from 0. */
  readonly train: string;
  readonly held: string;
  readonly users: number;
  readonly items: number;
}

interface Rating {
  readonly user: number;
  readonly item: number;
  readonly when: number;
}

/** Pairs from a zip with a `ratings.csv` of userId, movieId, rating, timestamp: `negatives` for each rating, 99 for each user's last. */
export function pairsOfRatings(zip: string, folder: string, negatives: number, random: Random): PreferencePairs {
  const lines = strFromU8(unzipSync(readFileSync(zip))[`${folder}/ratings.csv`]!)
    .trim()
    .split("\n")
    .slice(1);
  const cells = lines.map((line) => line.split(",").map(Number));
  const numberOf = new Map(
    [...new Set(cells.map(([, movie]) => movie!))].sort((a, b) => a - b).map((id, i) => [id, i]),
  );
  const users = new Map<number, Rating[]>();
  for (const [id, movie, , when] of cells) {
    const user = id! - 1;
    users.set(user, [...(users.get(user) ?? []), { user, item: numberOf.get(movie!)!, when: when! }]);
  }
  const rows: Record<"train" | "held", string[]> = { train: [], held: [] };
  for (const [user, ratings] of users) {
    const seen = new Set(ratings.map(({ item }) => item));
    const inOrder = ratings.toSorted((a, b) => a.when - b.when); // stable: of one second, as the file has them
    inOrder.forEach(({ item }, i) => {
      const last = i === inOrder.length - 1;
      for (const other of unseen(seen, numberOf.size, last ? 99 : negatives, random))
        rows[last ? "held" : "train"].push(`${user},${item},${other}`);
    });
  }
  const table = (part: readonly string[]): string => ["user,item,other", ...part].join("\n");
  return { train: table(rows.train), held: table(rows.held), users: users.size, items: numberOf.size };
}

function unseen(seen: ReadonlySet<number>, items: number, count: number, random: Random): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) {
    const item = random.integer(items);
    if (!seen.has(item)) drawn.push(item);
  }
  return drawn;
}
