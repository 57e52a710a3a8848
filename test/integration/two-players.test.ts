/** A generator and a discriminator over clients: each objective trains its own player's parameters and leaves the other's be. */
import { describe, expect, test } from "vitest";
import { input } from "../../shared/graph/build.ts";
import { gan } from "../../shared/models/gan.ts";
import { trace } from "../../shared/models/trace.ts";
import { Random } from "../../shared/random.ts";
import { layoutOf } from "../../shared/tensor/parameters.ts";
import { evaluate } from "../support/evaluate.ts";
import { dealt, distance, scene, simulateHere, trajectory, type Rows } from "../support/scene.ts";

const random = Random.seeded(8);
/** x1 is what is to be learned: a Gaussian about 2. The other columns say of D's two answers that one is for a real row. */
const rows: Rows = Array.from({ length: 96 }, () => [2 + 0.5 * random.normal(), 1, 0]);
const options = { latent: 1, generator: { units: [4] }, discriminator: { units: [8] } };
const sections = (mode: string, only?: "discriminator" | "generator") => {
  const players = {
    discriminator: "discriminator: { head: both, target: both, loss: bce-with-logits, parameters: discriminator/* }",
    generator: "generator: { inputs: { prediction: { head: made } }, loss: gan-generator, parameters: generator/* }",
  };
  return {
    data: "{ features: { numeric: [x1] }, targets: { both: { columns: [x2, y], above: 0.5 } } }",
    model: `{ trunk: ${JSON.stringify({ kind: "gan", ...options })}, heads: { both: 2, made: 1 } }`,
    objectives: `{ ${only === undefined ? Object.values(players).join(", ") : players[only]} }`,
    federation: mode,
  };
};
const gradientMode = (rounds: number): string =>
  `{ mode: gradient, rounds: ${rounds}, serverOptimizer: { kind: sgd, learningRate: 0.1 } }`;
const updateMode = (rounds: number): string =>
  `{ mode: update, rounds: ${rounds}, local: { optimizer: { kind: sgd, learningRate: 0.1 }, steps: 4, batchSize: 16 } }`;

/** The generator in evaluation, and where the players stand in the flat vector. */
const still = trace({
  model: gan.bind(options),
  heads: { sample: { outputs: 1, bias: true }, both: { outputs: 2, bias: true } },
  features: { table: { shape: [1], dtype: "real" } },
  batch: 200,
  training: false,
  feature: () => input("real", [200, 1]),
});
const layout = layoutOf(still.parameters);
const of = (player: string, vector: Float64Array): Float64Array =>
  Float64Array.from(
    layout.places
      .filter(({ name }) => name.startsWith(`${player}/`))
      .flatMap(({ offset, size }) => [...vector.subarray(offset, offset + size)]),
  );
function meanOf(vector: Float64Array): number {
  const named = layout.places.map(
    ({ name, offset, size }) => [name, [...vector.subarray(offset, offset + size)]] as const,
  );
  const [samples] = evaluate([still.heads["sample"]!], Object.fromEntries(named));
  return samples!.reduce((sum, x) => sum + x, 0) / samples!.length;
}

describe("two players over clients", () => {
  test("a player that trains alone moves nothing of the other's", async () => {
    for (const player of ["discriminator", "generator"] as const) {
      const [first, , last] = await trajectory(scene(dealt(rows, 2), sections(gradientMode(3), player)));
      const other = player === "generator" ? "discriminator" : "generator";
      expect(of(other, last!)).toEqual(of(other, first!));
      expect(distance([of(player, first!)], [of(player, last!)])).toBeGreaterThan(1e-3);
    }
  });

  test("a game is played twice to the same bits", async () => {
    const play = (): Promise<Float64Array[]> => trajectory(scene(dealt(rows, 3), sections(updateMode(3))));
    expect(await play()).toEqual(await play());
  });

  test("a penalty on the critic's slope between real and made brings it to 1", async () => {
    const penalty =
      "{ penalty: { inputs: { prediction: { head: slope } }, loss: gradient-penalty, parameters: discriminator/* } }";
    const losses: number[] = [];
    const experiment = scene(dealt(rows, 2), {
      ...sections("{ mode: gradient, rounds: 60, serverOptimizer: { kind: adam, learningRate: 0.05 } }"),
      model: `{ trunk: ${JSON.stringify({ kind: "gan", ...options })}, heads: { slope: 1 } }`,
      objectives: penalty,
    });
    await simulateHere(experiment, {
      onEvent: (event) => event.event === "round" && losses.push(event.losses["penalty"]!),
    });
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeLessThan(0.1);
  });

  test("three clients together find the mean of what none may show", async () => {
    const models = await trajectory(scene(dealt(rows, 3), sections(updateMode(150))));
    const means = models.slice(-60).map(meanOf);
    expect(Math.abs(meanOf(models[0]!) - 2)).toBeGreaterThan(1);
    expect(Math.abs(means.reduce((a, b) => a + b, 0) / means.length - 2)).toBeLessThan(0.5);
  });
});
