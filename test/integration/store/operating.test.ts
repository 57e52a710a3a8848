/** Backup, restore, check, repair and retention, on stores that processes have left or are using. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { JournalEngine, journalFile } from "../../../server/store/journal-engine.ts";
import { DiskStore } from "../../../server/store/disk-store.ts";
import { Sqlite } from "../../../server/store/sqlite.ts";
import { select } from "../../../server/store/tables.ts";
import { createLogger } from "../../../server/telemetry/logger.ts";
import { live, type SweptRun } from "../../support/crash-sweep.ts";
import { temporaryFolder } from "../../support/files.ts";
import { tributary } from "../../support/tributary.ts";

const folder = temporaryFolder();
const run = (name: string): SweptRun => ({
  folder: join(folder.path, name),
  rounds: 5,
  clients: 2,
  numbers: 9000,
  mode: "all",
});
const killed = run("killed");
let count = 0;
const copy = (): string => {
  const path = join(folder.path, `copy-${count++}`);
  cpSync(killed.folder, path, { recursive: true });
  return path;
};
const flip = (file: string, at: number): void => {
  const bytes = readFileSync(file);
  bytes[at]! ^= 4;
  writeFileSync(file, bytes);
};
const lastHash = (lines: readonly string[]): string =>
  lines.findLast((line) => line.startsWith("DONE"))!.split(" ")[1]!;
let undisturbed: string;

beforeAll(async () => {
  undisturbed = lastHash((await live(run("undisturbed"), undefined)).lines);
  await live(killed, { failpoint: "round.committed@3" });
});

test("a store that is being used is backed up; what is restored from it comes to the same end", async () => {
  const used = { ...run("used"), rounds: 40 };
  const working = live(used, undefined);
  while (!existsSync(join(used.folder, "journal.db-wal")) || readdirSync(join(used.folder, "blobs")).length < 3)
    await new Promise((done) => setTimeout(done, 50));
  const target = join(folder.path, "backup");
  const { code, stdout, stderr } = await tributary(["backup", used.folder, target, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ folder: target, runs: 1 });
  const end = await working;
  const restored = { ...used, folder: join(folder.path, "restored") };
  expect((await tributary(["restore", target, restored.folder])).code).toBe(0);
  expect(lastHash((await live(restored, undefined)).lines)).toBe(lastHash(end.lines));
  const again = await tributary(["backup", used.folder, target]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/expected an empty folder/)]);
});

test("a check names nothing of a store that was killed, and the first damage of another", async () => {
  const sound = await tributary(["journal", "check", copy()]);
  expect([sound.code, sound.stdout]).toEqual([0, expect.stringMatching(/as they were written/)]);
  const path = copy();
  flip(join(path, "journal.db-wal"), 20_000);
  const { code, stderr } = await tributary(["journal", "check", path]);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/journal\.db-wal is damaged at offset \d+/)]);
});

test("a run whose newest checkpoint is damaged goes on from the older one, to the same end", async () => {
  const path = copy();
  const db = new Sqlite(journalFile(path));
  const [newest] = select(db, "contents", "kind = 'checkpoint' ORDER BY round DESC");
  db.close();
  flip(join(path, "blobs", String(newest!.sha256)), 100);
  const refused = await live({ ...killed, folder: path }, undefined);
  expect(refused.lines.at(-1)).toMatch(/^REFUSED corrupt-journal .*the checkpoint of round 2 is sound/);
  const { code, stdout } = await tributary(["journal", "repair", path]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/run swept goes on from round 2/)]);
  expect(lastHash((await live({ ...killed, folder: path }, undefined)).lines)).toBe(undisturbed);
});

test("a damaged log is mended: what follows the damage is kept, and the run comes to the same end", async () => {
  const path = copy();
  flip(join(path, "journal.db-wal"), 32 + 4 * (24 + 4096) + 24 + 4090);
  const { code, stdout } = await tributary(["journal", "repair", path, "--json"]);
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/the log was damaged at offset/);
  expect((await tributary(["journal", "check", path])).code).toBe(0);
  expect(lastHash((await live({ ...killed, folder: path }, undefined)).lines)).toBe(undisturbed);
});

test("a sound store needs no repair; one that is served is not touched", async () => {
  const path = copy();
  expect((await tributary(["journal", "repair", path])).stdout).toMatch(/nothing was damaged/);
  await using store = await DiskStore.open(path, { log: createLogger("silent") });
  const { code, stderr } = await tributary(["journal", "repair", path]);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/in use by process/)]);
  expect(store.accepting).toBe(true);
});

test("shows who took part in each round", async () => {
  const { code, stdout } = await tributary(["journal", "show", copy(), "swept"]);
  expect([code, stdout]).toEqual([0, [1, 2, 3].map((round) => `round ${round}: client-0, client-1\n`).join("")]);
});

test("runs that are over give way to a disk budget, and keep their model; those that go on keep everything", async () => {
  const path = copy();
  await using store = await DiskStore.open(path, { log: createLogger("silent") });
  const open = await store.retain(1);
  expect(open).toBeGreaterThan(1);
  expect((await store.resume("swept"))?.round).toBe(3);
  const shared = await store.put("swept", new Uint8Array(200_000));
  await store.endRun("swept", { status: "finished", explanation: "done" });
  expect(await store.retain(1)).toBeLessThan(open);
  await store.settle();
  expect(await store.get(shared)).toBeUndefined();
  expect((await store.resume("swept"))?.round).toBe(3);
  expect(readdirSync(join(path, "blobs"))).not.toContain(shared);
});

test("while a backup is under way no file is swept; a hold that was left behind holds nothing for ever", () => {
  const path = copy();
  const engine = new JournalEngine(path);
  const stray = "0".repeat(64);
  writeFileSync(join(path, "blobs", stray), "");
  cpSync(journalFile(path), join(path, "holds", "one"), { recursive: true });
  engine.transact([{ name: "sweep", input: [stray] }], Date.now());
  expect(existsSync(join(path, "blobs", stray))).toBe(true);
  rmSync(join(path, "holds", "one"));
  engine.transact([{ name: "sweep", input: [stray] }], Date.now());
  expect(existsSync(join(path, "blobs", stray))).toBe(false);
  engine.close();
});
