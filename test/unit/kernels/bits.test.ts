import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operations, type OperationName } from "../../../shared/graph/operations.ts";
import { encodeProgram } from "../../../shared/graph/define-program.ts";
import { drawOf, seed } from "../../support/draw.ts";
import { caseOf, programOf } from "../../support/operation-cases.ts";
import { randomProgram } from "../../support/random-graphs.ts";
import { cnnStep, logisticStep, mlpStep } from "../../support/train-steps.ts";

/** Every operation, random programs and three train steps, in both precisions: one hash of all their outputs, wherever they run. */
const texts = [
  ...(Object.keys(operations) as OperationName[]).map((operation) =>
    programOf(caseOf(operation, drawOf(seed, "large"))),
  ),
  ...Array.from({ length: 6 }, (_, i) => randomProgram(drawOf(seed + i, "large"), 30)),
  logisticStep(16),
  mlpStep(10, [300, 64, 10]),
  cnnStep(2),
].map((program) => new TextDecoder().decode(encodeProgram(program)));

const script = new URL("../../support/bits.mjs", import.meta.url);
const newerNode = [process.env["TRIBUTARY_NEWER_NODE"], "node_modules/node/bin/node"].find(
  (path) => path !== undefined && existsSync(path),
);

describe(`the bits of ${texts.length} programs (seed ${seed})`, () => {
  let folder = "";
  let here = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tributary-bits-"));
    writeFileSync(join(folder, "programs.json"), JSON.stringify(texts));
    const { bitsOf } = (await import(script.href)) as { bitsOf: (texts: readonly string[]) => Promise<string> };
    here = await bitsOf(texts);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const elsewhere = (node: string, ...flags: string[]): string =>
    execFileSync(node, [...flags, script.pathname, join(folder, "programs.json")], { encoding: "utf8" }).trim();

  test("are the same in two worker threads at once", async () => {
    const inThread = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        new Worker(script, { workerData: { texts } }).once("message", resolve).once("error", reject);
      });
    expect(await Promise.all([inThread(), inThread()])).toEqual([here, here]);
  });

  test("are the same with V8's AVX and FMA disabled", () => {
    expect(elsewhere(process.execPath, "--no-enable-avx", "--no-enable-avx2", "--no-enable-fma3")).toBe(here);
  });

  test("are the same when V8 only compiles the baseline", () => {
    expect(elsewhere(process.execPath, "--liftoff-only")).toBe(here);
  });

  test.skipIf(newerNode === undefined)(
    "are the same on a newer Node (TRIBUTARY_NEWER_NODE, or the npm package node)",
    () => {
      expect(elsewhere(newerNode!)).toBe(here);
    },
  );
});
