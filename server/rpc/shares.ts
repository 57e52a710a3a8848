/**
 * Room that all who are at something share: each has an equal part of it, rounded down to a power of two, and never less than `least` or
 * more than `most`. What is held in all is so bounded by the room, and not by how many have come.
 */
export interface ShareOptions {
  /** Bytes in all. */
  readonly total: number;
  /** Of one, in bytes. */
  readonly most: number;
  readonly least: number;
}

export class Shares {
  readonly #options: ShareOptions;
  readonly #changed: () => void;
  #holders = 0;
  #each: number;

  /** `changed` is told whenever a part becomes smaller or larger. */
  constructor(options: ShareOptions, changed: () => void = () => undefined) {
    this.#options = options;
    this.#changed = changed;
    this.#each = options.most;
  }

  /** The bytes of one part at the moment. */
  get each(): number {
    return this.#each;
  }

  /** One more, until it is disposed of. */
  join(): Disposable {
    this.#count(1);
    let joined = true;
    return {
      [Symbol.dispose]: () => {
        if (joined) this.#count(-1);
        joined = false;
      },
    };
  }

  #count(more: 1 | -1): void {
    this.#holders += more;
    const { total, most, least } = this.#options;
    let each = most;
    while (each > least && each * this.#holders > total) each /= 2;
    if (each === this.#each) return;
    this.#each = each;
    this.#changed();
  }
}
