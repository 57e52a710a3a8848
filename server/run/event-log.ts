/** The events of a run as they were written to its folder, from one on, and those that come. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { RunEvent } from "../events.ts";

export interface LoggedEvent {
  /** The number of its line, from 1. */
  readonly seq: number;
  readonly event: RunEvent;
}

export interface EventSource {
  readonly folder: string;
  /** Whether more will come. */
  readonly isOver: () => boolean;
  /** Resolves when something has been written since it was last asked, when the run has ended, or when nobody listens any more. */
  readonly changed: () => Promise<void>;
}

/** Ends when the run has, or `signal` says stop. */
export async function* eventsAfter(
  after: number,
  { folder, isOver, changed }: EventSource,
  signal: AbortSignal,
): AsyncGenerator<LoggedEvent> {
  let [position, seq, rest] = [0, 0, ""];
  while (!signal.aborted) {
    const over = isOver(); // asked before reading: what is written before the end is read
    // Opened anew each time: a run that begins, or goes on, puts another file in its place.
    const file = await open(join(folder, "events.ndjson"));
    const { bytesRead, buffer } = await file
      .read(Buffer.alloc(1 << 16), 0, 1 << 16, position)
      .finally(() => file.close());
    position += bytesRead;
    const lines = (rest + buffer.toString("latin1", 0, bytesRead)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      seq++;
      if (seq > after) yield { seq, event: JSON.parse(Buffer.from(line, "latin1").toString()) as RunEvent }; // what the run wrote
    }
    if (bytesRead > 0) continue;
    if (over) return;
    await changed();
  }
}
