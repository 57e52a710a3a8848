/** What a run comes to: the run as its caller sees it. */
import type { FinishedEvent, Scores } from "../events.ts";

export interface ClientResult {
  readonly client: string;
  readonly trainRows: number;
  readonly testRows: number;
  readonly scores: Scores;
  /** The cluster whose model its scores are of, counted from 1; left out where there is one model. */
  readonly cluster?: number;
  /** Of its own model; left out where it has none. */
  readonly personal?: Scores;
}

/** The end of a run: the `finished` event, and every client by itself. */
export interface RunResult extends FinishedEvent {
  readonly clients: readonly ClientResult[];
}
