/**
 * What stands between a store and its disk. A full disk stops acceptance, and what is under way waits for it to be freed; anything else
 * that goes wrong ends the process, since nothing is known of what is on the disk: `lost` is aborted, and nothing is written any more.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { DiskSpace } from "./disk-space.ts";
import type { Journal } from "./journal.ts";
import type { InputOf, OperationName, OutputOf } from "./operations.ts";

export class StoreGuard {
  readonly #folder: string;
  readonly #space: DiskSpace;
  readonly #journal: Journal;
  readonly #lost = new AbortController();
  readonly #closed = new AbortController();

  constructor(folder: string, { space, journal }: { readonly space: DiskSpace; readonly journal: Journal }) {
    this.#folder = folder;
    this.#space = space;
    this.#journal = journal;
    const { lost } = journal;
    lost.addEventListener("abort", () => {
      this.#lost.abort(lost.reason);
    });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whoever waits for room waits no more. */
  close(): void {
    this.#closed.abort(new TributaryError("interrupted", `The store ${this.#folder} is closed`));
  }

  /** Rides along with the next sync. */
  tell<N extends OperationName>(name: N, input: InputOf<N>): void {
    this.#journal.tell(name, input);
  }

  ask<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
    return this.onDisk(() => this.#journal.ask(name, input));
  }

  /** As `ask`, refused while the disk is full. */
  async write<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
    this.#space.mustAccept();
    return this.ask(name, input);
  }

  /** A round that is under way waits for a full disk to be freed: what was acknowledged for it is kept meanwhile. */
  async onceThereIsRoom<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof TributaryError && error.code === "disk-full")) throw error;
        await this.#space.freed(AbortSignal.any([this.#lost.signal, this.#closed.signal]));
      }
    }
  }

  /** Throws "disk-full" where it is, and "storage-failed" for whatever else the disk says. */
  async onDisk<T>(work: () => Promise<T>): Promise<T> {
    this.#lost.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "ENOSPC" || code === "EDQUOT" || code === "disk-full") {
        this.#space.exhausted();
        const message = `The disk of ${this.#folder} is full: nothing is accepted until space is freed`;
        throw new TributaryError("disk-full", message, { cause: error });
      }
      if (error instanceof TributaryError || code === "EMFILE" || code === "ENFILE") throw error;
      const message = `${this.#folder} cannot be written: ${String(error)}`;
      const failure = new TributaryError("storage-failed", message, { cause: error });
      this.#lost.abort(failure);
      throw failure;
    }
  }
}
