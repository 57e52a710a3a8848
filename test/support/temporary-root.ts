import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives all tests, and the processes they start, one temporary folder to make theirs in; nothing of it is left. */
export default function setup(): () => void {
  const root = mkdtempSync(join(tmpdir(), "tributary-tests-"));
  process.env["TMPDIR"] = root;
  return () => {
    rmSync(root, { recursive: true, force: true });
  };
}
