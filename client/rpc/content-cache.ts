/**
 * What a worker has fetched, by its hash: programs, models, shards. What is here is not fetched again, by no run and after no restart.
 *
 *     contents/<sha256>        whole; its hash is checked whenever it is read
 *     contents/<sha256>.part   on its way: goes on from its end, also after a restart
 *
 * Within its budget it keeps what was used last. Nothing is synced: what a crash tears fails the check, and is fetched again.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { isSha256, mustBe, type Content } from "../../shared/protocol/content.ts";
import { persistently } from "./persist.ts";

/** The bytes of a content from `offset` on, in pieces. */
export type Source = (content: Content, offset: number) => AsyncIterable<Uint8Array>;

const defaultBudgetBytes = 1_000_000_000;

export class ContentCache {
  readonly #folder: string;
  readonly #source: Source;
  readonly #budgetBytes: number;
  /** One fetch for whoever wants the same at the same time. */
  readonly #under = new Map<string, Promise<Uint8Array>>();

  constructor(folder: string, source: Source, budgetBytes = defaultBudgetBytes) {
    this.#folder = join(folder, "contents");
    this.#source = source;
    this.#budgetBytes = budgetBytes;
  }

  /** Those that came along, or are here, or are fetched. Throws "data-loss" where they are others however often they are fetched. */
  async get(content: Content, what: string): Promise<Uint8Array> {
    if (content.bytes !== undefined) return mustBe(content, content.bytes, what);
    const { sha256 } = content;
    if (!isSha256(sha256))
      // it becomes the name of a file
      throw new TributaryError("invalid-data", `${what}: expected a SHA-256 in hex, got ${JSON.stringify(sha256)}`);
    const under = this.#under.get(sha256) ?? this.#obtain(content, what);
    this.#under.set(sha256, under);
    try {
      return await under;
    } finally {
      this.#under.delete(sha256);
    }
  }

  async #obtain(content: Content, what: string): Promise<Uint8Array> {
    const path = join(this.#folder, content.sha256);
    const kept = await readFile(path).catch(() => undefined);
    if (kept !== undefined && isIt(content, kept)) {
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined); // used last
      return kept;
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return await persistently((reached) => this.#fetch(content, what, reached), { what });
  }

  async #fetch(content: Content, what: string, reached: (at: number) => void): Promise<Uint8Array> {
    const { sha256, size } = content;
    const path = join(this.#folder, sha256);
    const part = `${path}.part`;
    let at = (await stat(part).catch(() => ({ size: 0 }))).size;
    if (at > size) {
      await rm(part, { force: true });
      at = 0;
    }
    if (at < size)
      for await (const piece of this.#source(content, at)) {
        await appendFile(part, piece, { mode: 0o600 });
        at += piece.length;
        reached(at);
      }
    const bytes = await readFile(part);
    if (bytes.length < size)
      throw new TributaryError("unavailable", `${what} broke off: expected ${size} bytes, got ${bytes.length} so far`);
    try {
      mustBe(content, bytes, what);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await rename(part, path);
    await this.#makeRoom(sha256);
    return bytes;
  }

  /** The least recently used give way; the one that has just come stays. */
  async #makeRoom(newest: string): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.#folder)).map(async (name) => {
        const { size, mtimeMs } = await stat(join(this.#folder, name)).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { name, size, mtimeMs };
      }),
    );
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= this.#budgetBytes) return;
      if (name === newest || this.#under.has(name.replace(/\.part$/, ""))) continue;
      await rm(join(this.#folder, name), { force: true });
      total -= size;
    }
  }
}

function isIt(content: Content, bytes: Uint8Array): boolean {
  try {
    mustBe(content, bytes, "");
    return true;
  } catch {
    return false;
  }
}
