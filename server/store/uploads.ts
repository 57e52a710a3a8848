/**
 * Updates on their way in. Small ones gather in memory and go into the journal's row, larger ones into a temporary file. A broken
 * upload goes on where it was; whoever opens it anew fences the connection before off.
 */
import { TributaryError } from "../../shared/errors.ts";
import { checksumsOf, sha256Of, type Blobs, type PartialFile } from "./blobs.ts";
import { readFile } from "node:fs/promises";
import type { Content } from "./round-rows.ts";
import { isSameClaim, slotName } from "./slot.ts";
import type { Claim, Receipt, Slot, Upload } from "./store.ts";

/** Up to here the bytes of an update lie in the journal's row. */
export const inlineBytes = 65_536;

/** Makes an update's bytes durable and its receipt after them. */
export type Acknowledge = (
  slot: Slot,
  claim: Claim,
  content: Content,
  file: PartialFile | undefined,
) => Promise<Receipt>;

/** Does what touches the disk, and makes of its failure what a client can be told ("disk-full") or the end of the process. */
export type OnDisk = <T>(work: () => Promise<T>) => Promise<T>;

interface Incoming {
  readonly slot: Slot;
  readonly claim: Claim;
  readonly body: Body;
  /** Who may write: the newest opening. */
  owner: symbol;
  /** Ends when nothing is being written: one thing at a time. */
  busy: Promise<unknown>;
}

export class Uploads {
  readonly #blobs: Blobs;
  readonly #acknowledge: Acknowledge;
  readonly #onDisk: OnDisk;
  readonly #incoming = new Map<string, Incoming>();

  constructor(blobs: Blobs, acknowledge: Acknowledge, onDisk: OnDisk) {
    this.#blobs = blobs;
    this.#acknowledge = acknowledge;
    this.#onDisk = onDisk;
  }

  async open(slot: Slot, claim: Claim): Promise<Upload> {
    const name = slotName(slot);
    const begun = this.#incoming.get(name);
    if (begun !== undefined && isSameClaim(begun.claim, claim)) {
      begun.owner = Symbol(name);
      await begun.busy.catch(() => undefined); // its own caller has heard of it
      return this.#upload(begun, begun.owner);
    }
    if (begun !== undefined) await this.#forget(begun);
    const body = claim.bytes <= inlineBytes ? new InMemory() : new InFile(this.#blobs.begin());
    const incoming: Incoming = { slot, claim, body, owner: Symbol(name), busy: Promise.resolve() };
    this.#incoming.set(name, incoming);
    return this.#upload(incoming, incoming.owner);
  }

  /** Forgets uploads that can no longer count. */
  async forgetUpTo(run: string, round: number): Promise<void> {
    const over = [...this.#incoming.values()].filter(({ slot }) => slot.run === run && slot.place.round <= round);
    await Promise.all(over.map((incoming) => this.#forget(incoming)));
  }

  async #forget(incoming: Incoming): Promise<void> {
    const name = slotName(incoming.slot);
    if (this.#incoming.get(name) === incoming) this.#incoming.delete(name);
    incoming.owner = Symbol("nobody");
    await incoming.busy.catch(() => undefined); // its own caller has heard of it
    await incoming.body.remove();
  }

  #upload(incoming: Incoming, owner: symbol): Upload {
    const { slot, claim, body } = incoming;
    const name = slotName(slot);
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const turn = incoming.busy
        .catch(() => undefined)
        .then(() => {
          if (incoming.owner === owner) return work();
          throw new TributaryError(
            "stale-upload",
            `The update ${name} is being sent on another connection, or its round is over`,
          );
        });
      incoming.busy = turn;
      turn.catch(() => undefined); // whoever called has it
      return turn;
    };
    const forget = async (): Promise<void> => {
      if (this.#incoming.get(name) === incoming) this.#incoming.delete(name);
      incoming.owner = Symbol("nobody");
      await body.remove();
    };
    const whole = async (): Promise<void> => {
      const { sha256 } = body.digest();
      if (body.bytes === claim.bytes && sha256 === claim.sha256) return;
      const got = `${body.bytes} bytes with SHA-256 ${sha256}`;
      await forget();
      throw new TributaryError(
        "data-loss",
        `The update ${name}: expected ${claim.bytes} bytes with SHA-256 ${claim.sha256}, got ${got}`,
      );
    };
    return {
      kind: "upload",
      get offset() {
        return body.bytes;
      },
      write: (chunk) =>
        inTurn(async () => {
          const total = body.bytes + chunk.length;
          if (total <= claim.bytes) return this.#onDisk(() => body.append(chunk));
          await forget();
          throw new TributaryError(
            "invalid-data",
            `The update ${name}: expected ${claim.bytes} bytes, got ${total} or more`,
          );
        }),
      content: () =>
        inTurn(async () => {
          await whole();
          return this.#onDisk(() => body.read());
        }),
      accept: () =>
        inTurn(async () => {
          await whole();
          const content = { ...body.digest(), bytes: body.bytes, inline: body instanceof InMemory ? body.all() : null };
          const receipt = await this.#acknowledge(slot, claim, content, body instanceof InFile ? body.file : undefined);
          await forget();
          return receipt;
        }),
      reject: () => inTurn(forget),
    };
  }
}

/** Where the bytes of one upload gather. */
interface Body {
  readonly bytes: number;
  append(chunk: Uint8Array): Promise<void>;
  digest(): { readonly sha256: string; readonly chunks: Uint8Array };
  read(): Promise<Uint8Array>;
  remove(): Promise<void>;
}

class InMemory implements Body {
  #chunks: Uint8Array[] = [];

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  append(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk.slice()); // the caller's buffer is its own
    return Promise.resolve();
  }

  digest(): { sha256: string; chunks: Uint8Array } {
    const bytes = this.all();
    return { sha256: sha256Of(bytes), chunks: checksumsOf(bytes) };
  }

  all(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  read(): Promise<Uint8Array> {
    return Promise.resolve(this.all());
  }

  remove(): Promise<void> {
    this.#chunks = [];
    return Promise.resolve();
  }
}

class InFile implements Body {
  readonly file: PartialFile;

  constructor(file: PartialFile) {
    this.file = file;
  }

  get bytes(): number {
    return this.file.bytes;
  }

  append(chunk: Uint8Array): Promise<void> {
    return this.file.append(chunk);
  }

  digest(): { sha256: string; chunks: Uint8Array } {
    return this.file.digest();
  }

  read(): Promise<Uint8Array> {
    return readFile(this.file.path);
  }

  remove(): Promise<void> {
    return this.file.remove();
  }
}
