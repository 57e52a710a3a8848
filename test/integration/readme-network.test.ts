/** The README's way from nothing to a coordinator and two workers with mTLS, as one script. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const house = resolve(import.meta.dirname, "../..");
const [, script] = /^```bash\n([\s\S]*?)^```$/m.exec(readFileSync(join(house, "README.md"), "utf8"))!;

test("takes less than ten commands", () => {
  const commands = script!
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  expect(commands.length).toBeLessThan(10);
});

test("trains over two workers with mTLS, and ends with a model", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tributary-readme-"));
  for (const entry of ["dist", "examples", "node_modules", "package.json", "shared", "proto"])
    symlinkSync(join(house, entry), join(folder, entry));
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  free.close();
  const child = spawn("/bin/bash", ["-c", script!.replaceAll("7433", String(port))], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(child, "close")) as [number];
  rmSync(folder, { recursive: true, force: true });
  expect(printed).toMatch(/all 60 rounds are done · model sha256:[0-9a-f]{64}/);
  expect(code).toBe(0);
}, 180_000);
