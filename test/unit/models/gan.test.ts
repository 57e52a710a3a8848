/** Two players in one model: whose parameters are whose, the slope between real and made, and a game that finds a mean. */
import { expect, test } from "vitest";
import { broadcastTo, constant, divide, fill, input, reshape } from "../../../shared/graph/build.ts";
import { gradient } from "../../../shared/graph/gradient.ts";
import { inOrder, type Node } from "../../../shared/graph/graph.ts";
import { defineProgram } from "../../../shared/graph/define-program.ts";
import type { Program } from "../../../shared/graph/program.ts";
import { createEngine } from "../../../shared/kernels/engine.ts";
import { Heap } from "../../../shared/kernels/heap.ts";
import { createReferenceEngine } from "../../../shared/kernels/reference.ts";
import { losses } from "../../../shared/losses/catalogue.ts";
import { gan } from "../../../shared/models/gan.ts";
import { initialValues } from "../../../shared/models/initial.ts";
import { trace, type Traced } from "../../../shared/models/trace.ts";
import { objectiveOutputs } from "../../../shared/objectives/objective.ts";
import { Random } from "../../../shared/random.ts";
import { layoutOf } from "../../../shared/tensor/parameters.ts";
import { seed } from "../../support/draw.ts";
import { evaluate } from "../../support/evaluate.ts";
import { differences, distance } from "../../support/finite-differences.ts";

const heads = (width: number) => ({
  both: { outputs: 2, bias: true },
  made: { outputs: 1, bias: true },
  slope: { outputs: width, bias: true },
  sample: { outputs: width, bias: true },
});

/** The model on a batch of given rows, with given chance. */
function traced(batch: number, width: number, options = {}): { readonly model: Traced; readonly chance: Node[] } {
  const chance: Node[] = [];
  const model = trace({
    model: gan.bind(options),
    heads: heads(width),
    features: { table: { shape: [width], dtype: "real" } },
    batch,
    training: true,
    feature: () => input("real", [batch, width]),
    uniform: (draw, size) => {
      chance.push(input(`chance/${draw}`, [batch, size]));
      return chance.at(-1)!;
    },
  });
  return { model, chance };
}

function programOf({ model, chance }: ReturnType<typeof traced>, outputs: Readonly<Record<string, Node>>): Program {
  const real = {
    name: "real",
    role: "batch",
    shape: [chance[0]!.shape[0]!, model.heads["sample"]!.shape[1]!],
  } as const;
  return defineProgram({
    inputs: [
      ...model.parameters.map(
        ({ name, shape, scope }) => ({ name, role: "parameter", shape, dtype: "real", scope }) as const,
      ),
      { ...real, dtype: "real" },
      ...chance.map(
        ({ attributes, shape }) => ({ name: String(attributes["name"]), role: "batch", shape, dtype: "real" }) as const,
      ),
    ],
    outputs,
  });
}

test("every parameter is one player's, and the samples are the generator's alone", () => {
  const { model } = traced(3, 2);
  const ownerOf = (name: string): string => name.split("/")[0]!;
  expect(new Set(model.parameters.map(({ name }) => ownerOf(name)))).toEqual(new Set(["generator", "discriminator"]));
  const reached = new Set(inOrder([model.heads["sample"]!]));
  for (const { name, node } of model.parameters) expect(reached.has(node), name).toBe(ownerOf(name) === "generator");
});

test(`a penalty on the slope has the gradient of differences, through a gradient (SEED=${seed})`, () => {
  const game = traced(4, 2, { discriminator: { units: [5] } });
  const random = Random.seeded(seed);
  const weights = reshape(game.chance.at(-1)!, [4]); // any positive numbers
  const penalty = objectiveOutputs(
    losses["gradient-penalty"].bind(),
    { prediction: game.model.heads["slope"]! },
    weights,
  );
  const critic = game.model.parameters.filter(({ name }) => name.startsWith("discriminator/"));
  const slopes = gradient(
    penalty.numerator,
    critic.map(({ node }) => node),
  );
  const engine = createReferenceEngine(
    programOf(game, {
      value: penalty.numerator,
      ...Object.fromEntries(critic.map(({ name }, i) => [`slope/${name}`, slopes[i]!])),
    }),
  );
  for (const { name } of engine.program.inputs) {
    const values = engine.input(name);
    values.forEach((_, i) => (values[i] = 0.1 + 0.8 * random.uniform()));
  }
  engine.run();
  const seen = new Map(critic.map(({ name }) => [name, Array.from(engine.output(`slope/${name}`))]));
  for (const [name, slope] of seen)
    expect(distance(slope, differences(engine, "value", name)), name).toBeLessThan(1e-6);
  expect([...seen.values()].flat().some((slope) => Math.abs(slope) > 1e-3)).toBe(true);
});

