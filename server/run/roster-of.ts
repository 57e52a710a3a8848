/** What rounds know of each client's rows: counted by the client, and said once. */
import type { Roster } from "../round/roster.ts";
import { countsOfLate, type Admission } from "./late-joiners.ts";
import type { ClientCounts } from "./setting.ts";

export function rosterOf(clients: readonly ClientCounts[], denominators: Roster["denominators"]): Roster {
  const whole = clients.flatMap(({ client, blocks }) => (blocks === undefined ? [] : [[client, blocks] as const]));
  const trainRows = new Map(clients.map((counts) => [counts.client, counts.trainRows]));
  return { trainRows, denominators, ...(whole.length > 0 && { blocks: new Map(whole) }) };
}

/** With those who came later. */
export function withLate(roster: Roster, come: readonly Admission[]): Roster {
  if (come.length === 0) return roster;
  const theirs = rosterOf(
    come.map(countsOfLate),
    new Map(come.map(({ client, denominators }) => [client, denominators])),
  );
  return {
    trainRows: new Map([...roster.trainRows, ...theirs.trainRows]),
    denominators: new Map([...roster.denominators, ...theirs.denominators]),
    ...((roster.blocks ?? theirs.blocks) && { blocks: new Map([...(roster.blocks ?? []), ...(theirs.blocks ?? [])]) }),
  };
}
