/** Strategies of one's own: a module's parts do what the same parts of the catalogue do, and what they cannot stand beside is refused. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import borrowed from "../support/strategies/borrowed.ts";
import { checkSelection } from "../../server/selection/check.ts";
import { startSelection, type Selection } from "../../server/selection/selection.ts";
import { checkStrategy, defineStrategy } from "../../server/strategy/define-strategy.ts";
import { simulateHere, trajectory } from "../support/scene.ts";
import { strategyScene } from "../support/strategy-scene.ts";
import { twoHeads } from "../support/two-heads.ts";
import { z } from "zod";

const module = join(import.meta.dirname, "../support/strategies/borrowed.ts");
const own = (part: string): string => `strategy: { path: "${module}", options: { part: ${part} } }`;
const local = "rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";
const update = (more: string): ReturnType<typeof strategyScene> => strategyScene(`mode: update, ${local}, ${more}`);
const gradientMode = "{ mode: gradient, rounds: 4, serverOptimizer: { kind: sgd, learningRate: 0.05 } }";

const alike: Readonly<
  Record<string, () => readonly [ReturnType<typeof strategyScene>, ReturnType<typeof strategyScene>]>
> = {
  rule: () => [update(own("rule")), update("aggregation: { rule: median }")],
  selection: () => [
    update(`${own("selection")}, clients: { select: { count: 2 } }`),
    update("clients: { select: { count: 2 }, draw: { kind: round-robin, shuffle: true } }"),
  ],
  optimizer: () => [
    update(`${own("optimizer")}, serverOptimizer: { kind: sgd, learningRate: 0.1 }`),
    update("serverOptimizer: { kind: adam, learningRate: 0.1, beta2: 0.99, epsilon: 1.0e-3, biasCorrection: false }"),
  ],
  shares: () => [update(own("shares")), update("shares: { kind: tilted, t: 2 }")],
  weighting: () => [
    twoHeads("{ method: fixed }", gradientMode.replace("{ ", `{ ${own("weighting")}, `)),
    twoHeads("{ method: mgda }", gradientMode),
  ],
};

describe("a module's part", () => {
  test.each(Object.keys(alike))("%s does what that of the catalogue does, bit for bit", async (part) => {
    const [mine, theirs] = alike[part]!();
    expect(await trajectory(mine)).toEqual(await trajectory(theirs));
  });

  test.each(Object.keys(alike))("%s passes the suite of its kind", async (part) => {
    await expect(checkStrategy(borrowed, { part })).resolves.toBeUndefined();
  });
});

test("a selection that breaks its laws is told which", async () => {
  let calls = 0;
  const wild: Selection = {
    name: "wild",
    draw: ({ everyone }) => [everyone[calls++ % everyone.length]!],
    weights: () => new Map(),
  };
  await expect(checkSelection(wild)).rejects.toThrow(
    /draws otherwise from the same fork[\s\S]*draws clients that are not members/,
  );
  await expect(
    checkStrategy(defineStrategy({ name: "w", options: z.object({}), parts: () => ({ selection: wild }) })),
  ).rejects.toThrow(/wild/);
  const forgetful: Selection = {
    name: "forgetful",
    draw: ({ members, state }) => (state.utilities[0] === Infinity ? members : []),
    next: () => ({ ...startSelection, utilities: [Infinity] }),
  };
  await expect(checkSelection(forgetful)).rejects.toThrow("goes on otherwise from a state that was written down");
});

test.each([
  [
    "a rule beside a rule",
    update(`${own("rule")}, aggregation: { rule: median }`),
    /brings the rule median: leave out federation.aggregation/,
  ],
  [
    "a weighting without gradients",
    update(own("weighting")),
    /brings the weighting mgda, which needs the gradient of each objective/,
  ],
  ["an option there is not", update(own("nothing")), /borrowed.part/],
  ["no module", update('strategy: { path: "nowhere.mjs" }'), /expected a file at .*nowhere.mjs/],
  [
    "a module that is none",
    update(
      `strategy: { path: "${join(import.meta.dirname, "../support/models/normalized.ts")}" }, shares: { kind: uniform }`,
    ),
    /to export a strategy made by defineStrategy as its default/,
  ],
])("%s is refused", async (_name, experiment, message) => {
  await expect(simulateHere(experiment)).rejects.toThrow(message);
});
