/**
 * A full disk stops acceptance, not the process. A file of 16 MB is kept in reserve: when the disk is full it is given back, so that
 * the journal can still write what lets the daemon stop cleanly. Once there is room for the reserve and as much again, it is
 * made anew, and updates are accepted again.
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import type { Logger } from "../telemetry/logger.ts";

const reserveBytes = 16 * 1024 * 1024;
const lookAgainMs = 1000;

export class DiskSpace implements Disposable {
  readonly #folder: string;
  readonly #file: string;
  readonly #log: Logger;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Throws "disk-full" when there is no room for the reserve. */
  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#file = join(folder, "reserve");
    this.#log = log;
    this.#reserve();
  }

  get accepting(): boolean {
    return this.#timer === undefined;
  }

  /** Throws "disk-full" while it is. */
  mustAccept(): void {
    if (this.accepting) return;
    throw new TributaryError(
      "disk-full",
      `The disk of ${this.#folder} is full: nothing is accepted until space is freed`,
    );
  }

  /** A write has found the disk full. */
  exhausted(): void {
    if (!this.accepting) return;
    rmSync(this.#file, { force: true });
    this.#log.error({ folder: this.#folder }, "the disk is full: no updates are accepted until space is freed");
    this.#timer = setInterval(() => void this.#lookAgain(), lookAgainMs);
    this.#timer.unref();
  }

  /** Answers when there is room again. Throws `signal.reason`. */
  freed(signal: AbortSignal): Promise<void> {
    if (this.accepting) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      signal.addEventListener("abort", () => {
        this.#waiting.delete(resolve);
        reject(signal.reason as Error);
      });
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #lookAgain(): Promise<void> {
    try {
      const { bavail, bsize } = await statfs(this.#folder);
      if (bavail * bsize < 2 * reserveBytes || this.#timer === undefined) return;
      this.#reserve();
    } catch {
      return; // somebody else took the room, or the disk does not answer: another time
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#log.info({ folder: this.#folder }, "there is space again: updates are accepted");
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #reserve(): void {
    if (existsSync(this.#file) && statSync(this.#file).size === reserveBytes) return;
    const handle = openSync(this.#file, "w");
    try {
      const zeros = Buffer.alloc(1024 * 1024);
      for (let at = 0; at < reserveBytes; at += zeros.length) writeSync(handle, zeros); // written out: a hole would reserve nothing
      fsyncSync(handle);
    } catch (error) {
      rmSync(this.#file, { force: true });
      const { code = "" } = error as NodeJS.ErrnoException;
      const full = code === "ENOSPC" || code === "EDQUOT";
      throw new TributaryError(
        full ? "disk-full" : "storage-failed",
        `No reserve of 16 MB in ${this.#folder} (${code})`,
        {
          cause: error,
        },
      );
    } finally {
      closeSync(handle);
    }
  }
}
