/**
 * The coordinator's own data set, cut and sent to workers that have none: the model of the simulation, each shard sent once, and rows held
 * out evaluated where they are. With MNIST behind TRIBUTARY_MNIST or TRIBUTARY_DATA, and TRIBUTARY_LONG.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SessionOptions } from "../../../client/session.ts";
import { Workplace, type OpenPlace } from "../../../client/work/workplace.ts";
import type { RunEvent } from "../../../server/events.ts";
import { simulate } from "../../../server/simulation/simulate.ts";
import { Metrics } from "../../../server/telemetry/metrics.ts";
import type { Experiment } from "../../../shared/experiment/schema.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { example, openDaemon, startWorker } from "../../support/network.ts";
import { scene, simulateHere } from "../../support/scene.ts";
import { long } from "../../support/real-data.ts";

const scratch = temporaryFolder();
const width = 40;

/** Rows of `width` numbers, so that a shard of 300 is too large to come along with its invitation. */
function wide(name: string, rows: number, random: Random): string {
  const path = join(scratch.path, `${name}.csv`);
  const columns = Array.from({ length: width }, (_, i) => `x${i}`);
  const lines = Array.from({ length: rows }, () => {
    const x = columns.map(() => random.normal());
    return [...x, x[0]! + x[1]! > 0 ? 1 : 0].join(",");
  });
  writeFileSync(path, [[...columns, "y"].join(","), ...lines].join("\n"));
  return path;
}

const random = Random.seeded("shards");
const experiment = scene(
  {},
  {
    data: `{ features: { numeric: [${Array.from({ length: width }, (_, i) => `x${i}`).join(", ")}]}, targets: { y: { column: y, above: 0.5 } }, standardize: global, placement: coordinator }`,
    federation:
      "{ mode: update, rounds: 3, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1, batchSize: 32 } }",
    evaluation: "{ everyRounds: 1, parts: [test], metrics: { y: [accuracy] } }",
    simulation: `{ threads: 1, data: "${wide("all", 900, random)}", partition: { kind: iid, clients: 3 }, test: "${wide("held-out", 50, random)}" }`,
  },
);

const scoresOf = (event: RunEvent) => (event.event === "evaluated" ? [event.scores] : []);

/** Over two workers without any rows; what was moved, and what was measured on the rows held out. */
async function overWorkers(given: Experiment, state = "state", more: Partial<SessionOptions> = {}) {
  const metrics = new Metrics();
  await using daemon = await openDaemon({ metrics });
  const workers = ["left", "right"].map((name) =>
    startWorker(daemon.port, name, [], { stateFolder: join(scratch.path, `${state}-${name}`), ...more }),
  );
  const id = await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test", workers: 2 });
  const events: RunEvent[] = [];
  daemon.runs.watch(id, (event) => events.push(event));
  const result = await daemon.runs.result(id);
  for (const worker of workers) await worker.stop();
  const down = Number(/tributary_bytes_total\{direction="down"\} (\d+)/.exec(await metrics.text())?.[1]);
  return { result, explanation: daemon.runs.show(id).explanation, down, scores: events.flatMap(scoresOf) };
}

test("three shards over two workers give the model and the held-out scores of the simulation; a worker that has its shard is not sent it again", async () => {
  const simulated: RunEvent[] = [];
  const { modelHash } = await simulateHere(experiment, { onEvent: (event) => simulated.push(event) });
  const first = await overWorkers(experiment);
  expect(first.result).toMatchObject({ modelHash, rounds: 3 });
  expect(first.scores).toEqual(simulated.flatMap(scoresOf));
  expect(first.scores.length).toBe(3);
  const rows = 900 * 8 * width;
  expect(first.down).toBeGreaterThan(rows);
  const second = await overWorkers(experiment);
  expect(second.result).toMatchObject({ modelHash });
  expect(first.down - second.down).toBeGreaterThanOrEqual(rows);
});

const mnist = process.env["TRIBUTARY_MNIST"] ?? join(process.env["TRIBUTARY_DATA"] ?? "", "mnist");
const image = join(mnist, "train-images-idx3-ubyte.gz");

test.runIf(long && existsSync(image))(
  "MNIST 2NN, in update and gradient mode, over two workers gives the model of the simulation",
  async () => {
    const files = (part: string): string =>
      `{ image: ${join(mnist, `${part}-images-idx3-ubyte.gz`)}, label: ${join(mnist, `${part}-labels-idx1-ubyte.gz`)} }`;
    const digits = (...overrides: string[]): Experiment =>
      example(
        "mnist-2nn.yaml",
        `simulation.data=${files("train")}`,
        `simulation.test=${files("t10k")}`,
        "data.placement=coordinator",
        "evaluation.everyRounds=2",
        ...overrides,
      );
    const openPlace: OpenPlace = (folder) => new Workplace(folder); // a round takes longer than a worker may be silent
    for (const given of [
      digits("federation.rounds=2", "simulation.partition.clients=20"),
      digits(
        "federation={ mode: gradient, rounds: 2, serverOptimizer: { kind: sgd, learningRate: 0.1 } }",
        "simulation.partition.clients=4",
      ),
    ]) {
      const { modelHash } = await simulate(given, { threads: 1 });
      expect((await simulate(given, { threads: 2 })).modelHash).toBe(modelHash);
      const { result, explanation } = await overWorkers(given, "mnist", { openPlace });
      expect(result, explanation).toMatchObject({ modelHash });
    }
  },
  600_000,
);
