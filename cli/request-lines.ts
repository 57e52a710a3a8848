/**
 * `--json` of loss, aggregate and combine: one request per line of stdin, one answer per line of stdout, in order. A thread with bounded
 * memory and time does the work (`request-worker.ts`): a request that breaks it gets its error, and the next line another thread.
 */
import { EventEmitter, once } from "node:events";
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { builtFile } from "../shared/built.ts";
import type { Terminal } from "./progress.ts";

export interface LineLimits {
  /** A longer line is not read. @default 64 MiB */
  readonly lineBytes?: number;
  /** @default 60 s */
  readonly answerMs?: number;
  /** The thread's JavaScript heap. @default 1536 */
  readonly memoryMb?: number;
}

/** Answers every line until stdin ends. `worker` is the built file that answers, `cli/loss-worker.js`. */
export async function answerLines(
  stdin: Readable,
  stdout: Terminal,
  worker: string,
  { lineBytes = 64 * 2 ** 20, answerMs = 60_000, memoryMb = 1536 }: LineLimits = {},
): Promise<void> {
  await using desk = new Desk(worker, answerMs, memoryMb);
  for await (const line of linesOf(stdin, lineBytes)) {
    const answer =
      line === undefined
        ? refusal(`expected a line of at most ${lineBytes} bytes, got a longer one`)
        : await desk.answer(line);
    const full = stdout.write(`${answer}\n`) === false;
    if (full && stdout instanceof EventEmitter) await once(stdout, "drain");
  }
}

const refusal = (error: string): string => JSON.stringify({ error });

/** The thread that is at work, or the next one. */
class Desk implements AsyncDisposable {
  readonly #file: string;
  readonly #answerMs: number;
  readonly #memoryMb: number;
  #worker: Worker | undefined;

  constructor(file: string, answerMs: number, memoryMb: number) {
    this.#file = file;
    this.#answerMs = answerMs;
    this.#memoryMb = memoryMb;
  }

  answer(line: string): Promise<string> {
    const worker = (this.#worker ??= new Worker(builtFile(this.#file), {
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
    }));
    return new Promise((done) => {
      const settle = (text: string, broken: boolean): void => {
        clearTimeout(timer);
        worker.off("message", onMessage).off("error", onError);
        if (broken) this.#dismiss(worker);
        done(text);
      };
      const onMessage = (text: string): void => {
        settle(text, false);
      };
      const onError = (error: NodeJS.ErrnoException): void => {
        const large = error.code === "ERR_WORKER_OUT_OF_MEMORY";
        settle(refusal(large ? "too large to compute: out of memory" : `cannot be answered: ${error.message}`), true);
      };
      const timer = setTimeout(() => {
        settle(refusal(`expected an answer within ${this.#answerMs} ms, and it took longer`), true);
      }, this.#answerMs);
      worker.on("message", onMessage).on("error", onError);
      worker.postMessage(line);
    });
  }

  #dismiss(worker: Worker): void {
    worker.on("error", () => undefined); // said already
    void worker.terminate();
    this.#worker = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}

/** The lines of a stream without the empty ones; undefined for one that is longer than `most` bytes. */
export async function* linesOf(
  stream: AsyncIterable<Buffer | string>,
  most: number,
): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): string | undefined => {
    const line = length > most ? undefined : Buffer.concat(parts).toString("utf8").trim();
    [parts, length] = [[], 0];
    return line;
  };
  for await (const chunk of stream) {
    let rest = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      length += end;
      if (length <= most) parts.push(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = take();
      if (line !== "") yield line;
    }
    length += rest.length;
    if (length <= most) parts.push(rest);
    else parts = [];
  }
  const last = take();
  if (last !== "") yield last;
}

const newline = 0x0a;
