/**
 * One daemon for one directory. The lock file is made with O_EXCL and names its holder; it is there for people and for the usual
 * mistakes. What makes two writers impossible is the epoch in the journal (`journal-engine.ts`): it is checked in every transaction,
 * also by a process that was stopped for an hour and goes on.
 *
 * A lock whose holder is dead is taken over: on this machine a process is known by its id and the moment it started. A
 * stopped process is alive. Of another machine nothing can be known, so its lock is taken only when the caller insists.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { randomUUID } from "node:crypto";

export interface Lock extends Disposable {
  readonly file: string;
  /** Throws "locked" when another process has taken it over meanwhile. */
  mustBeMine(): void;
  /** Gives it up without having used it: a living holder that it was taken from has it again. */
  giveBack(): void;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as its system counts; undefined where that cannot be known. */
  readonly started: string | undefined;
  /** Which locking this is: two of one process differ. */
  readonly id: string;
}

/** Throws "locked" with the holder when there is a living one. `takeOver`: also from a living one, which is then fenced off by its epoch. */
export function lockDirectory(folder: string, { takeOver = false }: { readonly takeOver?: boolean } = {}): Lock {
  const file = join(folder, "lock");
  const me: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid), id: randomUUID() };
  let before: Holder | undefined;
  for (let tries = 0; tries < 10; tries++) {
    if (create(file, me)) {
      return {
        file,
        mustBeMine: () => {
          if (read(file)?.id !== me.id)
            throw new TributaryError("locked", `${folder} was taken over as it was being opened`);
        },
        giveBack: () => {
          release(file, me);
          if (before !== undefined && isAlive(before)) create(file, before);
        },
        [Symbol.dispose]: () => {
          release(file, me);
        },
      };
    }
    const holder = read(file);
    if (holder !== undefined && isAlive(holder) && !takeOver) throw lockedBy(folder, holder);
    setAside(file, holder);
    before = holder;
  }
  throw new TributaryError("locked", `${folder} is being locked by several processes at once: start one of them`);
}

function create(file: string, holder: Holder): boolean {
  let handle: number;
  try {
    handle = openSync(file, "wx", 0o600);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw error;
    throw new TributaryError("invalid-option", `Nothing can be written to ${dirname(file)} (${code}): whose is it?`, {
      cause: error,
    });
  }
  try {
    writeSync(handle, `${JSON.stringify(holder)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return true;
}

/** Undefined when it is gone, or is not whole because its maker died over it. */
function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

/** Moves a lock away, if it still is the one that was read: another process may have been faster. */
function setAside(file: string, expected: Holder | undefined): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = read(aside);
  if (moved?.id !== expected?.id && moved !== undefined && isAlive(moved)) {
    renameSync(aside, file);
    throw new TributaryError("locked", `${file} was taken by process ${moved.pid} in this moment`);
  }
  rmSync(aside, { force: true });
}

function release(file: string, me: Holder): void {
  if (read(file)?.id === me.id) rmSync(file, { force: true });
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true; // as far as can be known from here
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return started === undefined || startOf(pid) === started;
}

/** The 22nd field of /proc/<pid>/stat, with the boot it counts from: a process id that is used again has another one. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return undefined;
  }
}

function lockedBy(folder: string, { pid, host }: Holder): TributaryError {
  const here = host === hostname();
  const advice = here
    ? "stop it, or serve another directory"
    : "make sure that it is stopped, then start with --take-over, which fences it off";
  return new TributaryError("locked", `${folder} is in use by process ${pid} on ${host}: ${advice}`);
}
