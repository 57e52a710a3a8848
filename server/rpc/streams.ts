/** What every stream needs: back-pressure that is obeyed, and an end for those that fall silent. */
import type { Readable } from "node:stream";
import { TributaryError } from "../../shared/errors.ts";

interface Writable<Message> {
  write(message: Message): boolean;
  once(event: "drain" | "close" | "error" | "cancelled", listener: () => void): unknown;
  off(event: "drain" | "close" | "error" | "cancelled", listener: () => void): unknown;
}

/** Writes, and waits until there is room for more; throws "unavailable" when the other side takes nothing for `deadlineMs`. */
export async function writeTo<Message>(call: Writable<Message>, message: Message, deadlineMs: number): Promise<void> {
  if (call.write(message)) return;
  await new Promise<void>((done, fail) => {
    const events = ["drain", "close", "error", "cancelled"] as const;
    const finish = (): void => {
      clearTimeout(timer);
      for (const event of events) call.off(event, finish);
      done();
    };
    const timer = setTimeout(() => {
      for (const event of events) call.off(event, finish);
      fail(new TributaryError("unavailable", `The other side has taken nothing for ${deadlineMs} ms`));
    }, deadlineMs);
    for (const event of events) call.once(event, finish);
  });
}

/**
 * The messages of a stream, each within `idleMs` of the one before, and in all at no less than `bytesPerSecond` over any `idleMs`; throws
 * "unavailable" where they are not. gRPC itself waits for ever for a frame that has been announced and does not come.
 */
export async function* readFrom<Message>(
  call: AsyncIterable<Message>,
  { idleMs, sizeOf, bytesPerSecond }: ReadLimits<Message>,
): AsyncGenerator<Message> {
  const messages = call[Symbol.asyncIterator]();
  let since = performance.now();
  let bytes = 0;
  for (;;) {
    const next = await within(messages.next(), idleMs);
    if (next.done === true) return;
    bytes += sizeOf(next.value);
    const elapsed = performance.now() - since;
    if (elapsed >= idleMs) {
      if (bytes < (bytesPerSecond * elapsed) / 1000)
        throw new TributaryError(
          "unavailable",
          `Expected at least ${bytesPerSecond} bytes a second, got ${Math.round((bytes * 1000) / elapsed)}`,
        );
      since += elapsed;
      bytes = 0;
    }
    yield next.value;
    since = Math.max(since, performance.now() - idleMs); // time that we took ourselves is not the sender's
  }
}

/** gRPC reads sixteen messages ahead of who takes them, however large they are; beside the window, that is what an upload keeps in memory. */
export function readAhead(call: Readable, messages: number): void {
  const { _readableState: inside } = call as { readonly _readableState?: { highWaterMark?: number } }; // Node lets it be read, not set
  if (typeof inside?.highWaterMark === "number") inside.highWaterMark = messages;
}

export interface ReadLimits<Message> {
  readonly idleMs: number;
  readonly sizeOf: (message: Message) => number;
  readonly bytesPerSecond: number;
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new TributaryError("unavailable", `Nothing came for ${ms} ms`));
    }, ms);
  });
  promise.catch(() => undefined); // it may fail after we have given up on it
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
