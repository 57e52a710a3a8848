/**
 * What happens again and again is noted once in an hour, with how often it happened in between: whoever knocks all year must not fill
 * the disk. Of different things at most so many are told apart in an hour.
 *
 *     repeats.note("10.0.0.7 UNAUTHENTICATED")   // { before: 0 }, then undefined for an hour, then { before: 17,999 }
 */
export interface RepeatOptions {
  /** @default 1 h */
  readonly everyMs?: number;
  /** @default 1000 */
  readonly different?: number;
  readonly now?: () => number;
}

export class Repeats {
  readonly #everyMs: number;
  readonly #different: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { at: number; again: number }>();

  constructor({ everyMs = 3_600_000, different = 1000, now = () => performance.now() }: RepeatOptions = {}) {
    this.#everyMs = everyMs;
    this.#different = different;
    this.#now = now;
  }

  /** How often it has happened since it was last noted; undefined where it is not to be noted now. */
  note(what: string): { readonly before: number } | undefined {
    const now = this.#now();
    const known = this.#seen.get(what);
    if (known !== undefined && now - known.at < this.#everyMs) {
      known.again++;
      return undefined;
    }
    if (known === undefined && this.#seen.size >= this.#different && !this.#forgetOne(now)) return undefined;
    this.#seen.delete(what); // the newest last
    this.#seen.set(what, { at: now, again: 0 });
    return { before: known?.again ?? 0 };
  }

  /** Makes room by what was last noted long enough ago; false when there is no such thing. */
  #forgetOne(now: number): boolean {
    const [oldest] = this.#seen;
    if (oldest === undefined || now - oldest[1].at < this.#everyMs) return false;
    return this.#seen.delete(oldest[0]);
  }
}
