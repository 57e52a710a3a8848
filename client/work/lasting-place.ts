/**
 * A run's place of work for as long as the run goes on. One that dies, or is left in the middle of a job, is followed by a new one, in
 * which every client has to be opened anew; what clients keep for themselves is in files, and is not lost with it.
 *
 * No job goes on for ever: one that takes longer than `limitMs` is left.
 */
import { TributaryError } from "../../shared/errors.ts";
import type { Job, JobResult } from "./desk.ts";
import type { Place } from "./workplace.ts";

export interface LastingPlaceOptions {
  readonly open: () => Place;
  /** How long one job may take, in ms. */
  readonly limitMs: number;
  /** Told when another place has to be opened: nothing of the last one is there any more. */
  readonly onLoss: () => void;
}

export class LastingPlace implements AsyncDisposable {
  readonly #options: LastingPlaceOptions;
  #place: Place | undefined;
  #interrupt: ((reason: Error) => void) | undefined;

  constructor(options: LastingPlaceOptions) {
    this.#options = options;
  }

  /** One job at a time. Throws what the job throws, "worker-failed" where it takes too long, and the reason of `leave`. */
  async do<J extends Job>(job: J): Promise<JobResult<J>> {
    const { limitMs } = this.#options;
    this.#place ??= this.#options.open();
    const place = this.#place;
    const interrupted = new Promise<never>((_, fail) => (this.#interrupt = fail));
    const limit = setTimeout(() => {
      this.leave(`it took longer than the ${limitMs / 1000} s that a task may take here, and was given up`);
    }, limitMs);
    try {
      return await Promise.race([place.do(job), interrupted]);
    } finally {
      clearTimeout(limit);
      this.#interrupt = undefined;
      if (place.isBroken && place === this.#place) this.#lose();
    }
  }

  /** Ends the job that is under way, if there is one, and the place with it: a thread that computes hears nothing. */
  leave(reason: string): void {
    const interrupt = this.#interrupt;
    if (interrupt === undefined) return;
    void this.#place?.[Symbol.asyncDispose]();
    this.#lose();
    interrupt(new TributaryError("worker-failed", reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const place = this.#place;
    this.leave("the work is over");
    await place?.[Symbol.asyncDispose]();
    this.#place = undefined;
  }

  #lose(): void {
    this.#place = undefined;
    this.#options.onLoss();
  }
}
