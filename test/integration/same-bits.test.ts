/**
 * The same bits for everything the catalogues hold: each strategy, each weighting and each draw, on one thread and on two, over the messages
 * of a network, and after a stop. Whatever is new in a catalogue is here. All of it with TRIBUTARY_SWEEP=1, and some of each kind always.
 */
import { describe, expect, test } from "vitest";
import { selections } from "../../server/selection/catalogue.ts";
import { simulate, simulateOver } from "../../server/simulation/simulate.ts";
import { asynchronyOf, refuseAsynchrony } from "../../shared/experiment/asynchrony-checks.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { weightings } from "../../shared/objectives/catalogue.ts";
import { remoteFleet } from "../support/remote-fleet.ts";
import { resumedHash } from "../support/scene.ts";
import { sceneOf, strategyNames, strategyScene } from "../support/strategy-scene.ts";
import { methodWithOptions, twoHeads } from "../support/two-heads.ts";

type Case = readonly [name: string, experiment: () => Experiment];

const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1, batchSize: 4 }";
const options: Readonly<Record<string, string>> = { "power-of-choice": ", candidates: 3, losses: last" };
const drawn = (kind: string): Experiment =>
  strategyScene(
    `strategy: fedavg, rounds: 4, ${local}, clients: { select: { count: 2 }, draw: { kind: ${kind}${options[kind] ?? ""} } }`,
  );

const catalogues: Readonly<Record<string, readonly Case[]>> = {
  strategy: strategyNames.map((name) => [name, () => sceneOf(name)]),
  weighting: Object.keys(weightings).map((name) => [name, () => twoHeads(methodWithOptions(name))]),
  draw: Object.keys(selections).map((kind) => [kind, () => drawn(kind)]),
};

/** What is always run: of each kind what keeps the most state, or asks the most of a carrier. */
const always: Readonly<Record<string, readonly string[]>> = {
  strategy: ["scaffold", "fedrep", "fedbuff"],
  weighting: ["sdmgrad"],
  draw: ["by-size", "oort"],
};
const sweep = process.env["TRIBUTARY_SWEEP"] !== undefined;

describe.each(Object.entries(catalogues))("every %s", (kind, cases) => {
  const chosen = sweep ? cases : cases.filter(([name]) => always[kind]!.includes(name));

  test("is in the sweep, those always run among them", () => {
    expect(cases.map(([name]) => name)).toEqual(expect.arrayContaining([...always[kind]!]));
    expect(chosen.length).toBeGreaterThan(0);
  });

  test.each(chosen)(
    "%s: one model on one thread, on two, over messages, and after a stop",
    async (_name, made) => {
      const experiment = made();
      const { modelHash } = await simulate(experiment, { threads: 1 });
      expect((await simulate(experiment, { threads: 2 })).modelHash).toBe(modelHash);
      expect(await resumedHash(experiment)).toBe(modelHash);
      if (asynchronyOf(experiment.federation) === undefined) {
        const remote = await simulateOver((clients) => remoteFleet(clients).fleet, experiment);
        expect(remote.modelHash).toBe(modelHash);
      } else {
        expect(() => {
          refuseAsynchrony(experiment);
        }).toThrow(/goes by simulation.clock/);
      }
    },
    600_000,
  );
});
