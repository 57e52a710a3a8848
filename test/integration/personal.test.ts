/** Models of the clients' own: what leaves them and what does not, and that they are worth more to their clients. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent, Scores } from "../../server/events.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { loadModel } from "../../shared/experiment/trained-model.ts";
import { overNetwork } from "../support/network.ts";
import { checkpointsOf, distance, freshDirectory, simulateHere, trajectory } from "../support/scene.ts";
import { strategyScene } from "../support/strategy-scene.ts";

const body = { model: "{ trunk: { kind: mlp, units: [3] }, heads: { y: 1 } }" };
const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";
const update = (more = "", rounds = 4): string => `mode: update, rounds: ${rounds}, ${local}${more}`;
const parts = 'personal: { kind: parts, keep: ["heads/*"] }';

/** The checkpoints of a run, one for each round. */
async function statesOf(experiment: Experiment): Promise<ReturnType<typeof checkpointsOf>> {
  const out = freshDirectory();
  await simulateHere({ ...experiment, checkpoint: { everyRounds: 1, keep: 100 } }, { out });
  return checkpointsOf(out);
}

/** The experiment with one client alone. */
function alone(experiment: Experiment, client: string): Experiment {
  const { clients } = experiment.simulation!;
  return {
    ...experiment,
    simulation: { threads: 1, emptyClients: "refuse", clients: { [client]: clients![client]! } },
  };
}

const loss = (scores: Scores | undefined): number => scores!["y"]!.train!.loss!;

describe("parts of the model", () => {
  test("never leave their client: everybody's model has their first values for ever", async () => {
    const states = await statesOf(strategyScene(update(`, ${parts}`), body));
    const head = (vector: Float64Array): number[] => [...vector.slice(-4)]; // heads/y/weight, heads/y/bias come last
    for (const { model, kept } of states) {
      expect(head(model.parameters)).toEqual(head(states[0]!.model.parameters));
      expect(kept!.size).toBe(4);
      for (const own of kept!.values()) expect([...own]).not.toEqual(head(model.parameters));
    }
    const bodies = states.map(({ model }) => model.parameters.slice(0, -4));
    expect(distance([bodies[0]!], [bodies[3]!])).toBeGreaterThan(1e-3);
    expect(new Set([...states.at(-1)!.kept!.values()].map((own) => own[0])).size).toBe(4);
  });

  test("of one client alone are local training", async () => {
    const one = alone(strategyScene(update(), body), "c2");
    const own = await statesOf(alone(strategyScene(update(`, ${parts}`), body), "c2"));
    const whole = own.map(({ model, kept }) =>
      Float64Array.from([...model.parameters.slice(0, -4), ...kept!.get("c2")!]),
    );
    expect(distance(await trajectory(one), whole)).toBeLessThan(1e-12);
  });

  test("alternating, are trained first and the rest after them, each with the other held fixed", async () => {
    const rep = 'personal: { kind: parts, keep: ["heads/*"], alternate: { epochs: 3 } }';
    const [first] = await statesOf(alone(strategyScene(update(`, ${rep}`, 1), body), "c2"));
    const heads = update(`, ${rep}`, 1).replace("epochs: 2", "epochs: 7"); // more passes for the body leave the heads as they are
    const [longer] = await statesOf(alone(strategyScene(heads, body), "c2"));
    expect([...longer!.kept!.get("c2")!]).toEqual([...first!.kept!.get("c2")!]);
    expect(distance([first!.model.parameters], [longer!.model.parameters])).toBeGreaterThan(1e-3);
  });
});

describe("ditto", () => {
  const ditto = (lambda: number): string => `, personal: { kind: ditto, lambda: ${String(lambda)} }`;

  test("leaves everybody's model to federated averaging, but for a last bit of the program that can pull", async () => {
    const states = await statesOf(strategyScene(update(ditto(0.1))));
    expect(
      distance(
        await trajectory(strategyScene(update())),
        states.map(({ model }) => model.parameters),
      ),
    ).toBeLessThan(1e-14);
  });

  test("with λ = 0 is training by oneself, and with a large λ is everybody's model", async () => {
    const states = await statesOf(strategyScene(update(ditto(0))));
    for (const client of ["c0", "c3"]) {
      const own = states.map(({ kept }) => Float64Array.from(kept!.get(client)!));
      expect(distance(await trajectory(alone(strategyScene(update()), client)), own)).toBeLessThan(1e-12);
    }
    const far = (many: typeof states): number =>
      Math.max(
        ...[...many.at(-1)!.kept!.values()].map((v) =>
          distance([many.at(-2)!.model.parameters], [Float64Array.from(v)]),
        ),
      );
    expect(far(await statesOf(strategyScene(update(ditto(9)))))).toBeLessThan(0.5 * far(states));
  });
});

