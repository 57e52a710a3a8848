/** Disks that fail or are full: nothing is acknowledged that is not on disk, and the run comes to the same end once they are well again. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compare, durableRun, live, type SweptRun } from "../../support/crash-sweep.ts";
import { temporaryFolder } from "../../support/files.ts";

const folder = temporaryFolder();
const run = (name: string): SweptRun => ({
  folder: join(folder.path, name),
  rounds: 3,
  clients: 2,
  numbers: 9000,
  mode: "all",
});

describe("a sync or write that fails ends the process, and is not tried again", () => {
  test.each(["blob.written@2=EIO", "blob.synced@3=EIO", "journal.applied@5=EIO"])("%s", async (failpoint) => {
    const broken = run(failpoint.replace(/\W/g, "-"));
    const first = await live(broken, { failpoint });
    expect([first.code, first.lines.at(-1)]).toEqual([4, "LOST storage-failed"]);
    const second = await live(broken, undefined);
    expect(second.lines.at(-1)).toMatch(/^DONE/);
    compare(broken, [...first.lines, ...second.lines]);
  });

  const hasStrace = spawnSync("strace", ["-V"]).status === 0;
  test.skipIf(!hasStrace)("a sync by the system itself", async () => {
    const broken = run("fdatasync");
    const inject = [
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-e",
      "trace=fsync,fdatasync",
      "-e",
      "inject=fsync,fdatasync:error=EIO:when=14",
    ];
    const first = spawnSync("strace", [...inject, process.execPath, ...durableRun(broken)], { encoding: "utf8" });
    const lines = first.stdout.split("\n").slice(0, -1);
    expect(first.status).not.toBe(0);
    expect(lines.at(-1)).toMatch(/^(LOST|REFUSED) storage-failed/);
    const second = await live(broken, undefined);
    expect(second.lines.at(-1)).toMatch(/^DONE/);
    compare(broken, [...lines, ...second.lines]);
  });
  if (!hasStrace) console.info("strace is not installed: no system call is made to fail");
});

describe("a full disk stops acceptance, not the process", () => {
  test.each(["upload.written@4=ENOSPC", "blob.written@3=ENOSPC", "journal.begun@6=ENOSPC", "journal.applied@9=ENOSPC"])(
    "%s",
    async (failpoint) => {
      const full = run(failpoint.replace(/\W/g, "-"));
      const { code, lines } = await live(full, { failpoint });
      expect([code, lines.at(-1)?.split(" ")[0]]).toEqual([0, "DONE"]);
      compare(full, lines);
    },
  );

  const small = join(folder.path, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", small]).status === 0;
  afterAll(() => {
    if (mounted) execFileSync("umount", ["-l", small]);
  });
  test.skipIf(!mounted)("a file system that is really full, and freed later", async () => {
    const full = { ...run("small/store"), rounds: 30 };
    const child = spawn(process.execPath, durableRun(full));
    let [text, said, filled] = ["", "", false];
    const filler = join(small, "filler");
    child.stderr.setEncoding("utf8").on("data", (more: string) => (said += more));
    const code = await new Promise<number | null>((done) => {
      child.stdout.setEncoding("utf8").on("data", (more: string) => {
        text += more;
        if (filled || !text.includes("COMMIT 2 ")) return;
        filled = true;
        spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"]); // until there is no more
        writeFileSync(filler, Buffer.alloc(0), { flag: "a" });
        setTimeout(() => {
          rmSync(filler);
        }, 1500);
      });
      child.on("close", done);
    });
    const lines = text.split("\n").slice(0, -1);
    expect([code, lines.at(-1)?.split(" ")[0], filled], said).toEqual([0, "DONE", true]);
    compare(full, lines);
  });
  if (!mounted) console.info("no file system may be mounted here: none is really filled");
});
