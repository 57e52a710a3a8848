/** Models and updates in 16 bits: near the run in full precision, the same bits everywhere, and no step from what did not fit. */
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import { simulate } from "../../server/simulation/simulate.ts";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { changed } from "../support/experiments.ts";
import { drawLinear, linearScene } from "../support/linear.ts";
import {
  checkpointsOf,
  dealt,
  distance,
  drawRows,
  freshDirectory,
  scene,
  roundsOf,
  simulateHere,
  trajectory,
} from "../support/scene.ts";

const data = drawLinear(40, [3, -1, 0.5], 9);
const gradientMode = (transport: string, rounds = 20): string =>
  `{ mode: gradient, rounds: ${rounds}, ${transport} serverOptimizer: { kind: sgd, learningRate: 0.3 } }`;
const updateMode = (transport: string, rounds = 8): string =>
  `{ mode: update, rounds: ${rounds}, ${transport} local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 } }`;

describe("a run in 16 bits", () => {
  test.each([
    ["float16", 2e-3],
    ["{ dtype: float16, lossScale: none }", 2e-3],
    ["bfloat16", 2e-2],
  ])("%s ends near the one in full, in both modes", async (transport, tolerance) => {
    for (const mode of [gradientMode, updateMode]) {
      const last = async (line: string): Promise<Float64Array> =>
        (await trajectory(linearScene(data, 4, { federation: mode(line, 40) }))).at(-1)!;
      const gap = distance([await last("")], [await last(`transport: ${transport},`)]);
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThanOrEqual(tolerance);
    }
  });

  test("moves where gradients are too small for float16, thanks to the loss scale", async () => {
    const tiny = { x: data.x, y: data.y.map((y) => y * 1e-11) };
    const last = async (transport: string): Promise<Float64Array> =>
      (await trajectory(linearScene(tiny, 2, { federation: gradientMode(transport, 10) }))).at(-1)!;
    const scaled = "transport: { dtype: float16, lossScale: { initial: 1073741824 } },";
    expect([...(await last("transport: { dtype: float16, lossScale: none },"))]).toEqual([0, 0, 0]);
    const [first] = await trajectory(linearScene(tiny, 2, { federation: gradientMode(scaled, 1) }));
    const [full] = await trajectory(linearScene(tiny, 2, { federation: gradientMode("", 1) }));
    expect(distance([full!], [first!])).toBeLessThanOrEqual(1e-3);
  });

  test.each([gradientMode, updateMode])("gives the same bits on 1, 2 and 8 threads, in any order", async (mode) => {
    const experiment = scene(dealt(drawRows(60, Random.seeded(4)), 7), {
      federation: mode("transport: float16, clip: { perClient: 1 },", 6),
      model: "{ trunk: { kind: mlp, units: [4] }, heads: { y: 1 } }",
      precision: "float32",
    });
    const hashes = new Set<string>();
    for (const threads of [1, 2, 8]) hashes.add((await simulate(experiment, { threads })).modelHash);
    hashes.add((await simulateHere(experiment, {}, { order: Random.seeded(1) })).modelHash);
    expect([...hashes]).toHaveLength(1);
  });
});

test("an objective that is a function of sums skips and steps as others do, near the run in full", async () => {
  const objectives = "{ y: { head: y, target: y, loss: rmse } }";
  const of = (transport: string): Experiment =>
    linearScene(data, 3, { federation: gradientMode(transport, 30), objectives });
  const [full, half] = [(await trajectory(of(""))).at(-1)!, (await trajectory(of("transport: float16,"))).at(-1)!];
  expect((await roundsOf(of("transport: float16,"))).length).toBe(30);
  expect(distance([full], [half])).toBeLessThanOrEqual(0.1);
});

