/**
 * The bytes that rows of the journal name: few lie in the row itself, more in a file, which is durable before a row names it and is
 * swept once none does.
 */
import { Blobs, checksumsOf, sha256Of, verify } from "./blobs.ts";
import type { Journal } from "./journal.ts";
import type { Content } from "./round-rows.ts";
import { InFile, InMemory } from "./upload-body.ts";
import type { UploadHost } from "./uploads.ts";

/** Up to here the bytes of a content lie in the journal's row. */
const inlineBytes = 65_536;

export class DiskContents {
  readonly #blobs: Blobs;
  readonly #journal: Journal;
  readonly #onDisk: UploadHost<InMemory>["onDisk"];
  /** Files that a row is about to name: not to be swept. */
  readonly #held = new Map<string, number>();
  /** The sweep in progress. A file that it may remove must not be taken for one that is there. */
  #sweeping: Promise<unknown> = Promise.resolve();

  constructor(blobs: Blobs, journal: Journal, onDisk: UploadHost<InMemory>["onDisk"]) {
    this.#blobs = blobs;
    this.#journal = journal;
    this.#onDisk = onDisk;
  }

  /** Where so many bytes gather on their way in. */
  begin(bytes: number): InMemory | InFile {
    return bytes <= inlineBytes ? new InMemory() : new InFile(this.#blobs.begin());
  }

  /** Writes a row that names the bytes of a finished upload. */
  keepUpload<T>(body: InMemory | InFile, write: (content: Content) => Promise<T>): Promise<T> {
    const whole = { ...body.digest(), bytes: body.bytes };
    if (body instanceof InMemory) return write({ ...whole, inline: body.all() });
    return this.#holding(whole.sha256, async () => {
      await this.#onDisk(() => this.#blobs.keep(body.file, whole.sha256));
      return write({ ...whole, inline: null });
    });
  }

  /** Writes a row that names bytes which are all there. */
  keep<T>(bytes: Uint8Array, write: (content: Content) => Promise<T>): Promise<T> {
    const sha256 = sha256Of(bytes);
    const whole = { sha256, bytes: bytes.length, chunks: checksumsOf(bytes) };
    if (bytes.length <= inlineBytes) return write({ ...whole, inline: bytes });
    return this.#holding(sha256, async () => {
      const file = this.#blobs.begin();
      await this.#onDisk(async () => {
        try {
          await file.append(bytes);
          await this.#blobs.keep(file, sha256);
        } catch (error) {
          await file.remove();
          throw error;
        }
      });
      return write({ ...whole, inline: null });
    });
  }

  async read({ sha256, chunks, inline }: Content): Promise<Uint8Array> {
    if (inline === null) return this.#blobs.read(sha256, chunks);
    verify(inline, sha256, chunks, "A row of contents");
    return inline;
  }

  /** Removes files that no row names; nobody waits for it. */
  sweep(files: readonly string[]): void {
    const unused = files.filter((file) => !this.#held.has(file));
    if (unused.length === 0 || this.#journal.lost.aborted) return;
    this.#sweeping = this.#sweeping.then(() => this.#journal.ask("sweep", unused)).catch(() => undefined); // they are swept at the next start; what has failed is heard of by `lost` and by the next write
  }

  /** Answers when nothing is being swept any more. */
  async settled(): Promise<void> {
    await this.#sweeping;
  }

  /** A file is not swept while `work` has yet to write the row that names it; if that fails, it is swept afterwards. */
  async #holding<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    await this.#sweeping;
    this.#held.set(sha256, (this.#held.get(sha256) ?? 0) + 1);
    let failed = true;
    try {
      const result = await work();
      failed = false;
      return result;
    } finally {
      const left = (this.#held.get(sha256) ?? 1) - 1;
      if (left > 0) this.#held.set(sha256, left);
      else this.#held.delete(sha256);
      if (failed) this.sweep([sha256]);
    }
  }
}
