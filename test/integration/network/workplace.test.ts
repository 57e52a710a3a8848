/** The work thread of a run, as a session asks it. */
import { expect, test } from "vitest";
import { Workplace } from "../../../client/work/workplace.ts";
import { settingOf } from "../../../server/simulation/setting.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { dealt, drawRows, scene } from "../../support/scene.ts";

const files = temporaryFolder();

test("a client that is to train without a preparation says so, and trains with one", async () => {
  const experiment = scene(dealt(drawRows(20, Random.seeded(3)), 2), {
    federation: "{ mode: update, rounds: 1, local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 1 } }",
  });
  const { fleet, compiled } = await settingOf(experiment, ".", Random.seeded(experiment.seed));
  await using workplace = new Workplace(files.path);
  const client = "c0";
  const sources = [experiment.simulation!.clients![client]!];
  const groups = { training: undefined, evaluation: undefined };
  await workplace.do({ kind: "open", client, experiment, groups, rows: { from: "files", sources, split: undefined } });
  const assignment = { sha256: "a", given: fleet.assignment };
  const task = { kind: "train", round: 1, parameters: compiled.initial, learningRate: 0.1, totals: [20] } as const;
  await expect(workplace.do({ kind: "task", run: "r", client, assignment, prepared: undefined, task })).rejects.toThrow(
    'Expected a preparation of "c0" before it trains, got none',
  );
  const prepared = { sha256: "p", task: { kind: "prepare" } } as const;
  const { answer } = await workplace.do({ kind: "task", run: "r", client, assignment, prepared, task });
  expect(answer.weight).toBeCloseTo(0.5, 12);
});
