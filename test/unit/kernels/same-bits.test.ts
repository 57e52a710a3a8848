import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { newerNode } from "../../support/tributary.ts";

const script = fileURLToPath(new URL("../../support/kernel-bits.mjs", import.meta.url));
const bits = (node: string, ...flags: string[]) => execFileSync(node, [...flags, script], { encoding: "utf8" }).trim();
const here = bits(process.execPath);

describe("the kernels, the random streams and the sums have the same bits", () => {
  test("with V8's AVX and FMA disabled", () => {
    const flags = ["--no-enable-avx", "--no-enable-avx2", "--no-enable-fma3"];
    expect(bits(process.execPath, ...flags)).toBe(here);
  });

  test("by the baseline compiler alone and by the optimizing one alone", () => {
    expect(bits(process.execPath, "--liftoff-only")).toBe(here);
    expect(bits(process.execPath, "--no-liftoff")).toBe(here);
  });

  test("in a worker thread", async () => {
    const hash = await new Promise((resolve, reject) => {
      new Worker(script).once("message", resolve).once("error", reject);
    });
    expect(hash).toBe(here);
  });

  test.skipIf(!existsSync(newerNode))(`on a newer Node (${newerNode}; skipped where there is none)`, () => {
    expect(bits(newerNode)).toBe(here);
  });
});
