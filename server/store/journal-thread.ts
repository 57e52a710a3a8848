/**
 * The journal's thread. It syncs, which takes tens to hundreds of milliseconds at the worst, so nothing else happens here. Group
 * commit: while it syncs requests gather, and all of them make the next transaction.
 */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from "node:worker_threads";
import { TributaryError } from "../../shared/errors.ts";
import { JournalEngine, type Outcome } from "./journal-engine.ts";
import type { Failure, FromJournal, JournalSetup, ToJournal } from "./journal-protocol.ts";
import { operations } from "./operations.ts";

/** How long what nobody waits for may stay in memory, in ms. */
const ridersWaitMs = 200;
/** The log is copied into the database when it is longer and nobody waits, or much longer. */
const flushBytes = 4 * 1024 * 1024;
const flushAtOnceBytes = 16 * flushBytes;

type Asked = Extract<ToJournal, { type: "request" }>;

class JournalThread {
  readonly #port: MessagePort;
  readonly #engine: JournalEngine;
  /** Not yet in a transaction, in the order in which they came. */
  #pending: Asked[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(port: MessagePort, { folder }: JournalSetup) {
    this.#port = port;
    this.#engine = new JournalEngine(folder);
    this.#say({ type: "opened", opened: this.#engine.opened });
    port.on("message", (message: ToJournal) => {
      this.#take(message);
    });
  }

  #take(first: ToJournal): void {
    const messages = [first];
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      messages.push(next.message as ToJournal); // what journal.ts has posted
    }
    for (const message of messages) if (message.type === "request") this.#pending.push(message);
    if (messages.some(({ type }) => type === "close")) this.#close();
    else if (this.#pending.some(({ waits }) => waits)) this.#work();
    else
      this.#timer ??= setTimeout(() => {
        this.#work();
      }, ridersWaitMs);
  }

  #work(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    let outcomes: Outcome[];
    try {
      outcomes = this.#engine.transact(
        batch.map(({ request }) => request),
        Date.now(),
      );
    } catch (error) {
      this.#fail(batch, error);
      return;
    }
    this.#answer(batch, outcomes);
    this.#flush();
  }

  #answer(batch: readonly Asked[], outcomes: readonly Outcome[]): void {
    batch.forEach(({ id }, i) => {
      const outcome = outcomes[i]!;
      if ("error" in outcome) this.#say({ type: "refused", id, error: failureOf(outcome.error) });
      else this.#say({ type: "answer", id, value: outcome.value });
    });
  }

  /** A full disk refuses whoever waits to write, and keeps what rides along for later; reading goes on. Everything else is the end. */
  #fail(batch: readonly Asked[], error: unknown): void {
    const failure = failureOf(error);
    if (failure.code !== "disk-full" && failure.code !== "locked") throw error;
    const writes = ({ request }: Asked): boolean => operations[request.name].writes;
    this.#pending = batch.filter((one) => !one.waits && writes(one));
    for (const { id } of batch.filter((one) => one.waits && writes(one)))
      this.#say({ type: "refused", id, error: failure });
    const reading = batch.filter((one) => !writes(one));
    const requests = reading.map(({ request }) => request);
    this.#answer(reading, this.#engine.transact(requests, Date.now()));
  }

  #flush(): void {
    const { logBytes } = this.#engine;
    if (logBytes < flushBytes) return;
    setImmediate(() => {
      if (this.#pending.length > 0 && logBytes < flushAtOnceBytes) return;
      try {
        this.#engine.flush();
      } catch (error) {
        if (failureOf(error).code !== "disk-full") this.lose(error); // a log that stays long for now harms nobody
      }
    });
  }

  #close(): void {
    this.#work();
    try {
      this.#engine.flush("TRUNCATE");
    } finally {
      this.#engine.close();
      this.#say({ type: "closed" });
      this.#port.close();
    }
  }

  lose(error: unknown): void {
    this.#say({ type: "lost", error: failureOf(error) });
    this.#port.close();
  }

  #say(message: FromJournal): void {
    this.#port.postMessage(message);
  }
}

const failureOf = (error: unknown): Failure =>
  error instanceof TributaryError
    ? { code: error.code, message: error.message }
    : { code: "storage-failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };

const port = parentPort!; // this file is only ever a thread's entry
const say = (message: FromJournal): void => {
  port.postMessage(message);
};
try {
  const thread = new JournalThread(port, workerData as JournalSetup);
  process.on("uncaughtException", (error) => {
    thread.lose(error);
  });
} catch (error) {
  say({ type: "lost", error: failureOf(error) });
  port.close();
}
