/** Sums that nobody sees a part of: the model they come to, whoever leaves, and whatever carries them. */
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import type { RunResult } from "../../server/run/result.ts";
import { simulate, simulateOver } from "../../server/simulation/simulate.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Task } from "../../shared/protocol/task.ts";
import { Random } from "../../shared/random.ts";
import { remoteFleet } from "../support/remote-fleet.ts";
import { checkpointsOf, dealt, drawRows, freshDirectory, resumedHash, scene, simulateHere } from "../support/scene.ts";

const local = "local: { optimizer: { kind: sgd, learningRate: 0.5 }, epochs: 2, batchSize: 4 }";
const secured = "secureSums: { clip: 2, inTheClear: [evaluations] }";
const even = dealt(drawRows(60, Random.seeded(11)), 6);
/** Of unequal size, so that weights matter. */
const clients = { ...even, c0: even["c0"]!.slice(0, 3), c5: [...even["c5"]!, ...even["c0"]!] };

const over = (federation: string, precision = "float64"): Experiment => scene(clients, { federation, precision });
const update = (more = "", precision = "float64"): Experiment =>
  over(`{ mode: update, rounds: 3, ${local}${more === "" ? "" : `, ${more}`} }`, precision);
const gradient = (more = ""): Experiment =>
  over(`{ mode: gradient, rounds: 3, serverOptimizer: { kind: sgd, learningRate: 0.5 }${more === "" ? "" : `, ${more}`} }`); // prettier-ignore

interface Seen {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly parameters: Float64Array;
}

/** Runs it here; clients leave as `leave` says. */
async function run(experiment: Experiment, leave?: (client: string, task: Task) => boolean): Promise<Seen> {
  const events: RunEvent[] = [];
  const out = freshDirectory();
  const kept = { ...experiment, checkpoint: { everyRounds: 1, keep: 1 } };
  const onEvent = (event: RunEvent): void => {
    events.push(event);
  };
  const result = await simulateHere(kept, { out, onEvent }, leave === undefined ? {} : { leave });
  return { result, events, parameters: checkpointsOf(out).at(-1)!.model.parameters };
}

const farthest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

/** Leaves when it is asked this, from round `from` on. */
const leaving =
  (who: readonly string[], when: string, from = 1) =>
  (client: string, task: Task): boolean => {
    if (!who.includes(client)) return false;
    const [step, round] =
      task.kind === "secure" ? [task.step, task.round] : task.kind === "train" ? [task.kind, task.round] : ["", 0];
    return step === when && round >= from;
  };

