/** Bytes that are not those that were written: found when the store is opened, with file and offset, or of no consequence. */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { JournalEngine, journalFile, type Outcome } from "../../../server/store/journal-engine.ts";
import { migrate, schemaSteps } from "../../../server/store/schema.ts";
import { Sqlite } from "../../../server/store/sqlite.ts";
import { select, tables, type TableName } from "../../../server/store/tables.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { house } from "../../support/tributary.ts";

const folder = temporaryFolder();
const whole = join(folder.path, "whole");
const random = Random.seeded(Number(process.env["SEED"] ?? 1));
let count = 0;

/** Three rounds in files and in the log of a process that was killed: as a crash leaves them. */
beforeAll(() => {
  const script = join(house, "test/support/durable-run.mjs");
  const environment = { ...process.env, TRIBUTARY_FAILPOINT: "round.committed@3" };
  expect(() => execFileSync(process.execPath, [script, whole, "9", "2", "9000", "all"], { env: environment })).toThrow(
    "Command failed",
  );
});

const copy = (): string => {
  const path = join(folder.path, `copy-${count++}`);
  cpSync(whole, path, { recursive: true, filter: (file) => !file.endsWith("reserve") });
  return path;
};
/** Not the highest bit when drawn: the driver itself aborts where the text of SQLite's own schema is no UTF-8. */
const flip = (file: string, at: number, bit = random.integer(7)): void => {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1 << bit;
  writeFileSync(file, bytes);
};
/** All rows out of the log. */
const intoDatabase = (path: string): void => {
  const engine = new JournalEngine(path);
  engine.flush("TRUNCATE");
  engine.close();
};
/** Every row, as the next process sees it; epochs are its own. */
const open = (path: string): string => {
  const engine = new JournalEngine(path);
  engine.close();
  const db = new Sqlite(journalFile(path));
  const rows = (Object.keys(tables) as TableName[])
    .filter((table) => table !== "epochs")
    .map((table) =>
      select(db, table).map((row) =>
        Object.values(row).map((value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value),
        ),
      ),
    );
  db.close();
  return JSON.stringify(rows);
};

describe("a flipped bit", () => {
  test.each([
    ["journal.db-wal", 20],
    ["journal.db", 20],
  ])("in %s is found with file and offset, or changes nothing", (name, tries) => {
    const sound = open(copy());
    let found = 0;
    for (let i = 0; i < tries; i++) {
      const path = copy();
      if (name === "journal.db") intoDatabase(path);
      const file = join(path, name);
      const written = [...readFileSync(file).entries()].filter(([, byte]) => byte !== 0).map(([at]) => at); // pages are half empty
      const at = written[random.integer(written.length)]!;
      flip(file, at);
      let seen: string;
      try {
        seen = open(path);
      } catch (error) {
        expect(String(error), `byte ${at}`).toMatch(
          /journal\.db.*(is damaged|not as it was written|is not a journal|file is not a database|not.*version)/s,
        );
        found++;
        continue;
      }
      expect(seen === sound, `a flipped bit at byte ${at} of ${name} changes what is read, and nobody says so`).toBe(
        true,
      );
    }
    expect(found).toBeGreaterThan(0);
  });

  test("that makes a text no text any more is found like any other", () => {
    const path = copy();
    intoDatabase(path);
    const file = join(path, "journal.db");
    flip(file, readFileSync(file).lastIndexOf("swept"), 7);
    expect(() => open(path)).toThrow(/journal\.db.* is damaged|not as it was written/s);
  });

  test("in the middle of the log names the file and the offset of its frame", () => {
    const path = copy();
    const file = join(path, "journal.db-wal");
    flip(file, 32 + 3 * (24 + 4096) + 500);
    expect(() => open(path)).toThrow(`${file} is damaged at offset ${32 + 3 * (24 + 4096)}: frame 3`);
  });

  test("in the last commit of the log is found though nothing follows it", () => {
    const path = copy();
    const file = join(path, "journal.db-wal");
    const frames = Math.floor((statSync(file).size - 32) / (24 + 4096));
    flip(file, 32 + (frames - 1) * (24 + 4096) + 200);
    expect(() => open(path)).toThrow(/is damaged at offset \d+: .* frames were committed/);
  });

  test("in a checkpoint names the file and the offset, and offers the older one", () => {
    const path = copy();
    const [newest] = checkpoints(path);
    const file = join(path, "blobs", newest!);
    flip(file, 70_000);
    expect(() => open(path)).toThrow(
      new RegExp(
        `${newest} is damaged at offset 65536: .*the checkpoint of round 2 is sound: tributary journal repair`,
      ),
    );
  });

  test("in an update of a round that goes on names the file", () => {
    const path = join(folder.path, `going-${count++}`);
    const script = join(house, "test/support/durable-run.mjs");
    const environment = { ...process.env, TRIBUTARY_FAILPOINT: "round.closed@2" };
    expect(() => execFileSync(process.execPath, [script, path, "9", "3", "9000", "all"], { env: environment })).toThrow(
      "Command failed",
    );
    const db = new Sqlite(journalFile(path));
    const updates = select(db, "contents", "kind = 'update' AND inline IS NULL").map(({ sha256 }) => String(sha256));
    db.close();
    expect(updates.length).toBeGreaterThan(0);
    flip(join(path, "blobs", updates[0]!), 3);
    expect(() => open(path)).toThrow(`${updates[0]} is damaged at offset 0`);
  });
});

