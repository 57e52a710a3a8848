/**
 * The journal, from the event loop: questions to its thread. Two ways to say something:
 *
 *     await journal.ask("accept", …)      answers when it is on disk
 *     journal.tell("record", …)           rides along with the next sync, in its order
 *
 * When the thread can no longer write (another process has taken over, a sync has failed), everything that waits fails, and `lost`
 * is aborted with the reason.
 */
import { Worker } from "node:worker_threads";
import { builtFile } from "../../shared/built.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { OpenedJournal } from "./journal-engine.ts";
import type { Failure, FromJournal, JournalSetup, ToJournal } from "./journal-protocol.ts";
import type { InputOf, OperationName, OutputOf } from "./operations.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Journal implements AsyncDisposable {
  readonly opened: OpenedJournal;
  readonly #worker: Worker;
  readonly #waiting: Map<number, Waiting>;
  readonly #lost = new AbortController();
  readonly #log: Logger;
  #closed: (() => void) | undefined;
  #count = 0;

  private constructor(worker: Worker, opened: OpenedJournal, log: Logger) {
    this.#worker = worker;
    this.opened = opened;
    this.#log = log;
    this.#waiting = new Map();
    worker.on("message", (message: FromJournal) => {
      this.#hear(message);
    });
    worker.on("error", (error) => {
      this.#lose({ code: "storage-failed", message: `The journal's thread died: ${error.message}` });
    });
    worker.on("exit", () => {
      if (this.#closed === undefined) this.#lose({ code: "storage-failed", message: "The journal's thread ended" });
      this.#closed?.();
    });
  }

  /** Throws what `JournalEngine` throws when it is opened. */
  static open(folder: string, log: Logger): Promise<Journal> {
    const workerData: JournalSetup = { folder };
    const worker = new Worker(builtFile("server/store/journal-thread.js"), { workerData });
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromJournal) => {
        if (message.type === "opened") resolve(new Journal(worker, message.opened, log));
        else if (message.type === "lost") reject(errorOf(message.error));
      });
      worker.on("error", reject);
      worker.on("exit", (code) => {
        reject(
          new TributaryError("storage-failed", `The journal's thread ended with code ${code} as it opened ${folder}`),
        );
      });
    });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async ask<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> {
    this.#lost.signal.throwIfAborted();
    const id = ++this.#count;
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#post({ type: "request", id, request: { name, input }, waits: true });
    return (await answer) as OutputOf<N>; // the operation of this name has given it
  }

  tell<N extends OperationName>(name: N, input: InputOf<N>): void {
    this.#post({ type: "request", id: ++this.#count, request: { name, input }, waits: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lost.signal.aborted) return;
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#post({ type: "close" });
    await closed;
  }

  #post(message: ToJournal): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromJournal): void {
    switch (message.type) {
      case "answer":
        this.#waiting.get(message.id)?.resolve(message.value);
        this.#waiting.delete(message.id);
        break;
      case "refused": {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (waiting === undefined) this.#log.error({ reason: message.error.message }, "the journal refused a record");
        else waiting.reject(errorOf(message.error));
        break;
      }
      case "lost":
        this.#lose(message.error);
        break;
      case "opened":
      case "closed":
        break;
    }
  }

  #lose(failure: Failure): void {
    if (this.#lost.signal.aborted) return;
    const error = errorOf(failure);
    this.#log.error({ code: failure.code, reason: failure.message }, "the journal can no longer be written");
    this.#lost.abort(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const errorOf = ({ code, message }: Failure): TributaryError => new TributaryError(code, message);
