/**
 * The laws of a selection, on clients made for it: what one of one's own is tried with before it is trained with.
 *
 *     await checkSelection(mine);      // silent, or throws with every law that does not hold
 *
 * It draws members alone, and copes with none; it draws the same from the same fork; what it remembers is plain JSON, from which it goes on
 * to the same cohort; every one it draws has a weight, where it weighs them.
 */
import { TributaryError } from "../../shared/errors.ts";
import { Random } from "../../shared/random.ts";
import type { ClientId } from "../round/round.ts";
import { startSelection, type Selection, type SelectionSeen } from "./selection.ts";

const everyone = Array.from({ length: 20 }, (_, i) => `client-${String(i).padStart(2, "0")}`);

/** Throws "invalid-option" with everything that was found. */
export async function checkSelection(selection: Selection): Promise<void> {
  const problems: string[] = [];
  const mustHold = (holds: boolean, what: string): void => {
    if (!holds) problems.push(`${selection.name} ${what}`);
  };
  for (const members of [everyone, everyone.filter((_, i) => i % 3 > 0), everyone.slice(0, 2), []]) {
    for (const round of [1, 2, 17]) {
      const seen = seenIn(round, members);
      const cohort = await selection.draw(seen);
      mustHold(
        cohort.every((client) => members.includes(client)),
        `draws clients that are not members, of ${members.length}`,
      );
      mustHold(same(await selection.draw(seenIn(round, members)), cohort), "draws otherwise from the same fork");
      const weights = selection.weights?.(cohort, seen);
      const weighed = cohort.every((client) => (weights?.get(client) ?? -1) >= 0);
      mustHold(weights === undefined || weighed, "leaves one that it has drawn without a weight of at least 0");
    }
  }
  const losses = new Map(everyone.slice(0, 5).map((client, i) => [client, i + 0.5]));
  const state = selection.next?.(startSelection, { round: 1, losses, rows: () => 10 });
  if (state !== undefined) {
    const read = JSON.parse(JSON.stringify(state)) as typeof state;
    const [from, again] = [
      await selection.draw(seenIn(2, everyone, state)),
      await selection.draw(seenIn(2, everyone, read)),
    ];
    mustHold(same(from, again), "goes on otherwise from a state that was written down");
  }
  if (problems.length > 0) throw new TributaryError("invalid-option", [...new Set(problems)].join("\n"));
}

const seenIn = (round: number, members: readonly ClientId[], state = startSelection): SelectionSeen => ({
  round,
  count: 7,
  members,
  everyone,
  size: (client) => (1 + everyone.indexOf(client)) / 210, // 1 + … + 20 = 210
  random: Random.seeded(3).fork("round", round),
  run: Random.seeded(3),
  state,
  ask: (clients) => Promise.resolve(new Map(clients.map((client, i) => [client, i]))),
  secondsOf: (client) => 1 + everyone.indexOf(client),
});

const same = (a: readonly ClientId[], b: readonly ClientId[]): boolean =>
  a.length === b.length && a.every((client, i) => client === b[i]);
