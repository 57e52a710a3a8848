/**
 * A remote fleet whose clients live in this process: the real fleet, membership, leases and store, and the messages of the wire, but for
 * the sockets. Each client has a room of its own, with its rows and its preparation.
 */
import { keptInHeap } from "../../client/room/keeper.ts";
import { Room } from "../../client/room/room.ts";
import { vaultInHeap } from "../../client/secure/heap-vault.ts";
import { runTask } from "../../client/run-task.ts";
import { Contents } from "../../server/fleet/contents.ts";
import type { Fleet } from "../../server/fleet/fleet.ts";
import { Leases } from "../../server/fleet/leases.ts";
import { Membership } from "../../server/fleet/membership.ts";
import { RemoteFleet } from "../../server/fleet/remote.ts";
import { Roster } from "../../server/fleet/roster.ts";
import type { ThreadFleetOptions } from "../../server/fleet/threads.ts";
import { simulatedRun } from "../../shared/secure/session.ts";
import { MemoryStore } from "./memory-store.ts";
import { createLogger, logLevel } from "../../server/telemetry/logger.ts";
import { decodeAssignment } from "../../shared/protocol/assignment-wire.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import { sha256Of, type Content } from "../../shared/protocol/content.ts";
import { encodeAnswer } from "../../shared/protocol/answer-wire.ts";
import { decodeTask } from "../../shared/protocol/task-wire.ts";
import { encodeSent } from "../../shared/protocol/vectors-wire.ts";
import type { Offer } from "../../shared/protocol/orders.ts";

export interface Upload {
  readonly answer: Uint8Array;
  readonly vectors: Uint8Array;
}

export interface RemoteFleetInProcess {
  readonly fleet: Fleet;
  readonly leases: Leases;
}

/** @param spoil changes what a client hands in; what it throws is what broke the upload */
export function remoteFleet(
  given: ThreadFleetOptions,
  spoil: (client: string, upload: Upload) => Upload = (_client, upload) => upload,
  evaluationMs?: number,
): RemoteFleetInProcess {
  const log = createLogger(logLevel("silent"));
  const roster = new Roster({ heartbeatMs: 60_000, silenceMs: 600_000, now: () => performance.now(), log });
  const [contents, leases, store] = [new Contents(), new Leases(), new MemoryStore()];
  const created = store.createRun({ id: simulatedRun, experiment: {}, source: "", submittedBy: "test" });
  const load = (content: Content): Promise<Uint8Array> =>
    Promise.resolve(content.bytes ?? contents.get(content.sha256)!); // offered as long as it is wanted
  const membership = new Membership({
    run: simulatedRun,
    roster,
    clients: given.members,
    placement: "client",
    workers: 1,
    invite: (client) => ({
      kind: "invitation",
      run: simulatedRun,
      client,
      declaration: { sha256: "", size: 0 },
      groups: { training: undefined, evaluation: undefined },
    }),
    log,
  });
  for (const rows of given.clients) {
    const { client, train, test } = rows;
    const answer = clientOf(given, rows, load);
    const attendance = roster.attend(client, {
      send: (order) => {
        if (order.kind === "invitation") {
          const counts = { trainRows: train.length, testRows: test.length, blocks: [], largestEvaluated: 0 };
          queueMicrotask(() => {
            attendance.signal({ kind: "joined", run: simulatedRun, client, ...counts });
          });
        } else if (order.kind === "offer")
          void answer(order).then((upload) => submit(leases, order.lease, client, () => spoil(client, upload)));
      },
      close: () => undefined,
    });
  }
  const { assignment } = given;
  const fleet = new RemoteFleet({
    run: simulatedRun,
    assignment,
    membership,
    contents,
    leases,
    store,
    absenceMs: 60_000,
    evaluationMs,
    log,
  });
  return {
    leases,
    fleet: {
      members: fleet.members,
      async *run(...exchange) {
        await created;
        yield* fleet.run(...exchange);
      },
      async [Symbol.asyncDispose]() {
        await fleet[Symbol.asyncDispose]();
        membership[Symbol.dispose]();
        roster[Symbol.dispose]();
      },
    },
  };
}

/** What a client makes of an offer, one after the other. */
function clientOf(
  { heap, data, kept, vault, clients }: ThreadFleetOptions,
  rows: Pick<Shard, "client" | "train" | "test">,
  load: (content: Content) => Promise<Uint8Array>,
): (offer: Offer) => Promise<Upload> {
  const names = clients.map(({ client }) => client);
  let made: { readonly room: Room; readonly shard: Shard } | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const work = async ({ client, assignment, task }: Offer): Promise<Upload> => {
    const [offered, asked] = [await load(assignment), await load(task)];
    const decoded = await decodeTask(asked, client, load);
    if (made === undefined) {
      const own = await decodeAssignment(offered, load);
      made = {
        room: new Room(own, heap, data, {
          keeper: kept && keptInHeap(heap, kept, names),
          vault: vault && vaultInHeap(heap, vault, names),
        }),
        shard: { ...rows, denominators: new Float64Array(own.objectives.length) },
      };
    }
    const reply = runTask(decoded, made.shard, made.room);
    return { answer: encodeAnswer(reply.answer), vectors: encodeSent(reply, decoded, made.room.assignment) };
  };
  return (offer) => {
    const mine = turn.then(() => work(offer));
    turn = mine.catch(() => undefined);
    return mine;
  };
}

/** As the service does it: whoever leases hears of a refusal; one that is over takes nothing. */
async function submit(leases: Leases, token: string, worker: string, upload: () => Upload): Promise<void> {
  let lease;
  try {
    lease = leases.find(token, worker);
  } catch {
    return;
  }
  try {
    const { answer, vectors } = upload();
    const intake = await lease.open({ bytes: vectors.length, sha256: sha256Of(vectors), head: answer });
    if ("sha256" in intake) return;
    await intake.write(vectors.subarray(intake.offset));
    await intake.finish();
  } catch (error) {
    lease.broke(error as Error);
  }
}