test("where nothing is drawn the latent numbers are fixed and cover their range evenly", () => {
  const { heads: still, draws } = trace({
    model: gan.bind({ latent: 1, generator: { units: [] } }), // G(z) = wz + b
    heads: { sample: { outputs: 1, bias: true } },
    features: { table: { shape: [1], dtype: "real" } },
    batch: 100,
    training: false,
    feature: () => input("real", [100, 1]),
  });
  expect(draws).toBe(false);
  const [latent] = evaluate([still["sample"]!], { "generator/0/weight": [1], "generator/0/bias": [0] });
  const sorted = latent!.toSorted((a, b) => a - b);
  expect(Math.max(...sorted.slice(1).map((x, i) => x - sorted[i]!))).toBeLessThan(0.05);
  expect([sorted[0]! > -1, sorted[0]! < -0.95, sorted[99]! < 1, sorted[99]! > 0.95]).toEqual([true, true, true, true]);
});

test("a head that is no part of the game is refused by name", () => {
  const unknown = {
    model: gan.bind(),
    heads: { y: { outputs: 1, bias: true } },
    features: { table: { shape: [1], dtype: "real" } },
    batch: 1,
    training: false,
  } as const;
  expect(() => trace(unknown)).toThrow('Unknown head of a gan "y": expected one of both, made, slope, sample');
});

test("generator and discriminator, taking turns, find the mean of a Gaussian", () => {
  const batch = 64;
  const game = traced(batch, 1, { latent: 1, generator: { units: [4] }, discriminator: { units: [8] } });
  const { both, made, sample } = game.model.heads as Record<"both" | "made" | "sample", Node>;
  const weights = fill(1, [batch]);
  const target = broadcastTo(constant([1, 0], [1, 2]), [batch, 2]);
  const players = {
    discriminator: objectiveOutputs(losses["bce-with-logits"].bind(), { prediction: both, target }, weights),
    generator: objectiveOutputs(losses["gan-generator"].bind(), { prediction: made }, weights),
  };
  const { parameters } = game.model;
  const heap = Heap.create();
  const engineOf = (player: keyof typeof players) => {
    const { numerator, denominator } = players[player];
    const own = parameters.filter(({ name }) => name.startsWith(`${player}/`));
    const slopes = gradient(
      divide(numerator, denominator),
      own.map(({ node }) => node),
    );
    const outputs = Object.fromEntries(own.map(({ name }, i) => [name, slopes[i]!]));
    return createEngine(programOf(game, { ...outputs, sample }), { precision: "float64", heap });
  };
  const engines = { discriminator: engineOf("discriminator"), generator: engineOf("generator") };
  const random = Random.seeded(3);
  const layout = layoutOf(parameters);
  const values = initialValues(parameters, { kind: "glorot-uniform", gain: 1 }, random.fork("start"));
  const turn = (player: keyof typeof players, rate: number): number => {
    const engine = engines[player];
    for (const { name, offset, size } of layout.places) engine.input(name).set(values.subarray(offset, offset + size));
    for (const { attributes } of game.chance) {
      const chance = engine.input(String(attributes["name"]));
      chance.forEach((_, i) => (chance[i] = random.uniform()));
    }
    const real = engine.input("real");
    real.forEach((_, i) => (real[i] = 2 + 0.5 * random.normal()));
    engine.run();
    for (const { name, offset } of layout.places) {
      if (name.startsWith(`${player}/`)) engine.output(name).forEach((g, i) => (values[offset + i]! -= rate * g));
    }
    return Array.from(engine.output("sample")).reduce((sum, x) => sum + x, 0) / batch;
  };
  const means: number[] = [];
  for (let round = 0; round < 600; round++) {
    turn("discriminator", 0.1);
    turn("discriminator", 0.1);
    means.push(turn("generator", 0.05));
  }
  const settled = means.slice(-200).reduce((sum, x) => sum + x, 0) / 200;
  expect(Math.abs(means[0]! - 2)).toBeGreaterThan(1);
  expect(Math.abs(settled - 2)).toBeLessThan(0.4);
});
