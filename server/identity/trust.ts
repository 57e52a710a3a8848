/**
 * What a daemon trusts: the kit of its folder and the roster in it, read again when the files change. A renewed certificate is taken
 * for new connections, a revocation ends live ones; a kit or roster that is no good is said, and the last good one stays.
 */
import { join } from "node:path";
import { expiryWarning, readKit, type Kit } from "../../shared/identity/kit.ts";
import type { Logger } from "../telemetry/logger.ts";
import { readRoster, versionOf, type Roster } from "./roster.ts";

export interface TrustOptions {
  /** The folder of a server's kit. */
  readonly folder: string;
  readonly onKit: (kit: Kit) => void;
  readonly onRoster: (roster: Roster) => void;
  readonly log: Logger;
  /** How often the files are looked at. @default 1 s */
  readonly everyMs?: number;
}

const day = 86_400_000;

export class Trust implements Disposable {
  readonly #options: TrustOptions;
  readonly #timer: NodeJS.Timeout;
  #kit: Kit;
  #roster: Roster;
  #versions: string;
  #warnedAt = 0;

  /** Throws "invalid-keys" with everything that is wrong with the kit or the roster. */
  constructor(options: TrustOptions) {
    this.#options = options;
    this.#versions = this.#look();
    this.#kit = readKit(options.folder);
    this.#roster = readRoster(this.#path("roster.json"));
    this.#timer = setInterval(() => {
      this.#refresh();
    }, options.everyMs ?? 1000);
    this.#timer.unref();
    this.#warn();
  }

  get kit(): Kit {
    return this.#kit;
  }

  get roster(): Roster {
    return this.#roster;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #refresh(): void {
    this.#warn();
    const versions = this.#look();
    if (versions === this.#versions) return;
    this.#versions = versions;
    const { log, folder, onKit, onRoster } = this.#options;
    try {
      this.#roster = readRoster(this.#path("roster.json"));
      onRoster(this.#roster);
      const kit = readKit(folder); // key and certificate are written one after the other: a pair that does not fit is read again
      if (!kit.certificate.equals(this.#kit.certificate) || !kit.ca.equals(this.#kit.ca)) {
        this.#kit = kit;
        onKit(kit);
        log.info({ expires: kit.expires.toISOString() }, "a renewed certificate is in use");
      }
    } catch (error) {
      log.error({ err: error }, "the kit has changed and is no good: the last good one stays in use");
    }
  }

  #warn(): void {
    if (Date.now() - this.#warnedAt < day) return;
    this.#warnedAt = Date.now();
    const warning = expiryWarning(this.#kit);
    if (warning !== undefined) this.#options.log.warn({ expires: this.#kit.expires.toISOString() }, warning);
  }

  #look(): string {
    const files = ["ca.pem", "certificate.pem", "key.pem", "roster.json"];
    return files.map((name) => versionOf(this.#path(name)) ?? "").join(" ");
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }
}
