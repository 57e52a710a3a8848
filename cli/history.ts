/** What a run has told so far, kept small enough to draw: one curve per objective, and the newest scores. */
import type { EvaluatedEvent, RoundEvent, RunEvent, ScaleEvent, StartedEvent } from "../server/events.ts";

export interface History {
  started: StartedEvent | undefined;
  round: RoundEvent | undefined;
  evaluated: EvaluatedEvent | undefined;
  /** Objective → training loss of each round, as reported while training. */
  readonly curves: Map<string, number[]>;
  /** How the objectives compared in the first round, where there are several. */
  scale: ScaleEvent | undefined;
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
  scale: undefined,
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
      for (const name of event.infeasible) {
        const warning = `the bound of ${name} seems out of reach: its violation has long not shrunk, though its multiplier grew`;
        if (!history.warnings.includes(warning)) history.warnings.push(warning);
      }
      if (event.skipped) history.skipped++;
      for (const [clip, count] of Object.entries(event.clipped))
        history.clipped.set(clip, (history.clipped.get(clip) ?? 0) + count);
      return;
    case "scale":
      history.scale = event;
      return;
    case "evaluated":
      history.evaluated = event;
      return;
    case "abandoned":
      history.warnings.push(`round ${event.round}, attempt ${event.attempt}, was abandoned: ${event.reason}`);
      return;
    case "joined":
    case "checkpoint":
    case "finished":
      return;
  }
}