test.each([
  ["parts", parts],
  ["ditto", "personal: { kind: ditto, lambda: 0.1 }"],
  ["fine-tuning", "personal: { kind: fine-tune, epochs: 3 }"],
])(
  "%s: both models are reported, in every evaluation and of every client, and the own one fits its rows better",
  async (_name, personal) => {
    const events: RunEvent[] = [];
    const experiment = strategyScene(update(`, ${personal}`, 20), {
      ...body,
      evaluation: "{ everyRounds: 10, parts: [train] }",
    });
    const { clients, ...result } = await simulateHere(experiment, { onEvent: (event) => void events.push(event) });
    const evaluated = events.filter((event) => event.event === "evaluated");
    expect(evaluated).toHaveLength(2);
    for (const { scores, personal: own } of evaluated) expect(loss(own)).toBeLessThan(loss(scores));
    expect(loss(result.personal)).toBeLessThan(loss(result.objectives));
    for (const { scores, personal: own } of clients) expect(loss(own)).toBeLessThan(loss(scores));
  },
);

test("a client that joins later begins with what nobody trains, and one that lost its parts begins anew", async () => {
  const few = strategyScene(`${update(`, ${parts}`, 6)}, clients: { select: { count: 1 } }`, body);
  const states = await statesOf(few);
  expect(states[0]!.kept!.size).toBe(1);
  expect(states.at(-1)!.kept!.size).toBeGreaterThan(1);
});

describe("as files", () => {
  const scored = { ...body, evaluation: "{ parts: [train], everyRounds: 2 }" };
  const predictions = async (file: string): Promise<readonly unknown[]> =>
    (await loadModel(file)).predict([
      { x1: 2, x2: -1 },
      { x1: -0.3, x2: 0.4 },
    ]);

  test.each([
    ["parts", parts],
    ["ditto", "personal: { kind: ditto, lambda: 0.1 }"],
  ])("%s: each client's own model answers, the same from a simulation as from its worker", async (_name, personal) => {
    const experiment = strategyScene(update(`, ${personal}`), scored);
    const [folder, far] = [freshDirectory(), freshDirectory()];
    await simulateHere(experiment, { personal: folder });
    await overNetwork(experiment, {}, { personalFolder: far });
    const [run] = readdirSync(far);
    expect(readdirSync(folder).sort()).toEqual(["c0", "c1", "c2", "c3"].map((client) => `${client}.safetensors`));
    expect(readdirSync(join(far, run!)).sort()).toEqual(readdirSync(folder).sort());
    const answers = await Promise.all(readdirSync(folder).map((file) => predictions(join(folder, file))));
    const theirs = await Promise.all(readdirSync(folder).map((file) => predictions(join(far, run!, file))));
    expect(theirs).toEqual(answers);
    expect(new Set(answers.map((own) => JSON.stringify(own))).size).toBe(4);
  });

  test("are refused where nobody keeps any", async () => {
    const tuned = strategyScene(update(", personal: { kind: fine-tune }"), body);
    await expect(simulateHere(tuned, { personal: freshDirectory() })).rejects.toThrow(/made anew for each evaluation/);
    const plain = strategyScene(update(), body);
    await expect(simulateHere(plain, { personal: freshDirectory() })).rejects.toThrow(/choose parts, or ditto/);
  });
});

test.each([
  [
    "parts that there are not",
    'personal: { kind: parts, keep: ["tail/*"] }',
    /federation.personal.keep: expected some of trunk/,
  ],
  ["all parts", 'personal: { kind: parts, keep: ["*"] }', /and not all, got \*/],
])("%s are refused", async (_name, personal, message) => {
  await expect(simulateHere(strategyScene(update(`, ${personal}`), body))).rejects.toThrow(message);
});

test("own parts stand beside no correction of the whole model", () => {
  expect(() =>
    strategyScene(update(`, ${parts}`).replace("epochs: 2", "epochs: 2, drift: { kind: scaffold }"), body),
  ).toThrow(/is parts, and scaffold corrects the whole model/);
});
