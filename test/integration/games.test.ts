/** Two players on f = xy, x down and y up: what each way of stepping makes of the distance from (0, 0). */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Random } from "../../shared/random.ts";
import { dealt, distance, drawRows, scene, simulateHere, trajectory } from "../support/scene.ts";
import { house } from "../support/tributary.ts";

interface Golden {
  readonly kind: string;
  readonly eta: number;
  readonly simultaneousSquaredNorms: readonly number[];
  readonly extragradientSquaredNorms: readonly number[];
}
const misc = JSON.parse(readFileSync(resolve(house, "test/golden/losses/misc.json"), "utf8")) as { cases: Golden[] };
const golden = misc.cases.find(({ kind }) => kind === "bilinear-game")!;

const rows = drawRows(12, Random.seeded(3));
/** gan-generator's wgan is −d, so the one who shows −f descends f. */
const game = (federation: string, clients = 3) =>
  scene(dealt(rows, clients), {
    model: `{ trunk: { kind: module, path: ${resolve(house, "test/support/models/bilinear.ts")} }, heads: { f: 1, minus: 1 } }`,
    objectives: `{
      down: { inputs: { prediction: { head: minus } }, loss: { kind: gan-generator, variant: wgan }, parameters: x },
      up: { inputs: { prediction: { head: f } }, loss: { kind: gan-generator, variant: wgan }, parameters: y } }`,
    federation,
  });
const federation = (lookAhead: string, { rate = golden.eta, rounds = 5 } = {}): string =>
  `{ mode: gradient, rounds: ${rounds}, lookAhead: ${lookAhead}, serverOptimizer: { kind: sgd, learningRate: ${rate} } }`;
const squaredNorms = (models: readonly Float64Array[]): number[] => models.map(([x, y]) => x! * x! + y! * y!);
const near = (seen: readonly number[], expected: readonly number[]): void => {
  for (const [i, norm] of seen.entries()) expect(norm).toBeCloseTo(expected[i]!, 12);
  expect(seen).toHaveLength(expected.length);
};

describe("on f = xy over three clients", () => {
  test("simultaneous steps move away by 1 + η² each round, in squared distance", async () => {
    near(squaredNorms(await trajectory(game(federation("none")))), golden.simultaneousSquaredNorms);
  });

  test("extragradient comes nearer by 1 − η² + η⁴", async () => {
    near(squaredNorms(await trajectory(game(federation("extragradient")))), golden.extragradientSquaredNorms);
  });

  test("optimistic steps are θ − η(2gₜ − gₜ₋₁), and come nearer", async () => {
    const models = await trajectory(game(federation("optimistic", { rate: 0.3, rounds: 80 })));
    let [x, y] = [1, 0];
    let [lastX, lastY] = [y, -x]; // the slopes of the first round, down by x and up by y
    for (const [seenX, seenY] of models.slice(0, 10)) {
      const [gx, gy] = [y, -x];
      [x, y] = [x - 0.3 * (2 * gx - lastX), y - 0.3 * (2 * gy - lastY)];
      [lastX, lastY] = [gx, gy];
      expect([seenX, seenY].map((value, i) => Math.abs(value! - [x, y][i]!))).toEqual([
        expect.closeTo(0, 12),
        expect.closeTo(0, 12),
      ]);
    }
    expect(squaredNorms(models).at(-1)).toBeLessThan(0.02);
  });

  test("the way does not depend on the sharding, nor on who left in the second exchange", async () => {
    const experiment = game(federation("extragradient"), 4);
    const one = await trajectory(game(federation("extragradient"), 1));
    expect(distance(one, await trajectory(experiment))).toBeLessThanOrEqual(1e-12);
    let gone = 0;
    const leaver = await trajectory(
      {
        ...experiment,
        federation: { ...experiment.federation, clients: { ...experiment.federation.clients, quorum: 2 } },
      },
      {
        // c1 answers the first exchange of round 1 and is gone in the second.
        leave: (client, task) => client === "c1" && task.kind === "gradient" && task.round === 1 && gone++ % 2 === 1,
      },
    );
    expect(distance(one, leaver)).toBeLessThanOrEqual(1e-12); // f is the same for every row
    expect(gone).toBeGreaterThan(1);
  });
});

/** A critic w·x + c and a generator a·z + b with the Wasserstein loss: bilinear in (w; a, b). */
describe("a linear GAN over clients", () => {
  const random = Random.seeded(8);
  const real = Array.from({ length: 48 }, () => [2 + 0.5 * random.normal(), 1, 0]);
  const players = (lookAhead: string) =>
    scene(dealt(real, 3), {
      data: "{ features: { numeric: [x1] }, targets: { both: { columns: [x2, y], above: 0.5 } } }",
      model:
        "{ trunk: { kind: gan, latent: 1, generator: { units: [] }, discriminator: { units: [] } }, heads: { both: 2, made: 1 }, initial: { kind: zeros } }",
      objectives: `{
        critic: { head: both, target: both, loss: { kind: gan-discriminator, variant: wgan }, parameters: discriminator/* },
        maker: { inputs: { prediction: { head: made } }, loss: { kind: gan-generator, variant: wgan }, parameters: generator/* } }`,
      federation: federation(lookAhead, { rate: 0.3, rounds: 80 }),
    });

  test.each([
    ["none", false],
    ["extragradient", true],
    ["optimistic", true],
  ])("with lookAhead %s: whether it converges is %s", async (lookAhead, converges) => {
    const gaps: number[] = [];
    await simulateHere(players(lookAhead), {
      onEvent: (event) => event.event === "round" && gaps.push(Math.abs(event.losses["critic"]!)),
    });
    if (converges) expect(Math.max(...gaps.slice(-5))).toBeLessThan(0.02);
    else expect(Math.max(...gaps.slice(-20))).toBeGreaterThan(5);
  });
});
