/** Secure sums over sockets: the model of a simulation, clients that leave in the middle, and clients that lie. */
import { expect, test } from "vitest";
import type { Done } from "../../../client/work/desk.ts";
import type { OpenPlace, Place } from "../../../client/work/workplace.ts";
import type { RunEvent } from "../../../server/events.ts";
import type { RunResult } from "../../../server/run/result.ts";
import type { SecureAnswer, SecureTask } from "../../../shared/protocol/secure.ts";
import { example, inThisProcess, openDaemon, overNetwork, startWorker } from "../../support/network.ts";
import { simulateHere } from "../../support/scene.ts";

const experiment = example("heart-secure.yaml", "federation.rounds=3", "evaluation.everyRounds=3");

/** What becomes of the jobs of one worker's place: a result, another one, or none. */
type Change = (task: { readonly kind: string; readonly step?: string }, done: Done) => Done | undefined;

function changing(change: Change): OpenPlace {
  return (folder, personal) => {
    const place = inThisProcess(folder, personal);
    const work = async (job: Parameters<Place["do"]>[0]): Promise<unknown> => {
      const done = await place.do(job);
      if (job.kind !== "task") return done;
      const changed = change(job.task, done as Done);
      if (changed === undefined) throw new Error("it has lost heart");
      return changed;
    };
    return { ...place, do: work as Place["do"] };
  };
}

/** Carries it out with one worker, va, that does as it likes. */
async function withOne(change: Change): Promise<{ result: RunResult | undefined; clients: number[]; left: string[] }> {
  await using daemon = await openDaemon({ absenceMs: 300 });
  const given = structuredClone(experiment);
  const workers = Object.entries(given.simulation!.clients!).map(([name, source]) =>
    startWorker(daemon.port, name, [source], name === "va" ? { openPlace: changing(change) } : {}),
  );
  try {
    const id = await daemon.runs.submit({ experiment: given, source: "", submittedBy: "test" });
    const clients: number[] = [];
    const left = new Set<string>();
    daemon.runs.watch(id, (event: RunEvent) => {
      if (event.event === "round") clients.push(event.clients);
    });
    const looking = setInterval(() => {
      for (const { client, reason } of daemon.runs.show(id).standing?.left ?? []) left.add(`${client}: ${reason}`);
    }, 5);
    const result = await daemon.runs.result(id);
    clearInterval(looking);
    return { result, clients, left: [...left] };
  } finally {
    for (const worker of workers) await worker.stop();
  }
}

const isStep = (task: Parameters<Change>[0], step: SecureTask["step"]): boolean =>
  task.kind === "secure" && task.step === step;
const saying = (done: Done, change: (said: SecureAnswer) => SecureAnswer): Done => ({
  ...done,
  answer: { ...done.answer, secure: change(done.answer.secure ?? {}) },
});
const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(7, bytes[7]! ^ 1);

test("the daemon and its workers come to the model of a simulation", async () => {
  const { modelHash } = await simulateHere(experiment);
  expect((await overNetwork(experiment))?.modelHash).toBe(modelHash);
}, 60_000);

test("a client that leaves before its update comes is missed, and the sum of the others comes out", async () => {
  const { result, clients } = await withOne((task, done) => (task.kind === "train" ? undefined : done));
  expect(result).toMatchObject({ rounds: 3, stopReason: "rounds" });
  expect(clients).toEqual([3, 3, 3]);
}, 60_000);

test("a key that is not signed is refused by the coordinator, who names its client; the others go on", async () => {
  const { result, clients, left } = await withOne((task, done) =>
    isStep(task, "keys") ? saying(done, (keys) => ({ ...keys, masking: flipped(keys["masking"]!) })) : done,
  );
  expect(result).toMatchObject({ rounds: 3 });
  expect(clients).toEqual([3, 3, 3]);
  expect(left.join("\n")).toMatch(/va: its answer was refused: .*secure\.signature: expected that of its identity/);
}, 60_000);

test("a share that was not dealt is found out, and as long as enough are sound the sum comes out without it", async () => {
  const { modelHash } = await simulateHere(experiment);
  const { result } = await withOne((task, done) =>
    isStep(task, "unmask")
      ? saying(done, (shares) => Object.fromEntries(Object.entries(shares).map(([name, own]) => [name, flipped(own)])))
      : done,
  );
  expect(result?.modelHash).toBe(modelHash);
}, 60_000);
