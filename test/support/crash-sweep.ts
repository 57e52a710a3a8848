/** Runs `durable-run.mjs` to its end through as many ends of its process as a plan says, and compares what its clients know with its journal. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { journalFile } from "../../server/store/journal-engine.ts";
import { Sqlite } from "../../server/store/sqlite.ts";
import { select } from "../../server/store/tables.ts";
import { replayed } from "./durable-model.mjs";

export interface SweptRun {
  readonly folder: string;
  readonly rounds: number;
  readonly clients: number;
  /** In an update of the second exchange; above 8192 it lies in a file. */
  readonly numbers: number;
  readonly mode: "all" | "some";
}

/** How one life of the process ends; undefined = it is left alone. */
export type Fate =
  | undefined
  /** So many ms after it has been started or, where it says so, after its store is open. */
  | { readonly kill: number; readonly after: "start" | "open" }
  /** Stopped instead, and let go on later. */
  | { readonly stop: number; readonly forMs: number }
  | { readonly failpoint: string }
  /** The n-th of these system calls. */
  | { readonly syscall: string; readonly n: number };

export interface Life {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
}

const script = resolve(import.meta.dirname, "durable-run.mjs");

/** The arguments of a process that does this run. */
export const durableRun = ({ folder, rounds, clients, numbers, mode }: SweptRun): string[] =>
  [script, folder, rounds, clients, numbers, mode].map(String);

export function live(run: SweptRun, fate: Fate, environment: Readonly<Record<string, string>> = {}): Promise<Life> {
  const args = durableRun(run);
  const env = { ...process.env, ...environment };
  const child =
    fate !== undefined && "syscall" in fate
      ? spawn("strace", [...strace(fate.syscall, fate.n), process.execPath, ...args], { env })
      : spawn(process.execPath, args, {
          env: fate !== undefined && "failpoint" in fate ? { ...env, TRIBUTARY_FAILPOINT: fate.failpoint } : env,
        });
  return new Promise((done) => {
    let text = "";
    const start = fate !== undefined && "kill" in fate && fate.after === "start";
    if (start) arm(child, fate);
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      if (!start && !text.includes("OPEN") && (text + more).includes("OPEN")) arm(child, fate);
      text += more;
    });
    child.on("close", (code, signal) => {
      done({ code, signal, lines: text.split("\n").slice(0, -1) }); // a last line without its end was not said
    });
  });
}

const strace = (syscall: string, n: number): string[] => [
  "-f",
  "-qq",
  "-o",
  "/dev/null",
  "-e",
  `trace=${syscall}`,
  "-e",
  `inject=${syscall}:signal=KILL:when=${n}`,
];

function arm(child: ChildProcess, fate: Fate): void {
  if (fate === undefined) return;
  if ("kill" in fate) setTimeout(() => child.kill("SIGKILL"), fate.kill);
  if ("stop" in fate) {
    setTimeout(() => {
      child.kill("SIGSTOP");
      setTimeout(() => child.kill("SIGCONT"), fate.forMs);
    }, fate.stop);
  }
}

export interface Swept {
  readonly lives: number;
  /** Lives that did not end by themselves. */
  readonly ended: number;
  readonly acknowledged: number;
  readonly hash: string;
}

/** Lives until the run is done; `fates` says how each life ends, the last ones on their own. Checks everything that must hold. */
export async function sweep(
  options: Omit<SweptRun, "folder"> & { readonly parent: string; readonly name: string },
  fates: (life: number) => Fate,
): Promise<Swept> {
  const run = { ...options, folder: join(options.parent, options.name) };
  mkdirSync(run.folder, { recursive: true });
  const view: string[] = [];
  for (let lives = 1, ended = 0; ; lives++) {
    const life = await live(run, fates(lives - 1));
    view.push(...life.lines);
    if (life.code !== 0) ended++;
    const last = life.lines.at(-1) ?? "";
    if (life.code === 0 || last.startsWith("DONE")) {
      expect(last, run.folder).toMatch(/^DONE /);
      return { lives, ended, ...compare(run, view) };
    }
    expect(life.code === null || life.code === 137, `${run.folder}: ${last} (${String(life.code)})`).toBe(true);
    if (lives > 100 * run.rounds) throw new Error(`${run.folder} comes to no end: ${last}`);
  }
}

/** What clients have been told against what the journal holds. */
export function compare(run: SweptRun, view: readonly string[]): { acknowledged: number; hash: string } {
  const db = new Sqlite(journalFile(run.folder));
  try {
    const receipts = select(db, "receipts");
    const placeOf = (row: (typeof receipts)[number]): string =>
      [row.round, row.attempt, row.exchange, row.pass].map(Number).join(".");
    const held = new Map(receipts.map((row) => [`${placeOf(row)} ${String(row.client)}`, row]));
    expect(held.size, "one receipt for a place and client").toBe(receipts.length);
    const told = new Set<string>();
    for (const line of view) {
      const [word, place, client, sha256, seq] = line.split(" ");
      const key = `${place} ${client}`;
      if (word === "ASK") expect(told.has(key), `${run.folder}: ${key} is asked again after its receipt`).toBe(false);
      if (word !== "ACK") continue;
      told.add(key);
      const row = held.get(key);
      expect(row, `${run.folder}: the journal has lost ${key}`).toBeDefined();
      expect([row!.sha256, Number(row!.seq)], key).toEqual([sha256, Number(seq)]);
    }
    const commits = select(db, "commits", "1 ORDER BY round");
    expect(commits.map(({ round }) => Number(round))).toEqual(Array.from({ length: run.rounds }, (_, i) => i + 1));
    const participants = commits.map((row) => JSON.parse(String(row.participants)) as string[]);
    for (const [at, { round, attempt }] of commits.entries()) {
      const own = receipts.filter((row) => row.round === round && row.attempt === attempt && row.exchange === 1);
      const pass = Math.max(...own.map((row) => Number(row.pass)));
      const counted = own.filter((row) => Number(row.pass) === pass).map(({ client }) => String(client));
      expect(
        participants[at],
        `${run.folder}: whoever was acknowledged takes part, once, in round ${Number(round)}`,
      ).toEqual(counted.sort());
    }
    const checkpoint = select(db, "contents", "kind = 'checkpoint' ORDER BY round DESC LIMIT 1")[0]!;
    const expected = replayed(run.numbers, participants);
    const committed = new Map<string, string>();
    for (const line of view.filter((one) => one.startsWith("COMMIT"))) {
      const [, round, hash] = line.split(" ");
      expect(committed.get(round!) ?? hash, `${run.folder}: round ${round} is committed twice, to other bits`).toBe(
        hash,
      );
      committed.set(round!, hash!);
    }
    expect(String(checkpoint.sha256), `${run.folder}: the last checkpoint is what the journal replays to`).toBe(
      expected,
    );
    if (run.mode === "all") expect(expected, "the undisturbed run").toBe(undisturbed(run));
    return { acknowledged: told.size, hash: expected };
  } finally {
    db.close();
  }
}

const undisturbed = ({ rounds, clients, numbers }: SweptRun): string => {
  const everybody = Array.from({ length: clients }, (_, i) => `client-${i}`).sort();
  return replayed(
    numbers,
    Array.from({ length: rounds }, () => everybody),
  );
};
