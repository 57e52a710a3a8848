/** What a client keeps to itself, and what it remembers of having answered. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { confidantIn, filedConfidant, mustStayDiscreet } from "../../../client/room/confidant.ts";
import { drawnBatches } from "../../../client/training/private-steps.ts";
import type { Discretion } from "../../../shared/privacy/discretion.ts";
import type { Task, TrainTask } from "../../../shared/protocol/task.ts";
import { temporaryFolder } from "../../support/files.ts";

const scratch = temporaryFolder();
const terms: Discretion = { mechanism: "local", noiseMultiplier: 1, clipNorm: 1, rounds: 3 };
const task = (round: number, change: Partial<TrainTask> = {}): TrainTask => ({
  kind: "train",
  round,
  parameters: Float64Array.of(1, 2, 3),
  learningRate: 0.1,
  totals: [1],
  ...change,
});
const hex = (secret: Uint8Array): string => Buffer.from(secret).toString("hex");

describe("a worker's own", () => {
  test("gives one task the same secret, also after a restart, and every client and round one of its own", () => {
    const folder = join(scratch.path, "same");
    const first = hex(filedConfidant(terms, folder).secretFor(task(1), "a"));
    expect(hex(filedConfidant(terms, folder).secretFor(task(1), "a"))).toBe(first);
    expect(hex(filedConfidant(terms, folder).secretFor(task(2), "a"))).not.toBe(first);
    expect(hex(filedConfidant(terms, folder).secretFor(task(1), "b"))).not.toBe(first);
    expect(hex(filedConfidant(terms, join(scratch.path, "other")).secretFor(task(1), "a"))).not.toBe(first);
    if (process.platform === "win32") return;
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  test("answers a round for one model alone, and no round that was not declared", () => {
    const folder = join(scratch.path, "once");
    mkdirSync(folder);
    filedConfidant(terms, folder).secretFor(task(1), "a");
    const again = filedConfidant(terms, folder);
    const refused = "Round 1 has been answered for another model or rate: expected the same again, since each answer costs privacy"; // prettier-ignore
    expect(() => again.secretFor(task(1, { parameters: Float64Array.of(1, 2, 4) }), "a")).toThrow(refused);
    expect(() => again.secretFor(task(1, { learningRate: 0.2 }), "a")).toThrow(refused);
    for (const round of [0, 4, 1.5])
      expect(() => again.secretFor(task(round), "a")).toThrow(`Round ${String(round)}: expected one of the 3 that were declared, whose ε was agreed to`); // prettier-ignore
    expect(again.secretFor(task(1), "a")).toHaveLength(32);
  });
});

test("of one machine, every client's secret is another, and that of any other model too: noise never cancels", () => {
  const confidant = confidantIn(terms, new Uint8Array(32).fill(7));
  const secrets = [
    confidant.secretFor(task(1), "a"),
    confidant.secretFor(task(1), "b"),
    confidant.secretFor(task(2), "a"),
    confidant.secretFor(task(1, { parameters: Float64Array.of(1, 2, 4) }), "a"),
    confidant.secretFor(task(1, { parameters: Float32Array.of(1, 2, 3) }), "a"),
    confidantIn(terms, new Uint8Array(32)).secretFor(task(1), "a"),
  ];
  expect(new Set(secrets.map(hex)).size).toBe(secrets.length);
  expect(hex(confidant.secretFor(task(1), "a"))).toBe(hex(secrets[0]!));
});

test("nothing is answered that would carry anything else of the rows", () => {
  const confidant = confidantIn(terms, new Uint8Array(32));
  const parameters = Float64Array.of(1);
  const wrong: Task[] = [
    { kind: "statistics" },
    { kind: "sums", round: 1, parameters },
    { kind: "gradient", round: 1, parameters },
    { kind: "evaluate", parameters, part: "train" },
    { kind: "evaluate", parameters, part: "test", personal: true },
  ];
  for (const one of wrong) {
    expect(() => {
      mustStayDiscreet(one, confidant);
    }).toThrow(/^Under local: expected training and evaluations of held-out rows, got /);
  }
  mustStayDiscreet(task(1), confidant);
  mustStayDiscreet({ kind: "prepare" }, confidant);
  mustStayDiscreet({ kind: "evaluate", parameters, part: "test" }, confidant);
});

test("the rows of a step are drawn one by one, by the secret: each with q = B/n, all where the batch is of all", () => {
  const rows = Int32Array.from({ length: 200 }, (_, i) => 3 * i);
  const own: Discretion = {
    mechanism: "dp-sgd",
    noiseMultiplier: 1,
    clipNorm: 1,
    rounds: 1,
    steps: 400,
    batchSize: 20,
  };
  const secret = new Uint8Array(32).fill(1);
  const batches = drawnBatches(rows, own, secret);
  expect(batches).toHaveLength(400);
  const counts = new Map(Array.from(rows, (row) => [row, 0]));
  for (const batch of batches) for (const row of batch) counts.set(row, counts.get(row)! + 1);
  for (const count of counts.values()) expect(Math.abs(count - 40)).toBeLessThan(30); // 5 standard deviations: √(400·0.09) = 6
  const sizes = batches.map(({ length }) => length);
  const mean = sizes.reduce((a, b) => a + b, 0) / 400;
  expect(Math.abs(mean - 20)).toBeLessThan(1.1); // √(200·0.09/400) = 0.21
  const variance = sizes.reduce((a, b) => a + (b - mean) * (b - mean), 0) / 400;
  expect(variance).toBeGreaterThan(12); // binomial: 18
  expect(variance).toBeLessThan(25);
  expect(drawnBatches(rows, own, secret)).toEqual(batches);
  expect(drawnBatches(rows, own, new Uint8Array(32))).not.toEqual(batches);
  expect(drawnBatches(rows, { ...own, steps: 2, batchSize: "full" }, secret)).toEqual([rows, rows]);
  expect(drawnBatches(rows, { ...own, steps: 1, batchSize: 500 }, secret)).toEqual([rows]);
});
