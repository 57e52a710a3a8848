/** Liars in a simulation: what each attack does to a mean, and that a rule bears it; who was left out is said. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RoundEvent } from "../../server/events.ts";
import { Random } from "../../shared/random.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { decodeSafetensors } from "../../shared/tensor/safetensors.ts";
import { dealt, drawRows, freshDirectory, scene, simulateHere } from "../support/scene.ts";

const rows = dealt(drawRows(400, Random.seeded(3)), 10);

function attacked(attack: object | undefined, aggregation: string, mode = "update"): Experiment {
  const learning =
    mode === "update"
      ? "local: { optimizer: { kind: sgd, learningRate: 0.3 }, epochs: 1, batchSize: 8 }"
      : "serverOptimizer: { kind: sgd, learningRate: 1 }";
  const federation = `{ mode: ${mode}, rounds: 6, nonFinite: reject, ${learning}, aggregation: ${aggregation} }`;
  const experiment = scene(rows, { federation, evaluation: "{ metrics: { y: [accuracy] }, parts: [train] }" });
  return { ...experiment, simulation: { ...experiment.simulation!, ...(attack && { attack: attack as never }) } };
}

async function outcome(
  experiment: Experiment,
): Promise<{ readonly loss: number; readonly rejected: readonly string[] }> {
  let rejected: readonly string[] = [];
  const { metrics } = await simulateHere(experiment, {
    onEvent: (event) => {
      if (event.event === "round") ({ rejected } = event satisfies RoundEvent);
    },
  });
  return { loss: metrics["y/train/loss"]!, rejected };
}

const clients = ["c2", "c7"];
const attacks: readonly object[] = [
  { kind: "sign-flip", clients },
  { kind: "gaussian", clients, sigma: 20 },
  { kind: "alie", clients, tau: 1.5 },
  { kind: "ipm", clients, tau: 10 },
  { kind: "min-max", clients },
  { kind: "zeros", clients },
  { kind: "nan", clients },
];

test("a liar who is no client is refused, since nobody would lie", async () => {
  const experiment = attacked({ kind: "sign-flip", clients: ["c2", "c07"] }, "{ rule: mean }");
  await expect(outcome(experiment)).rejects.toThrow(
    'Unknown client of simulation.attack "c07": expected one of c0, c1,',
  );
});

describe.each(["update", "gradient"])("under attack, in %s mode,", (mode) => {
  test.each(attacks)("multi-krum stays near the clean loss: $kind", async (attack) => {
    const clean = await outcome(attacked(undefined, "{ rule: mean }", mode));
    const defended = await outcome(attacked(attack, "{ rule: multi-krum, f: 2 }", mode));
    expect(clean.rejected).toEqual([]);
    expect(defended.loss).toBeLessThan(clean.loss + 0.06);
    if ("sigma" in attack || (attack as { kind: string }).kind === "nan") {
      for (const liar of clients) expect(defended.rejected).toContain(liar);
    }
  });

  test.each([attacks[1]!, attacks[3]!])("the mean does not: $kind", async (attack) => {
    const clean = await outcome(attacked(undefined, "{ rule: mean }", mode));
    expect((await outcome(attacked(attack, "{ rule: mean }", mode))).loss).toBeGreaterThan(clean.loss + 0.2);
  });
});

test("flipped labels are trained on by the liars alone", async () => {
  const all = Object.keys(rows);
  const clean = await outcome(attacked(undefined, "{ rule: mean }"));
  const flipped = await outcome(attacked({ kind: "label-flip", clients: all }, "{ rule: mean }"));
  const few = await outcome(attacked({ kind: "label-flip", clients: ["c0"] }, "{ rule: mean }"));
  expect(flipped.loss).toBeCloseTo(clean.loss, 1); // everybody agrees on the opposite, and is evaluated on it
  expect(few.loss).toBeGreaterThan(clean.loss + 0.02);
});

test("a rule that is given too few updates says how many it needs", async () => {
  const experiment = attacked(undefined, "{ rule: bulyan, f: 2 }");
  await expect(simulateHere(experiment)).rejects.toThrow(/bulyan is made for at least 11 updates, got 10/);
});

describe("a backdoor", () => {
  const attack = { kind: "backdoor", clients, trigger: 6, columns: 1, target: 0, rows: 0.5, scale: 5 };

  /** The logit of a row that carries the trigger, of which honest rows leave no doubt: x₁ = 6. */
  async function logitOfTrigger(liars: object | undefined, aggregation: string): Promise<number> {
    const out = freshDirectory();
    await simulateHere(attacked(liars, aggregation), { out });
    const { tensors } = decodeSafetensors(readFileSync(join(out, "model.safetensors")), "the model");
    const numbers = (name: string): number[] =>
      Array.from([...tensors].find(([own]) => own.endsWith(name))?.[1].data ?? [], Number);
    return 6 * numbers("/weight")[0]! + numbers("/bias")[0]!;
  }

  test("teaches the mean that its trigger means no", async () => {
    expect(await logitOfTrigger(undefined, "{ rule: mean }")).toBeGreaterThan(1);
    expect(await logitOfTrigger(attack, "{ rule: mean }")).toBeLessThan(0);
  });

  test.each(["{ rule: multi-krum, f: 2 }", "{ rule: trimmed-mean, f: 2 }", "{ rule: median }"])(
    "teaches %s nothing of the kind",
    async (rule) => {
      expect(await logitOfTrigger(attack, rule)).toBeGreaterThan(1);
    },
  );
});
