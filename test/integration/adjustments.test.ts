import { describe, expect, test } from "vitest";
import { adjusted, type Adjustment } from "../../server/run/adjustment.ts";
import { Random } from "../../shared/random.ts";
import { temporaryFolder } from "../support/files.ts";
import { drawRows, dealt, scene, simulateHere } from "../support/scene.ts";

const scratch = temporaryFolder();
const clients = dealt(drawRows(60, Random.seeded(3)), 3);
const two = "{ y: { head: y, target: y, loss: bce-with-logits }, z: { head: y, target: y, loss: hinge, weight: 0.5 } }";
const update =
  "{ mode: update, rounds: 6, local: { epochs: 1, batchSize: 5, optimizer: { kind: sgd, learningRate: 0.1 } } }";
const change = (fromRound: number, path: string, value: string): Adjustment => ({
  fromRound,
  settings: [{ path, value }],
  by: "operator",
  at: 0,
});

describe.each(["gradient", "update"] as const)("an adjustment in %s mode", (mode) => {
  const experiment = scene(clients, { objectives: two, ...(mode === "update" && { federation: update }) });
  const rate =
    mode === "update" ? "federation.local.optimizer.learningRate" : "federation.serverOptimizer.learningRate";
  const adjustments = [change(3, "objectives.z.weight", "2"), change(5, rate, "0.05")];

  test("gives what an experiment written so from the start gives, when it holds from the first round", async () => {
    const changed = await simulateHere(experiment, {
      adjustments: adjustments.map((one) => ({ ...one, fromRound: 1 })),
    });
    const written = structuredClone(experiment);
    written.objectives["z"]!.weight = 2;
    if (written.federation.mode === "update") written.federation.local.optimizer.learningRate = 0.05;
    else written.federation.serverOptimizer.learningRate = 0.05;
    expect(changed.modelHash).toBe((await simulateHere(written)).modelHash);
  });

  test("leaves the rounds before it as they were, and changes those after it", async () => {
    const run = async (some: readonly Adjustment[]) => {
      const losses: unknown[] = [];
      const { modelHash } = await simulateHere(experiment, {
        adjustments: some,
        onEvent: (event) => {
          if (event.event === "round") losses.push(event.losses);
        },
      });
      return { losses, modelHash };
    };
    const [plain, changed] = [await run([]), await run(adjustments)];
    const same = mode === "gradient" ? 3 : 2; // of the model before the third step, or of local models on their way
    expect(changed.losses.slice(0, same)).toEqual(plain.losses.slice(0, same));
    expect(changed.losses[same]).not.toEqual(plain.losses[same]);
    expect(changed.modelHash).not.toBe(plain.modelHash);
  });

  test("gives the same bits again, in one go or interrupted in between", async () => {
    const whole = await simulateHere(experiment, { adjustments });
    const stop = new AbortController();
    const out = `${scratch.path}/${mode}`;
    const half = await simulateHere(experiment, {
      adjustments,
      out,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.event === "round" && event.round === 4) stop.abort();
      },
    });
    expect(half.stopReason).toBe("interrupted");
    const resumed = await simulateHere(experiment, { adjustments, out, resume: true });
    expect(resumed.modelHash).toBe(whole.modelHash);
  });
});

describe("what may be adjusted", () => {
  const experiment = scene(clients);
  test("is refused by name where programs or states hang on it", () => {
    expect(() => adjusted(experiment, [change(1, "federation.rounds", "9")], 1)).toThrow(
      "federation.rounds cannot change while a run goes on: expected one of objectives.<name>.weight",
    );
  });
  test("is checked as the experiment is: a value, and a name", () => {
    expect(() => adjusted(experiment, [change(1, "objectives.y.weight", "heavy")], 1)).toThrow(
      "--set objectives.y.weight=heavy",
    );
    expect(() => adjusted(experiment, [change(1, "objectives.x.weight", "1")], 1)).toThrow("objectives.x");
  });
  test("does not hold before its round", () => {
    expect(adjusted(experiment, [change(3, "federation.clients.deadlineMs", "500")], 2)).toBe(experiment);
    expect(
      adjusted(experiment, [change(3, "federation.clients.deadlineMs", "500")], 3).federation.clients.deadlineMs,
    ).toBe(500);
  });
});
