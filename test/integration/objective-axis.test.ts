/** The objective axis of whole runs: every method on two heads over one trunk, in both modes, bounds, priorities, and what is refused. */
import { describe, expect, test } from "vitest";
import type { RoundEvent, RunEvent, ScaleEvent } from "../../server/events.ts";
import { simulate } from "../../server/simulation/simulate.ts";
import { weightings } from "../../shared/objectives/catalogue.ts";
import { distance, freshDirectory, simulateHere, trajectory } from "../support/scene.ts";
import { gradientMode, methodWithOptions, twoHeads } from "../support/two-heads.ts";

const updateMode = (objectives: string, rest = "epochs: 1"): string =>
  `{ mode: update, rounds: 4, local: { optimizer: { kind: sgd, learningRate: 0.05 }, objectives: ${objectives}, ${rest} } }`;

const methods = Object.values(weightings);

const eventsOf = async (experiment: ReturnType<typeof twoHeads>): Promise<RunEvent[]> => {
  const events: RunEvent[] = [];
  await simulateHere(experiment, { onEvent: (event) => events.push(event) });
  return events;
};
const roundsOf = (events: readonly RunEvent[]): RoundEvent[] => events.filter((event) => event.event === "round");

describe("every method", () => {
  test.each(methods)("$name goes on to the same bits after an interruption", async ({ name }) => {
    const experiment = twoHeads(methodWithOptions(name));
    const whole = await simulateHere(experiment);
    const out = freshDirectory();
    const stopping = new AbortController();
    const onEvent = (event: RunEvent): void => {
      if (event.event === "round" && event.round === 2) stopping.abort();
    };
    const first = await simulateHere(experiment, { out, onEvent, signal: stopping.signal });
    expect(first.rounds).toBeLessThan(whole.rounds);
    expect((await simulateHere(experiment, { out, resume: true })).modelHash).toBe(whole.modelHash);
  });

  test.each(["mgda", "moco", "random"])("%s gives one model on one thread and on two", async (name) => {
    const experiment = twoHeads(methodWithOptions(name));
    const [one, two] = [await simulate(experiment, { threads: 1 }), await simulate(experiment, { threads: 2 })];
    expect(two.modelHash).toBe(one.modelHash);
    expect((await simulateHere(experiment)).modelHash).toBe(one.modelHash);
  });

  test.each(methods)("$name takes the steps of one machine under any sharding, to 1e-9", async ({ name }) => {
    const one = await trajectory(twoHeads(methodWithOptions(name), gradientMode, {}, 1));
    expect(distance(one, await trajectory(twoHeads(methodWithOptions(name), gradientMode, {}, 3)))).toBeLessThanOrEqual(
      1e-9,
    );
  });

  test.each(methods)("$name on one full-batch step for each objective is gradient mode, to 1e-9", async ({ name }) => {
    const gradient = await trajectory(twoHeads(methodWithOptions(name), gradientMode));
    const apart = await trajectory(twoHeads(methodWithOptions(name), updateMode("separate")));
    expect(distance(gradient, apart)).toBeLessThanOrEqual(1e-9);
  });
});

describe("local work on all objectives together", () => {
  test("weighs the next round by the losses of this one, and the first as declared", async () => {
    const rounds = roundsOf(await eventsOf(twoHeads("{ method: geometric }", updateMode("combined"))));
    expect(rounds[0]!.weights).toEqual({ a: 1, b: 1 });
    const { a, b } = rounds[0]!.losses as Record<string, number>;
    const value = Math.sqrt(a! * b!);
    expect(rounds[1]!.weights).toEqual({
      a: expect.closeTo(value / (2 * a!), 10),
      b: expect.closeTo(value / (2 * b!), 10),
    });
  });

  test("fixed weights of 1 change no bit", async () => {
    const declared = await simulateHere(twoHeads("{ method: fixed }", updateMode("combined")));
    const written = await simulateHere(
      twoHeads("{ method: weighted, weights: { a: 1, b: 1 } }", updateMode("combined")),
    );
    expect(written.modelHash).toBe(declared.modelHash);
  });
});