describe("a secure sum", () => {
  test.each([
    ["FedAvg in float32", update(secured, "float32")],
    ["FedSGD", gradient("secureSums: { clip: 20, inTheClear: [evaluations] }")],
  ])(
    "gives %s one model on one thread, on two, in any order, over messages, and after a stop",
    async (_name, given) => {
      const { modelHash } = await simulate(given, { threads: 1 });
      expect((await simulate(given, { threads: 2 })).modelHash).toBe(modelHash);
      expect((await simulateHere(given, {}, { order: Random.seeded(3) })).modelHash).toBe(modelHash);
      expect((await simulateOver((fleet) => remoteFleet(fleet).fleet, given)).modelHash).toBe(modelHash);
      expect(await resumedHash(given)).toBe(modelHash);
    },
  );

  test.each([
    ["fedavg", update(), update(secured)],
    ["fedprox", update("strategy: fedprox"), update(`strategy: fedprox, ${secured}`)],
    ["fedadam", update("strategy: fedadam"), update(`strategy: fedadam, ${secured}`)],
    ["uniform shares", update("shares: { kind: uniform }"), update(`shares: { kind: uniform }, ${secured}`)],
    ["fedsgd", gradient(), gradient("secureSums: { clip: 20, inTheClear: [evaluations] }")],
  ])("of %s is the sum in the clear, to within its levels", async (_name, clear, hidden) => {
    const [open, closed] = [await run(clear), await run(hidden)];
    expect(farthest(open.parameters, closed.parameters)).toBeLessThan(1e-4);
    const losses = ({ events }: Seen): number[] => events.flatMap((one) => (one.event === "round" ? [one.losses["y"]!] : [])); // prettier-ignore
    losses(closed).forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses(open)[i]!, 4);
    });
  });

  test("needs nothing else to be told: no statistics, no evaluation of anybody's rows", async () => {
    const silent = scene(clients, {
      federation: `{ mode: update, rounds: 2, ${local}, secureSums: { clip: 2 } }`,
      evaluation: "{ parts: [test] }",
    });
    const asked = new Set<string>();
    const note = (_client: string, task: Task): boolean => {
      asked.add(task.kind);
      return false;
    };
    const { events } = await run(silent, note);
    expect([...asked].sort()).toEqual(["prepare", "secure", "train"]);
    expect(events.flatMap((one) => (one.event === "round" ? [one.losses["y"]] : []))).toHaveLength(2);
  });

  test("is refused to a cohort that turns out too large for one in which each shares a mask with every other", async () => {
    const many = scene(dealt(drawRows(66, Random.seeded(1)), 66), {
      federation: `{ mode: update, rounds: 1, ${local}, clients: { select: { count: 60 } }, ${secured} }`,
    });
    many.federation.clients.select = "all"; // as where nobody knew how many would come
    await expect(simulateHere(many)).rejects.toThrow(
      /federation.secureSums: expected at most 64 clients in a round, .*, got 66: draw fewer/,
    );
  });

  test("says how many numbers were cut to its clip", async () => {
    const { events } = await run(update("secureSums: { clip: 0.001, inTheClear: [evaluations] }"));
    const [first] = events.flatMap((one) => (one.event === "round" ? [one.clipped] : []));
    expect(first?.secureSums).toBeGreaterThan(0);
  });
});

describe("a client that leaves a secure sum", () => {
  const quorum = `clients: { quorum: 3 }, ${secured}`;

  test.each(["confirm", "unmask"])("at %s is in it: the model is what it would have been", async (when) => {
    const { result } = await run(update(quorum));
    expect((await run(update(quorum), leaving(["c1", "c3"], when))).result.modelHash).toBe(result.modelHash);
  });

  test.each(["keys", "shares", "train"])("at %s is not, and the others' sum comes out", async (when) => {
    const leave = leaving(["c1", "c3"], when);
    const seen = await run(update(quorum), leave);
    expect(seen.events.flatMap((one) => (one.event === "round" ? [one.clients] : []))).toEqual([4, 4, 4]);
    const clear = await run(update("clients: { quorum: 3 }"), leaving(["c1", "c3"], "train"));
    expect(farthest(seen.parameters, clear.parameters)).toBeLessThan(1e-4);
  });

  test.each(["keys", "shares", "train", "confirm", "unmask"])(
    "with more than a third of the others at %s ends the round, and nothing is unmasked",
    async (when) => {
      const asked = new Set<string>();
      const four = ["c0", "c1", "c2", "c3"];
      const leave = (client: string, task: Task): boolean => {
        if (task.kind === "secure") asked.add(task.step);
        return leaving(four, when)(client, task);
      };
      await expect(run(update(quorum), leave)).rejects.toThrow(/Round 1 was abandoned, quorum not reached \(c/);
      expect(asked.has("unmask")).toBe(when === "unmask");
    },
  );

  test("is drawn again where the experiment says so, with new keys", async () => {
    const four = ["c0", "c1", "c2", "c3"];
    const leave = (client: string, task: Task): boolean =>
      four.includes(client) && task.kind === "train" && task.masking?.attempt === 0 && task.round === 1;
    const { result, events } = await run(update(`clients: { quorum: 3, belowQuorum: retry }, ${secured}`), leave);
    expect(events.filter(({ event }) => event === "abandoned")).toHaveLength(1);
    expect(result.modelHash).toBe((await run(update(quorum))).result.modelHash);
  });
});
