/** Where the bytes of one upload gather until it is whole: in memory where they are few, else in a temporary file. */
import { readFile } from "node:fs/promises";
import { checksumsOf, sha256Of, type PartialFile } from "./blobs.ts";

export interface UploadBody {
  readonly bytes: number;
  append(chunk: Uint8Array): Promise<void>;
  digest(): { readonly sha256: string; readonly chunks: Uint8Array };
  read(): Promise<Uint8Array>;
  remove(): Promise<void>;
}

export class InMemory implements UploadBody {
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

export class InFile implements UploadBody {
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
