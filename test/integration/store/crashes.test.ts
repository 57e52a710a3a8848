/**
 * The store's process is ended wherever it can be: at every named place, at the n-th system call that makes something durable, at
 * random instants, stopped and let go on. What was acknowledged is never lost or counted twice, and the run comes to the hash of the
 * undisturbed one (everybody takes part) or to that of its journal's replay (clients leave and are late).
 *
 * Always a few of each; with TRIBUTARY_SWEEP=1 more than a thousand random ends. SEED chooses the instants.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { failpoints } from "../../../server/store/failpoints.ts";
import { Random } from "../../../shared/random.ts";
import { compare, live, sweep, type Fate } from "../../support/crash-sweep.ts";
import { temporaryFolder } from "../../support/files.ts";

const folder = temporaryFolder();
const seed = Number(process.env["SEED"] ?? 1);
const long = process.env["TRIBUTARY_SWEEP"] === "1";
const small = { rounds: 4, clients: 3, numbers: 16, mode: "all" } as const;
const large = { ...small, numbers: 9000 };
const parent = folder.path;

/** Those on the way of every run; the others have tests of their own. */
const elsewhere = ["journal.flushed", "joiner.prepared", "joiner.admitted"];
const onTheWay = Object.keys(failpoints).filter((name) => !elsewhere.includes(name));

test("killed at every named place, a run comes to the same end", { timeout: 600_000 }, async () => {
  const reached = new Set<string>();
  const names = long ? onTheWay : onTheWay.filter((_, i) => i % 3 === seed % 3);
  for (const name of names) {
    for (const n of long ? [1, 2, 3, 5, 8] : [2]) {
      const fate = (life: number): Fate => (life === 0 ? { failpoint: `${name}@${n}` } : undefined);
      const { ended } = await sweep({ ...large, parent, name: `failpoint-${name}-${n}` }, fate);
      if (ended > 0) reached.add(name);
    }
  }
  if (long) expect([...reached].sort()).toEqual(onTheWay.sort());
});

describe("killed at random instants", () => {
  const kinds = [
    { ...small, rounds: long ? 120 : 6 },
    { ...large, rounds: long ? 90 : 4 },
    { ...small, clients: 5, rounds: long ? 6 : 3, mode: "some" },
  ] as const;
  test.each(kinds)(
    "$clients clients, $numbers numbers, $mode: nothing acknowledged is lost",
    { timeout: 10_800_000 },
    async (kind) => {
      const random = Random.seeded(seed).fork(JSON.stringify(kind));
      let [lives, ended, acknowledged] = [0, 0, 0];
      const wanted = long ? 350 : 3;
      for (let at = 0; ended < wanted; at++) {
        const fate = (): Fate =>
          random.uniform() < 0.1
            ? { kill: random.uniform() * 300, after: "start" }
            : { kill: random.uniform() * 250, after: "open" };
        const swept = await sweep({ ...kind, parent, name: `${kind.mode}-${kind.numbers}-${at}` }, fate);
        [lives, ended, acknowledged] = [lives + swept.lives, ended + swept.ended, acknowledged + swept.acknowledged];
      }
      console.info(
        JSON.stringify({
          sweep: "random kills",
          seed,
          ...kind,
          lives,
          killed: ended,
          acknowledged,
          lost: 0,
          doubled: 0,
        }),
      );
    },
  );
});

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
test.skipIf(!hasStrace)(
  "killed at the n-th sync or rename, a run comes to the same end",
  { timeout: 10_800_000 },
  async () => {
    const calls = ["fsync", "fdatasync", "rename", "pwrite64", "ftruncate"];
    const places = long ? Array.from({ length: 25 }, (_, i) => i + 1) : [3];
    let ended = 0;
    for (const syscall of long ? calls : ["fsync", "rename"]) {
      for (const n of places) {
        const fate = (life: number): Fate => (life === 0 ? { syscall, n } : undefined);
        ended += (await sweep({ ...large, rounds: 2, parent, name: `${syscall}-${n}` }, fate)).ended;
      }
    }
    expect(ended).toBeGreaterThan(0);
    console.info(JSON.stringify({ sweep: "system calls", calls, places: places.length, killed: ended }));
  },
);
if (!hasStrace) console.info("strace is not installed: nothing is killed at the n-th system call");

test("stopped and let go on, a run comes to the same end", { timeout: 120_000 }, async () => {
  const fate = (life: number): Fate => (life === 0 ? { stop: 50, forMs: 400 } : undefined);
  expect((await sweep({ ...small, parent, name: "stopped" }, fate)).ended).toBe(0);
});

test(
  "a stopped daemon's folder is refused to another one; taken over, the first one writes nothing any more",
  { timeout: 120_000 },
  async () => {
    const run = { ...small, rounds: 40, folder: `${parent}/contested` };
    const first = live(run, { stop: 100, forMs: 4000 });
    await new Promise((done) => setTimeout(done, 1500)); // stopped by then, or done: both are refused or in order
    const refused = await live(run, undefined);
    expect(refused.lines.at(-1)).toMatch(/^REFUSED locked .* is in use by process \d+/);
    let second = await live(run, undefined, { TAKE_OVER: "1" });
    // Stopped in the middle of a transaction, the first one holds the journal until it goes on.
    while (second.lines.at(-1)?.startsWith("REFUSED locked") === true)
      second = await live(run, undefined, { TAKE_OVER: "1" });
    expect(second.lines.at(-1)).toMatch(/^DONE/);
    const { code, lines } = await first;
    expect([code, lines.at(-1)]).toEqual([4, "LOST fenced"]);
    const told = [...lines, ...second.lines].filter((line) => !line.startsWith("ASK"));
    expect(compare(run, told).acknowledged).toBeGreaterThan(0);
  },
);
