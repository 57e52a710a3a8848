/** A work thread: the room in which one run's tasks are done, apart from the session, whose heartbeats never wait for it. */
import { parentPort, workerData } from "node:worker_threads";
import type { Desk, JobMessage, ReplyMessage } from "./desk.ts";
import { runRoom } from "./run-room.ts";

const { folder, personal } = workerData as Desk; // as Workplace gives it
const work = runRoom(folder, personal);

parentPort!.on("message", ({ id, job }: JobMessage) => {
  work(job).then(
    (result) => {
      const buffers =
        "vectors" in result
          ? [...result.vectors, ...(result.masked ? [result.masked] : [])].map(({ buffer }) => buffer as ArrayBuffer)
          : [];
      parentPort!.postMessage({ id, ok: true, result } satisfies ReplyMessage, buffers);
    },
    (error: unknown) => {
      const { message, stack = message } = error as Error;
      parentPort!.postMessage({ id, ok: false, message, stack } satisfies ReplyMessage);
    },
  );
});