test("a torn tail of the log is forgotten, and only it", () => {
  const sound = open(copy());
  const path = copy();
  const file = join(path, "journal.db-wal");
  const end = readFileSync(file);
  const torn = Buffer.concat([end, end.subarray(32, 32 + 2000)]); // as if another frame had been begun
  writeFileSync(file, torn);
  expect(open(path)).toBe(sound);
});

test("a log that lost its end after a power failure, index and all, goes back to a whole transaction", () => {
  const path = copy();
  const file = join(path, "journal.db-wal");
  truncateSync(file, statSync(file).size - 1000);
  truncateSync(join(path, "journal.db-shm"), 0);
  expect(() => open(path)).not.toThrow();
});

test("a missing file of a run that goes on is found", () => {
  const path = copy();
  const [newest] = checkpoints(path);
  truncateSync(join(path, "blobs", newest!), 10);
  expect(() => open(path)).toThrow(/expected 72000 bytes, got 10 bytes/);
});

describe("versions", () => {
  const journal = (): string => join(copy(), "journal.db");

  test("an earlier one is brought forward, and keeps its rows", () => {
    const path = copy();
    const more = [
      ...schemaSteps,
      (db: Sqlite) => {
        db.exec("ALTER TABLE runs ADD COLUMN tag TEXT");
      },
    ];
    const engine = new JournalEngine(path, more);
    expect(engine.opened.migratedFrom).toBe(schemaSteps.length);
    expect(valueOf(engine.transact([{ name: "runs", input: null }], 0))).toMatchObject([{ id: "swept", rounds: 3 }]);
    engine.close();
    expect(() => new JournalEngine(path)).toThrow(
      `is of version ${more.length} of the journal, and this program knows versions up to ${schemaSteps.length}`,
    );
  });

  test("a step that fails leaves the earlier one as it was", () => {
    const file = journal();
    const db = new Sqlite(file);
    const broken = [
      ...schemaSteps,
      (one: Sqlite) => {
        one.exec("CREATE TABLE extra (x)");
        throw new Error("half-way");
      },
    ];
    expect(() => migrate(db, file, broken)).toThrow("half-way");
    expect(migrate(db, file)).toBe(schemaSteps.length);
    expect(db.all("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'")).toEqual([[0]]);
    db.close();
  });

  test("another program's database is refused", () => {
    const path = copy();
    const db = new Sqlite(journalFile(path));
    db.exec("PRAGMA application_id = 7");
    db.close();
    expect(() => open(path)).toThrow("is not a journal: it is another program's database");
  });
});

test("the audit chain breaks where an entry was changed or taken out, even with a checksum that fits", () => {
  const path = join(folder.path, `audit-${count++}`);
  cpSync(whole, path, { recursive: true });
  const engine = new JournalEngine(path);
  const entries = [1, 2, 3].map((n) => ({
    name: "audit" as const,
    input: { actor: "ada", action: "revoke", detail: n },
  }));
  engine.transact(entries, 5);
  engine.close();
  const db = new Sqlite(journalFile(path));
  db.run("DELETE FROM audits WHERE seq = ?", [2]);
  db.close();
  expect(() => open(path)).toThrow("The audit chain breaks at entry 3");
});

/** The checkpoints that are files, the newest first. */
function checkpoints(path: string): string[] {
  const db = new Sqlite(journalFile(path));
  const found = select(db, "contents", "kind = 'checkpoint' ORDER BY round DESC").map(({ sha256 }) => String(sha256));
  db.close();
  expect(readdirSync(join(path, "blobs"))).toEqual(expect.arrayContaining(found));
  return found;
}

const valueOf = ([outcome]: readonly Outcome[]): unknown =>
  outcome !== undefined && "value" in outcome ? outcome.value : outcome;
