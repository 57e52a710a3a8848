/** What a run has told so far, kept small enough to draw: one curve per objective, and the newest scores. */
import type { EvaluatedEvent, RoundEvent, RunEvent, StartedEvent } from "../server/events.ts";

export interface History {
  started: StartedEvent | undefined;
  round: RoundEvent | undefined;
  evaluated: EvaluatedEvent | undefined;
  /** Objective → training loss of each round, as reported while training. */
  readonly curves: Map<string, number[]>;
  readonly warnings: string[];
  /** Clip → what it has clipped in all rounds together. */
  readonly clipped: Map<string, number>;
  /** Rounds whose step was skipped, because an update did not fit at its loss scale. */
  skipped: number;
}

export const emptyHistory = (): History => ({
  started: undefined,
  round: undefined,
  evaluated: undefined,
  curves: new Map(),
  warnings: [],
  clipped: new Map(),
  skipped: 0,
});

/** Takes one event into the history. */
export function remember(history: History, event: RunEvent): void {
  switch (event.event) {
    case "started":
      history.started = event;
      return;
    case "round":
      history.round = event;
      for (const [objective, loss] of Object.entries(event.losses)) {
        const curve = history.curves.get(objective) ?? [];
        curve.push(loss ?? NaN);
        history.curves.set(objective, curve);
      }
      if (event.skipped) history.skipped++;
      for (const [clip, count] of Object.entries(event.clipped))
        history.clipped.set(clip, (history.clipped.get(clip) ?? 0) + count);
      return;
    case "evaluated":
      history.evaluated = event;
      return;
    case "abandoned":
      history.warnings.push(`round ${event.round}, attempt ${event.attempt}, was abandoned: ${event.reason}`);
      return;
    case "checkpoint":
    case "finished":
      return;
  }
}
