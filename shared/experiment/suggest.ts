/**
 * The name among `known` that was probably meant by `given`, or undefined when none is near: at most a third of the
 * letters may differ (insertions, deletions, replacements and swaps of neighbours each count one), ties to the earlier. Of names that are
 * farther, the only one that begins with what was given: `nash` for `nash-mtl`.
 */
export function closest(given: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const near = nearest(given, names);
  if (near !== undefined || given.length < 3) return near;
  const longer = names.filter((name) => name.toLowerCase().startsWith(given.toLowerCase()));
  return longer.length === 1 ? longer[0] : undefined;
}

function nearest(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bound = Math.min(Math.floor(Math.max(given.length, 3) / 3), given.length - 1);
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance > bound || (distance === bound && best !== undefined)) continue;
    best = name;
    bound = distance;
  }
  return best;
}

/** `: did you mean "rounds"?` when some name is near, otherwise `: expected one of rounds, mode`. */
export function hint(given: string, known: Iterable<string>): string {
  const names = [...known];
  const near = closest(given, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  return names.length === 0 ? "nothing is known here" : `expected one of ${names.join(", ")}`;
}

/** Optimal string alignment distance: O(|a|·|b|), for names of a few dozen letters. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
