/** A few clients that make a secure sum step by step, with no coordinator between them: a test asks, and may ask wrongly. */
import { runTask } from "../../client/run-task.ts";
import { Room } from "../../client/room/room.ts";
import { vaultInHeap } from "../../client/secure/heap-vault.ts";
import type { Vault } from "../../client/secure/vault.ts";
import { settingOf } from "../../server/simulation/setting.ts";
import type { Reply } from "../../client/tasks/reply.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { Advertised, Circle, Dealt, SecureAnswer, SecureTask } from "../../shared/protocol/secure.ts";
import type { Task, TrainTask } from "../../shared/protocol/task.ts";
import { Random } from "../../shared/random.ts";
import { dealt, drawRows, scene } from "./scene.ts";

export const names = ["c0", "c1", "c2", "c3"];
const session = { round: 1, attempt: 0 };

export interface SecureCircle {
  ask(client: string, task: Task): Reply;
  say(client: string, task: SecureTask): SecureAnswer;
  keys(at?: { round: number; attempt: number }): Circle;
  shares(circle: Circle): ReadonlyMap<string, SecureAnswer>;
  /** Recipient → dealer → what it was dealt, among these. */
  among(all: ReadonlyMap<string, SecureAnswer>, dealers?: readonly string[]): ReadonlyMap<string, Dealt>;
  train(circle: Circle, dealtTo: ReadonlyMap<string, Dealt>, parameters?: Float64Array): TrainTask;
}

/** @param vaultOf where a client keeps what is its own; in the memory of the simulation when left out */
export async function secureCircle(vaultOf?: (client: string) => Vault): Promise<SecureCircle> {
  const experiment = scene(dealt(drawRows(16, Random.seeded(4)), names.length), {
    federation:
      "{ mode: update, rounds: 9, local: { optimizer: { kind: sgd, learningRate: 0.5 }, epochs: 1 }, secureSums: { clip: 2, inTheClear: [evaluations] } }",
  });
  const { fleet, compiled } = await settingOf(experiment, ".", Random.seeded(1));
  const { heap, assignment, data, clients, vault } = fleet;
  if (vault === undefined) throw new Error("Expected a simulation with secure sums");
  const own = vaultInHeap(heap, vault, names);
  const rooms = new Map(
    names.map((name) => [name, new Room(assignment, heap, data, { vault: vaultOf?.(name) ?? own })] as const),
  );
  const shards = new Map(
    clients.map((rows): [string, Shard] => [rows.client, { ...rows, denominators: new Float64Array(1) }]),
  );
  const ask = (client: string, task: Task): Reply => runTask(task, shards.get(client)!, rooms.get(client)!);
  for (const name of names) ask(name, { kind: "prepare" });
  const say = (client: string, task: SecureTask): SecureAnswer => ask(client, task).answer.secure ?? {};
  return {
    ask,
    say,
    keys: (at = session) =>
      new Map(names.map((name) => [name, say(name, { kind: "secure", step: "keys", ...at }) as unknown as Advertised])),
    shares: (circle) =>
      new Map(names.map((name) => [name, say(name, { kind: "secure", step: "shares", ...session, circle })])),
    among: (all, dealers = names) =>
      new Map(
        dealers.map((to) => [
          to,
          new Map(dealers.filter((from) => from !== to).map((from) => [from, all.get(from)![to]!])),
        ]),
      ),
    train: (circle, dealtTo, parameters = compiled.initial) => ({
      kind: "train",
      round: session.round,
      parameters,
      learningRate: 0.5,
      totals: [16],
      masking: { attempt: session.attempt, circle, dealt: dealtTo, largestWeight: 0.25 },
    }),
  };
}
