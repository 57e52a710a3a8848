/** Where a run's jobs are done: in a work thread, whose session's side this is. Jobs in, results out, one after the other. */
import { Worker } from "node:worker_threads";
import { builtFile } from "../../shared/built.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { Desk, Job, JobResult, ReplyMessage } from "./desk.ts";

export interface Place extends AsyncDisposable {
  /** Whether it can take no more jobs, and another one has to be opened. */
  readonly isBroken: boolean;
  do<J extends Job>(job: J): Promise<JobResult<J>>;
}

/** Opens a place; clients of the run keep what is theirs in this folder, and have their own models written to the other, where there is one. */
export type OpenPlace = (folder: string, personal?: string) => Place;

export class Workplace implements Place {
  readonly #thread: Worker;
  readonly #jobs = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #next = 0;
  #broken: TributaryError | undefined;

  /** @param folder where the clients of the run keep what is theirs @param personal where their own models are written */
  constructor(folder: string, personal?: string) {
    const workerData: Desk = { folder, personal };
    this.#thread = new Worker(builtFile("client/work/thread-work.js"), { workerData });
    this.#thread.on("message", (reply: ReplyMessage) => {
      const job = this.#jobs.get(reply.id);
      this.#jobs.delete(reply.id);
      if (reply.ok)
        job?.resolve(reply.result as never); // what the job of this id asked for
      else {
        const cause = Object.assign(new Error(reply.message), { stack: reply.stack });
        job?.reject(new TributaryError("worker-failed", reply.message, { cause }));
      }
    });
    this.#thread.on("error", (error) => {
      this.#break(`The work thread died: ${error.message}`);
    });
    this.#thread.on("exit", (code) => {
      this.#break(`The work thread ended with code ${code}`);
    });
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  do<J extends Job>(job: J): Promise<JobResult<J>> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#jobs.set(id, { resolve, reject });
      this.#thread.postMessage({ id, job });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }

  #break(reason: string): void {
    this.#broken ??= new TributaryError("worker-failed", reason);
    for (const { reject } of this.#jobs.values()) reject(this.#broken);
    this.#jobs.clear();
  }
}
