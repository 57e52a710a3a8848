/** Where something stands in an experiment: the keys and indices that lead to it. */
export type Path = readonly (string | number)[];

/** One thing to change: where, and in words that complete "<path>: …". `key`: the key itself is wrong, not its value. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly key?: true;
}
