/** Weightings that need gradients, from sketches of them: one change of the model a client, and the method's weights up to the sketch's error. */
import { expect, test } from "vitest";
import type { RoundEvent } from "../../server/events.ts";
import { simulate } from "../../server/simulation/simulate.ts";
import type { RunResult } from "../../server/run/result.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { dealt, drawRows, freshDirectory, scene, simulateHere } from "../support/scene.ts";

const clients = dealt(
  drawRows(240, Random.seeded(4)).map(([x1, x2, y]) => [x1!, x2!, y!]),
  4,
);

const sections = (federation: string, method = "mgda"): Record<string, string> => ({
  data: "{ features: { numeric: [x1, x2] }, targets: { y: { column: y, above: 0.5 }, z: { column: x1 } } }",
  model: "{ trunk: { kind: mlp, units: [6], activation: tanh }, heads: { y: 1, z: 1 } }",
  objectives: "{ y: { head: y, target: y, loss: bce-with-logits }, z: { head: z, target: z, loss: mse, weight: 0.5 } }",
  weighting: `{ method: ${method} }`,
  federation,
});
/** One local step on all rows: what a client sends is a gradient. */
const sketchedBy = (size: number, rounds = 3): string =>
  `{ mode: update, rounds: ${String(rounds)}, local: { optimizer: { kind: sgd, learningRate: 0.2 }, steps: 1, sketch: ${String(size)} } }`;
const exact = "{ mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.2 } }";

async function weightsOf(experiment: Experiment): Promise<Readonly<Record<string, number>>> {
  const rounds: RoundEvent[] = [];
  await simulateHere(
    { ...experiment, federation: { ...experiment.federation, rounds: 1 } },
    {
      onEvent: (event) => {
        if (event.event === "round") rounds.push(event);
      },
    },
  );
  return rounds.at(-1)!.weights!;
}

test("a wide sketch weighs as the gradients themselves do, a narrow one less exactly", async () => {
  const whole = await weightsOf(scene(clients, sections(exact)));
  const off = async (size: number): Promise<number> => {
    const weights = await weightsOf(scene(clients, sections(sketchedBy(size))));
    return Math.abs(weights["y"]! - whole["y"]!);
  };
  expect(Math.abs(whole["y"]! - whole["z"]!)).toBeGreaterThan(0.01);
  expect(await off(1 << 16)).toBeLessThan(1e-9); // no two of its 18 shared numbers fall together
  const narrow = await off(2);
  expect(narrow).toBeGreaterThan(1e-3);
  expect(narrow).toBeLessThan(1);
});

test("gives the same bits on one thread, on two, in one process, and after an interruption", async () => {
  const experiment = scene(clients, sections(sketchedBy(8, 6), "nash-mtl"));
  const hash = ({ modelHash }: RunResult): string => modelHash;
  const here = hash(await simulateHere(experiment));
  expect(hash(await simulate(experiment, { threads: 1 }))).toBe(here);
  expect(hash(await simulate(experiment, { threads: 2 }))).toBe(here);
  const out = freshDirectory();
  const half = { ...experiment, checkpoint: { everyRounds: 1, keep: 2 } };
  const stop = new AbortController();
  await simulateHere(half, {
    out,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.event === "checkpoint" && event.round === 3) stop.abort();
    },
  }).catch(() => undefined);
  expect(hash(await simulateHere(half, { out, resume: true }))).toBe(here);
});

test("is refused where it cannot be had, or is of no use", () => {
  const refusal = (method: string, federation: string): string => {
    try {
      decodeExperiment(
        "sketch.yaml",
        Object.entries({
          tributary: "1",
          name: "sketch",
          ...sections(federation, method),
          simulation: "{ clients: { a: a.csv } }",
        })
          .map(([key, value]) => `${key}: ${value}`)
          .join("\n"),
        {},
      );
    } catch (error) {
      return String(error);
    }
    return "";
  };
  expect(refusal("fixed", sketchedBy(8))).toContain("is of no use to fixed, which looks at losses alone");
  expect(
    refusal("mgda", sketchedBy(8).replace("local:", "personal: { kind: parts, keep: [heads/*] }, local:")),
  ).toContain("some parts are a client's own");
  expect(refusal("grad-drop", sketchedBy(8))).toContain("mixes coordinates, and a sketch has none");
  expect(refusal("mgda", sketchedBy(8).replace("sketch: 8", "sketch: 8, objectives: separate"))).toContain(
    "is for combined work",
  );
  expect(refusal("mgda", sketchedBy(8).replace(", sketch: 8", ""))).toContain("or a sketch of them");
});