test("the first round tells how the objectives compare, and whether their gradients are exact", async () => {
  const scale = (await eventsOf(twoHeads("{ method: mgda }"))).find((event) => event.event === "scale") as ScaleEvent;
  expect(scale).toMatchObject({ round: 1, rows: "gradients" });
  expect(Object.keys(scale.losses)).toEqual(["a", "b"]);
  expect(scale.cosines[0]![0]).toBe(1);
  expect(scale.conflicts.map(({ cosine }) => cosine)).toEqual(scale.cosines[0]![1]! < 0 ? [scale.cosines[0]![1]] : []);
  const apart = await eventsOf(twoHeads("{ method: mgda }", updateMode("separate", "epochs: 2, batchSize: 8")));
  expect(apart.find((event) => event.event === "scale")).toMatchObject({ rows: "pseudo-gradients" });
});

describe("bounds", () => {
  const objectives = (bound: string): Record<string, string> => ({
    objectives: `{ a: { head: a, target: a, loss: mse, bound: ${bound} }, b: { head: b, target: b, loss: mse } }`,
  });
  test.each([
    ["augmented", gradientMode.replace("rounds: 4", "rounds: 200")],
    ["lagrangian", gradientMode.replace("rounds: 4", "rounds: 200")],
    ["projection", gradientMode.replace("rounds: 4", "rounds: 200")],
    ["augmented", updateMode("separate").replace("rounds: 4", "rounds: 200")],
    ["augmented", updateMode("combined").replace("rounds: 4", "rounds: 200")],
  ])("hold a loss by %s in %s", async (method, federation) => {
    const further = { ...objectives("{ atMost: 0.2 }"), constraints: `{ method: ${method}, rate: 0.5 }` };
    const last = roundsOf(await eventsOf(twoHeads("{ method: fixed }", federation, further))).at(-1)!;
    expect(last.constraints["a"]!.bound).toBe(0.2);
    expect(last.constraints["a"]!.value!).toBeLessThan(0.25);
    expect(last.infeasible).toEqual([]);
    expect(last.losses["b"]!).toBeLessThan(1.5);
  });
});

describe("what cannot be right together is refused when it is decoded", () => {
  const refusal = (
    further: Record<string, string>,
    weighting = "{ method: fixed }",
    federation = gradientMode,
  ): string => {
    try {
      twoHeads(weighting, federation, further);
    } catch (error) {
      return (error as Error).message;
    }
    return "accepted";
  };
  const bounded = {
    objectives: "{ a: { head: a, target: a, loss: mse, bound: { atMost: 1 } }, b: { head: b, target: b, loss: mse } }",
  };
  test.each([
    [refusal({}, "{ method: mgda }", updateMode("combined")), "which needs the gradient of each objective"],
    [refusal(bounded, "{ method: mgda }"), "multipliers need one number to be minimized"],
    [
      refusal({ ...bounded, constraints: "{ method: projection }" }, "{ method: fixed }", updateMode("combined")),
      "is projection, which needs the gradient",
    ],
    [
      refusal(
        { objectives: bounded.objectives.replace("atMost", "atLeast") },
        "{ method: fixed }",
        updateMode("combined"),
      ),
      "negative weight in local work",
    ],
    [
      refusal({ objectives: bounded.objectives.replace("atMost: 1", "atMost: 1, atLeast: 0") }),
      "expected one of atMost, atLeast, equals",
    ],
    [refusal({ objectives: bounded.objectives.replace("atMost: 1", "atMost: 1, measuredBy: c") }), 'objective "c"'],
    [
      refusal({
        objectives: "{ a: { head: a, target: a, loss: mse, priority: 1 }, b: { head: b, target: b, loss: mse } }",
      }),
      "has no priority, but others have",
    ],
    [refusal({}, "{ method: upgrad, preference: { a: 1, c: 2 } }"), 'There is no objective "c"'],
    [refusal({}, "{ method: cagrad, c: -1 }"), "expected a number of at least 0, got -1"],
    [refusal({}, "{ method: cagrat }"), "cagrad"],
  ])("%s", (said, part) => {
    expect(said).toContain(part);
  });
  test("a projection goes with any method on gradients", () => {
    expect(refusal({ ...bounded, constraints: "{ method: projection }" }, "{ method: mgda }")).toBe("accepted");
  });
});
