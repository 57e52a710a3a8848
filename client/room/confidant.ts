/**
 * What a client keeps to itself, and what it draws its noise from: over the run's secret in a simulation, over a file of its own in a
 * worker's state folder. The file also remembers what each round asked: a round is answered for one model alone, so that no coordinator
 * gets more answers than the client has agreed to, and the same answer as often as it likes.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "../../shared/errors.ts";
import { digestOf, secretOfClient, secretOfTask, type Discretion } from "../../shared/privacy/discretion.ts";
import type { Task, TrainTask } from "../../shared/protocol/task.ts";
import { writeWhole } from "./file-keeper.ts";

export interface Confidant {
  readonly terms: Discretion;
  /** What noise and draws of this answer come from. Throws "forbidden" for what the client has not agreed to. */
  secretFor(task: TrainTask, client: string): Uint8Array;
}

/** For clients of one machine. */
export const confidantIn = (terms: Discretion, secret: Uint8Array): Confidant => ({
  terms,
  secretFor: (task, client) => secretOfTask(secretOfClient(secret, client), digestOf(task, client)),
});

interface Remembered {
  /** Of this client in this run, in hexadecimal digits. */
  readonly secret: string;
  /** Round → what it asked. */
  readonly asked: Readonly<Record<string, string>>;
}

/** @param folder of one run */
export function filedConfidant(terms: Discretion, folder: string): Confidant {
  return {
    terms,
    secretFor(task, client) {
      const file = join(folder, `${Buffer.from(client).toString("hex")}.private`);
      const known: Remembered = existsSync(file)
        ? (JSON.parse(readFileSync(file, "utf8")) as Remembered) // what is written below
        : { secret: randomBytes(32).toString("hex"), asked: {} };
      const digest = digestOf(task, client);
      const { round } = task;
      if (!Number.isSafeInteger(round) || round < 1 || round > terms.rounds)
        throw new TributaryError("forbidden", `Round ${round}: expected one of the ${terms.rounds} that were declared, whose ε was agreed to`); // prettier-ignore
      const before = known.asked[round];
      if (before !== undefined && before !== digest)
        throw new TributaryError("forbidden", `Round ${round} has been answered for another model or rate: expected the same again, since each answer costs privacy`); // prettier-ignore
      if (before === undefined) {
        const asked = { ...known.asked, [round]: digest };
        writeWhole(folder, file, Buffer.from(JSON.stringify({ ...known, asked })), 0o600);
      }
      return secretOfTask(Buffer.from(known.secret, "hex"), digest);
    },
  };
}

/** Throws "forbidden" for a task whose answer would carry anything of the rows that is not noised. */
export function mustStayDiscreet(task: Task, { terms: { mechanism } }: Confidant): void {
  const stays =
    task.kind === "train" ||
    task.kind === "prepare" ||
    task.kind === "secure" || // keys and their shares
    (task.kind === "evaluate" && task.part === "test" && task.personal !== true);
  if (stays) return;
  const what = task.kind === "evaluate" ? "an evaluation of the rows that are trained on" : `a task of the kind "${task.kind}"`; // prettier-ignore
  throw new TributaryError("forbidden", `Under ${mechanism}: expected training and evaluations of held-out rows, got ${what}`); // prettier-ignore
}
