import { hint } from "./suggest.ts";

/** Where something stands in an experiment: the keys and indices that lead to it. */
export type Path = readonly (string | number)[];

/** One thing to change: where, and in words that complete "<path>: …". `key`: the key itself is wrong, not its value. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly key?: true;
}

export type Report = (path: Path, message: string) => void;

/** Reports a name that is not among those declared, with the one that was probably meant. */
export function mustKnow(report: Report, path: Path, kind: string, given: string, known: Iterable<string>): void {
  const names = [...known];
  if (!names.includes(given))
    report(path, `names the ${kind} "${given}", which is not declared: ${hint(given, names)}`);
}