describe("the coordinator's loss scale", () => {
  test("halves for everyone when one client overflows, and that step is skipped", async () => {
    const transport = "transport: { dtype: float16, lossScale: { initial: 65536, growthInterval: 3 } },";
    const experiment = linearScene(data, 4, { federation: gradientMode(transport, 20) });
    const rounds = await roundsOf(experiment);
    let [scale, streak] = [65536, 0];
    for (const { lossScale, skipped, stepNorm, clients } of rounds) {
      expect([lossScale, clients]).toEqual([scale, 4]);
      expect(stepNorm === 0).toBe(skipped);
      if (skipped) [scale, streak] = [scale / 2, 0];
      else if (++streak === 3) [scale, streak] = [scale * 2, 0];
    }
    expect(rounds[0]!.skipped).toBe(true);
    expect(rounds.filter(({ skipped }) => !skipped).length).toBeGreaterThan(5);
    expect(new Set(rounds.slice(0, 2).map(({ losses }) => losses["y"])).size).toBe(1); // the model stayed where it was
  });

  test("is in the checkpoint: a run resumed in the middle ends with the same bits", async () => {
    const transport = "transport: { dtype: float16, lossScale: { initial: 65536, growthInterval: 2 } },";
    const experiment = linearScene(data, 3, { federation: updateMode(transport, 9) });
    const quick = { ...experiment, checkpoint: { everyRounds: 1, keep: 100 } };
    const whole = await simulateHere(quick, { out: freshDirectory() });
    for (const stopAfter of [2, 4, 7]) {
      const [out, stop] = [freshDirectory(), new AbortController()];
      const onEvent = (event: RunEvent): void => {
        if (event.event === "round" && event.round === stopAfter) stop.abort();
      };
      await simulateHere(quick, { out, signal: stop.signal, onEvent });
      expect(checkpointsOf(out).at(-1)!.lossScale).toBeDefined();
      expect((await simulateHere(quick, { out, resume: true })).modelHash).toBe(whole.modelHash);
    }
  });

  test("is taken off before anything is clipped: the bound is one of gradients", async () => {
    const of = (transport: string): Promise<Float64Array[]> =>
      trajectory(linearScene(data, 2, { federation: gradientMode(`${transport} clip: { globalNorm: 0.5 },`, 5) }));
    const scaled = "transport: { dtype: float16, lossScale: { initial: 64 } },";
    expect(distance(await of(""), await of(scaled))).toBeLessThanOrEqual(2e-3);
  });

  test("that never fits ends the run, with the last good model", async () => {
    const huge = { x: [[1e30]], y: [1e30] };
    const federation = gradientMode("transport: float16,", 200);
    const result = await simulateHere(linearScene(huge, 1, { federation }));
    expect(result).toMatchObject({ stopReason: "diverged", rounds: 46 });
    expect(result.explanation).toContain("Round 47 diverged: an update is not finite at any loss scale");
  });

  test("without one, an update that does not fit is a divergence that names the client", async () => {
    const huge = { x: [[1e3]], y: [1e6] };
    const federation = gradientMode("transport: { dtype: float16, lossScale: none },", 3);
    const result = await simulateHere(linearScene(huge, 1, { federation }));
    expect(result.explanation).toContain("the loss or the update of c0 is not a finite number");
  });
});

describe("bad transports are refused, with their place", () => {
  test.each([
    ["float8", "federation.transport"],
    ["{ dtype: float16, lossScale: { initial: 1000 } }", "initial: expected a power of two"],
    ["{ dtype: float16, lossScale: { backoffFactor: 2 } }", "backoffFactor: expected a number of less than 1, got 2"],
    ["{ dtype: float16, lossScale: { growthInterval: 0 } }", "growthInterval: expected"],
    ["{ dtype: float16, scale: 4 }", "scale: is not a known key"],
  ])("%s", (transport, message) => {
    let found = "";
    try {
      decodeExperiment("small.yaml", changed("  rounds: 3", `  rounds: 3\n  transport: ${transport}`));
    } catch (error) {
      found = (error as Error).message;
    }
    expect(found).toMatch(/^small\.yaml:\d+:\d+ federation\.transport/);
    expect(found).toContain(message);
  });
});
