/**
 * The room of one run at a client: its memory, and what is laid in it. Each client of the run has its own rows, and all share the
 * programs made ready to run. It knows no thread: a worker's is behind `thread-work.ts`.
 */
import { layData } from "../../shared/data/memory.ts";
import { TributaryError } from "../../shared/errors.ts";
import { participation } from "../../shared/experiment/goals.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import { discretionOf } from "../../shared/privacy/discretion.ts";
import { filedConfidant } from "../room/confidant.ts";
import { fileKeeper } from "../room/file-keeper.ts";
import { Room } from "../room/room.ts";
import { mustBeAsDeclared } from "../secure/declared.ts";
import { fileVault } from "../secure/file-vault.ts";
import { runTask } from "../run-task.ts";
import type { Done, Job, OpenedRows, OpenJob, TaskJob } from "./desk.ts";
import { writeOwnModel } from "./own-model.ts";
import { countsOf, ownRows, type OwnRows } from "./own-rows.ts";

interface Client {
  readonly rows: OwnRows;
  readonly experiment: Experiment;
  room:
    | { readonly assignment: string; readonly room: Room; readonly shard: Shard; prepared: string | undefined }
    | undefined;
}

/** What does a run's jobs, one after the other. @param folder where its clients keep what is theirs @param personal where their own models are written */
export function runRoom(folder: string, personal?: string): (job: Job) => Promise<OpenedRows | Done> {
  const heap = Heap.create();
  const clients = new Map<string, Client>();

  async function open(job: OpenJob): Promise<OpenedRows> {
    const rows = await ownRows(job);
    clients.set(job.client, { rows, experiment: job.experiment, room: undefined });
    return countsOf(rows, job);
  }

  function task({ run, client, assignment, prepared, task: given }: TaskJob): Done {
    const known = clients.get(client);
    if (known === undefined) throw new TributaryError("invalid-data", `Expected a client of this run, got "${client}"`);
    if (given.kind === "train" && prepared === undefined)
      throw new TributaryError("invalid-data", `Expected a preparation of "${client}" before it trains, got none`);
    mustBeAsDeclared(known.experiment, assignment.given, given);
    if (known.room?.assignment !== assignment.sha256) known.room = roomOf(known, assignment, run);
    const { room, shard } = known.room;
    if (prepared !== undefined && known.room.prepared !== prepared.sha256) {
      runTask(prepared.task, shard, room);
      known.room.prepared = prepared.sha256;
    }
    const { answer, vectors, masked } = runTask(given, shard, room);
    if (personal !== undefined && given.kind === "evaluate" && given.personal === true) {
      const { experiment } = known;
      writeOwnModel({ folder: personal, client, experiment, standardization: prepared?.task.standardization }, room);
    }
    return { answer, vectors: vectors.map((vector) => vector.slice()), ...(masked && { masked: masked.slice() }) };
  }

  function roomOf(
    { rows, experiment }: Client,
    { sha256, given }: TaskJob["assignment"],
    run: string,
  ): NonNullable<Client["room"]> {
    const { client, part, train, test } = rows;
    const absent = (objective: string): number[] => {
      const config = experiment.objectives[objective];
      return config === undefined || participation(config)(client) ? [] : [...train, ...test];
    };
    const keeper = given.keeps.length === 0 ? undefined : fileKeeper(folder, given.precision);
    const vault = given.secureSums === undefined ? undefined : fileVault(folder, run);
    const beside = [...clients.values()].find((other) => other.room?.assignment === sha256)?.room?.room;
    const terms = discretionOf(experiment);
    const confidant = terms && filedConfidant(terms, folder);
    const options = { keeper, vault, beside, confidant };
    const room = new Room(given, heap, layData(heap, [part], given, absent), options);
    const shard = { client, train, test, denominators: new Float64Array(given.objectives.length) };
    return { assignment: sha256, room, shard, prepared: undefined };
  }

  return async (job) => (job.kind === "open" ? await open(job) : task(job));
}
