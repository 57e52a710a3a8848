/**
 * What clients may fetch: bytes by their hash, for as long as somebody who offered them wants them. A scope is a run, or one exchange of
 * it; when it ends, what only it offered is forgotten.
 */
import { contentOf, type Content } from "../../shared/protocol/content.ts";

interface Held {
  readonly bytes: Uint8Array;
  scopes: number;
}

export class Contents {
  readonly #held = new Map<string, Held>();

  /** The bytes of this hash; undefined when nobody offers them any more. */
  get(sha256: string): Uint8Array | undefined {
    return this.#held.get(sha256)?.bytes;
  }

  scope(): ContentScope {
    const mine = new Set<string>();
    const release = (sha256: string): void => {
      const held = this.#held.get(sha256)!; // held as long as one scope has it
      held.scopes -= 1;
      if (held.scopes === 0) this.#held.delete(sha256);
    };
    return {
      carry: (bytes) => {
        const content = contentOf(bytes);
        const { sha256 } = content;
        if (content.bytes !== undefined || mine.has(sha256)) return content;
        const held = this.#held.get(sha256) ?? { bytes, scopes: 0 };
        held.scopes += 1;
        this.#held.set(sha256, held);
        mine.add(sha256);
        return content;
      },
      [Symbol.dispose]: () => {
        for (const sha256 of mine) release(sha256);
        mine.clear();
      },
    };
  }
}

export interface ContentScope extends Disposable {
  /** Offers these bytes, which must not change any more, under their hash. */
  carry(bytes: Uint8Array): Content;
}
