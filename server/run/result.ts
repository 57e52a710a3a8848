/** What a run comes to: the run as its caller sees it. */
import type { FinishedEvent, Scores } from "../events.ts";

export interface ClientResult {
  readonly client: string;
  readonly trainRows: number;
  readonly testRows: number;
  readonly scores: Scores;
  /** Of its own model; left out where it has none. */
  readonly personal?: Scores;
}

/** The end of a run: the `finished` event, and every client by itself. */
export interface RunResult extends FinishedEvent {
  readonly clients: readonly ClientResult[];
}
