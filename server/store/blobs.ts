/**
 * Files named by the SHA-256 of their content, and the temporary files they come from:
 *
 *     blobs/<sha256>      whole, durable, never changed
 *     uploads/*.partial   what is being written; removed when a store is opened
 *
 * Written beside → fsynced → renamed → folder fsynced, in that order. Which of them are needed is known to the journal alone.
 */
import { createHash, randomUUID, type Hash } from "node:crypto";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { TributaryError } from "../../shared/errors.ts";
import { makeFolder } from "./durable.ts";
import { failpoint } from "./failpoints.ts";

/** The pieces that have a checksum of their own, so that damage has an offset. */
export const pieceBytes = 65_536;

/** Bytes on their way into a file, hashed as they come. */
export class PartialFile {
  readonly path: string;
  readonly #hash: Hash = createHash("sha256");
  readonly #pieces = new Pieces();
  #bytes = 0;
  #isMade = false;

  constructor(path: string) {
    this.path = path;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#write(chunk);
    failpoint("upload.written");
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    this.#pieces.add(chunk);
  }

  /** Made once: when it has gone since then, another process has taken the folder over, and nothing may be made of what is left. */
  async #write(chunk: Uint8Array): Promise<void> {
    const handle = await open(this.path, this.#isMade ? "r+" : "ax", 0o600);
    this.#isMade = true;
    try {
      for (let at = 0; at < chunk.length;) {
        at += (await handle.write(chunk, at, chunk.length - at, this.#bytes + at)).bytesWritten;
      }
    } finally {
      await handle.close();
    }
  }

  /** Its bytes on disk, under this name. */
  async sync(): Promise<void> {
    if (!this.#isMade) await this.#write(new Uint8Array(0));
    const handle = await open(this.path, "r+");
    try {
      const { size } = await handle.stat();
      if (size < this.#bytes) throw new Error(`${this.path}: expected ${this.#bytes} bytes, got ${size}`);
      if (size > this.#bytes) await handle.truncate(this.#bytes); // of a write that failed half-way
      failpoint("blob.written");
      await handle.sync();
    } finally {
      await handle.close();
    }
    failpoint("blob.synced");
  }

  /** Of the bytes so far. */
  digest(): { readonly sha256: string; readonly chunks: Uint8Array } {
    return { sha256: this.#hash.copy().digest("hex"), chunks: this.#pieces.checksums() };
  }

  remove(): Promise<void> {
    return rm(this.path, { force: true });
  }
}

export class Blobs {
  readonly #files: string;
  readonly #uploads: string;

  constructor(folder: string) {
    this.#files = join(folder, "blobs");
    this.#uploads = join(folder, "uploads");
    makeFolder(this.#files);
    makeFolder(this.#uploads);
  }

  begin(): PartialFile {
    return new PartialFile(join(this.#uploads, `${randomUUID()}.partial`));
  }

  /** Makes a file durable under its hash. The bytes are those of `digest()`: nothing is read again. */
  async keep(partial: PartialFile, sha256: string): Promise<void> {
    await partial.sync();
    await rename(partial.path, this.pathOf(sha256));
    failpoint("blob.renamed");
    await syncFolder(this.#files);
    failpoint("blob.kept");
  }

  pathOf(sha256: string): string {
    return join(this.#files, sha256);
  }

  /** Throws "corrupt-journal" with the file and the offset of the first piece that is not as it was written. */
  async read(sha256: string, chunks: Uint8Array): Promise<Uint8Array> {
    const file = this.pathOf(sha256);
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      throw new TributaryError("corrupt-journal", `${file} cannot be read: ${String(error)}`, { cause: error });
    }
    verify(bytes, sha256, chunks, file);
    return bytes;
  }

  /** The names of all files that are there. */
  list(): Promise<string[]> {
    return readdir(this.#files);
  }

  remove(sha256: string): Promise<void> {
    return rm(this.pathOf(sha256), { force: true });
  }

  /** Removes what killed uploads have left; answers with how many. */
  async clearUploads(): Promise<number> {
    const left = await readdir(this.#uploads);
    await Promise.all(left.map((name) => rm(join(this.#uploads, name), { force: true })));
    return left.length;
  }
}

/** Throws "corrupt-journal" with the offset of the first piece that does not fit. */
export function verify(bytes: Uint8Array, sha256: string, chunks: Uint8Array, name: string): void {
  if (sha256Of(bytes) === sha256) return;
  const found = checksumsOf(bytes);
  const at = found.findIndex((byte, i) => byte !== chunks[i]);
  const offset = at < 0 ? bytes.length : Math.floor(at / 4) * pieceBytes;
  throw new TributaryError(
    "corrupt-journal",
    `${name} is damaged at offset ${offset}: these ${bytes.length} bytes are not those with the SHA-256 ${sha256}`,
  );
}

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function checksumsOf(bytes: Uint8Array): Uint8Array {
  const pieces = new Pieces();
  pieces.add(bytes);
  return pieces.checksums();
}

/** CRC-32 of each 64 KiB, however the bytes come. */
class Pieces {
  readonly #done: number[] = [];
  #crc = 0;
  #filled = 0;

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + pieceBytes - this.#filled);
      this.#crc = crc32(part, this.#crc);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < pieceBytes) continue;
      this.#done.push(this.#crc);
      this.#crc = this.#filled = 0;
    }
  }

  checksums(): Uint8Array {
    const all = this.#filled > 0 ? [...this.#done, this.#crc] : this.#done;
    const bytes = Buffer.alloc(4 * all.length);
    all.forEach((crc, i) => bytes.writeUInt32LE(crc, 4 * i));
    return bytes;
  }
}

/** Makes the names in a folder durable. Windows cannot open a folder, and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
