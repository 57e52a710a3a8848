/**
 * The one room where tasks are done. A worker thread (`thread-door.ts`) and a network session call the same `runTask`: it knows
 * neither threads nor sockets, and a simulation is a carrier, not a second implementation.
 */
import type { Shard } from "../shared/protocol/assignment.ts";
import type { GradientTask, Task, TrainTask } from "../shared/protocol/task.ts";
import { maskedAnswer } from "./secure/masked-answer.ts";
import { secure } from "./secure/secure.ts";
import { evaluate } from "./tasks/evaluate.ts";
import { gradient } from "./tasks/gradient.ts";
import { outgoing } from "./tasks/outgoing.ts";
import { prepare } from "./tasks/prepare.ts";
import type { Reply } from "./tasks/reply.ts";
import { mustStayDiscreet } from "./room/confidant.ts";
import type { Room } from "./room/room.ts";
import { sketches } from "./tasks/sketches.ts";
import { statistics } from "./tasks/statistics.ts";
import { sums } from "./tasks/sums.ts";
import { train } from "./training/train.ts";
import { trainApart } from "./training/train-apart.ts";

export function runTask(task: Task, shard: Shard, room: Room): Reply {
  if (room.confidant !== undefined) mustStayDiscreet(task, room.confidant);
  switch (task.kind) {
    case "statistics":
      return statistics(shard, room);
    case "prepare":
      return prepare(task, shard, room);
    case "train":
      return leaving(task, workOf(room)(task, shard, room), shard, room);
    case "sums":
      return task.sketches === true ? sketches(task, shard, room) : sums(task, shard, room);
    case "gradient":
      return leaving(task, gradient(task, shard, room), shard, room);
    case "evaluate":
      return evaluate(task, shard, room);
    case "secure":
      return secure(task, shard, room);
  }
}

/** Where the assignment has secure sums no update leaves without a mask, whatever a task says. */
function leaving(task: TrainTask | GradientTask, reply: Reply, shard: Shard, room: Room): Reply {
  const own = outgoing(task, reply, room);
  return room.assignment.secureSums === undefined ? own : maskedAnswer(task, own, shard, room);
}

/** One change of the model for all objectives, or one for each. */
const workOf = ({ assignment: { local } }: Room): typeof train =>
  local?.objectives === "separate" ? trainApart : train;
