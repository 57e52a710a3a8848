/** Chance of training — here dropout — in gradient mode: keyed by example and round, wherever and however a row is computed. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simulateOver } from "../../server/simulation/simulate.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Task } from "../../shared/protocol/task.ts";
import { Random } from "../../shared/random.ts";
import { MemoryFleet } from "../support/memory-fleet.ts";
import { distance, drawRows, scene, trajectory } from "../support/scene.ts";

const rows = drawRows(300, Random.seeded(11)); // of one client more than two micro-batches
const file = join(mkdtempSync(join(tmpdir(), "tributary-chance-")), "all.csv");
writeFileSync(file, ["x1,x2,y", ...rows.map((row) => row.join(","))].join("\n"));
const model = "{ trunk: { kind: mlp, units: [6], dropout: 0.5 }, heads: { y: 1 }, initial: { kind: glorot-uniform } }";
const gentle = "{ mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 1e-8 } }"; // the model stays where it is

/** One data set, cut into so many clients. */
const cut = (clients: number, sections: Readonly<Record<string, string>> = {}): Experiment =>
  scene({}, { model, simulation: `{ data: ${file}, partition: { kind: iid, clients: ${clients} } }`, ...sections });

/** What clients answered together to a task. */
interface Exchange {
  readonly kind: Task["kind"];
  /** Of all rows, and the sum of the gradients. */
  numerator: number;
  denominator: number;
  slope: Float64Array | undefined;
}

async function exchanges(
  experiment: Experiment,
  wanted: Task["kind"],
  asked: (task: Task, cohort: readonly string[]) => Task = (task) => task,
): Promise<readonly Exchange[]> {
  const seen: Exchange[] = [];
  await simulateOver((clients) => {
    const fleet = new MemoryFleet(clients);
    return {
      members: fleet.members,
      async *run(task, place, cohort, signal) {
        const exchange: Exchange = { kind: task.kind, numerator: 0, denominator: 0, slope: undefined };
        seen.push(exchange);
        for await (const report of fleet.run(asked(task, cohort), place, cohort, signal)) {
          if (report.type === "accepted") {
            for (const { contributions } of report.answers) {
              exchange.numerator += contributions[0]!.numerator;
              exchange.denominator += contributions[0]!.denominator;
            }
            const part = report.vectors[0]?.value();
            exchange.slope = part?.map((x, i) => x + (exchange.slope?.[i] ?? 0));
          }
          yield report;
        }
      },
      [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
    };
  }, experiment);
  return seen.filter(({ kind }) => kind === wanted);
}

describe("dropout in gradient mode", () => {
  test("is the same however the data are cut", async () => {
    const [whole, ...others] = await Promise.all([1, 3, 7].map((clients) => trajectory(cut(clients))));
    for (const other of others) expect(distance(whole!, other)).toBeLessThanOrEqual(1e-12);
  });

  test("is another in every round", async () => {
    const losses = (await exchanges(cut(2, { federation: gentle }), "gradient")).map(({ numerator }) => numerator);
    expect(losses).toHaveLength(3);
    for (const [i, loss] of losses.entries())
      for (const before of losses.slice(0, i)) expect(Math.abs(loss - before)).toBeGreaterThan(1e-3);
  });

  test("is the same in both phases of a function of sums: √mse descends as mse does, over 2·√mse", async () => {
    const [squares, roots] = await Promise.all(
      ["mse", "rmse"].map((loss) => {
        const data = "{ features: { numeric: [x1, x2] }, targets: { y: { column: y } } }";
        const objectives = `{ y: { head: y, target: y, loss: ${loss} } }`;
        return exchanges(cut(3, { data, objectives, federation: gentle }), "gradient");
      }),
    );
    expect(squares).toHaveLength(3);
    for (const [i, { numerator, denominator, slope }] of squares!.entries()) {
      const over = 2 * Math.sqrt(numerator / denominator) * denominator;
      expect(distance([slope!.map((x) => x / over)], [roots![i]!.slope!])).toBeLessThanOrEqual(1e-6);
    }
  });

  test("is left out where the model is evaluated", async () => {
    const evaluation = "{ everyRounds: 1, parts: [train] }";
    const seen = await exchanges(cut(2, { federation: gentle, evaluation }), "evaluate");
    expect(seen.length).toBeGreaterThan(1);
    for (const { numerator } of seen) expect(Math.abs(numerator - seen[0]!.numerator)).toBeLessThan(1e-3);
  });
});

describe("dropout in local steps", () => {
  test("is another in every step of every round, where a client makes fewer passes than asked too", async () => {
    const local = "{ epochs: 2, batchSize: full, optimizer: { kind: sgd, learningRate: 1e-8 } }"; // stays where it is
    const experiment = cut(1, { federation: `{ mode: update, rounds: 3, local: ${local} }` });
    const passes = [2, 1, 1];
    const given = (task: Task, [client]: readonly string[]): Task =>
      task.kind === "train" ? { ...task, epochs: new Map([[client!, passes[task.round - 1]!]]) } : task;
    const [both, second, third] = (await exchanges(experiment, "train", given)).map(({ numerator }) => numerator);
    expect(Math.abs(both! - second! - third!)).toBeGreaterThan(1e-3);
  });
});
