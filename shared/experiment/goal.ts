/** A goal: one objective settled, with all that the programs and the coordinator need to know of it. */
import type { BoundLoss, TargetFacts } from "../losses/loss.ts";
import type { Metric } from "../metrics/metric.ts";
import type { Attack } from "../objectives/adversarial.ts";
import type { Pace } from "../objectives/curriculum.ts";
import type { InputSource } from "./sources.ts";
import type { TunedConfig } from "./tuned.ts";

/** One objective, ready to be built into programs. */
export interface Goal {
  readonly name: string;
  readonly loss: BoundLoss;
  /** Where each input of the loss comes from, by the loss's own names. */
  readonly inputs: Readonly<Record<string, InputSource>>;
  /** The head that answers for this objective: that of its prediction, or else of its first input from the model. */
  readonly head: string;
  /** What predictions are compared with; undefined for a loss that has no target. */
  readonly target: string | undefined;
  readonly facts: TargetFacts;
  /** Every target that a row must have to count. */
  readonly targets: readonly string[];
  /** Which rows a set loss joins: those of one value of this target, or all of a client. */
  readonly group: GroupBy | undefined;
  /** The pattern of the parameters that it trains. */
  readonly parameters: string;
  /** How its rows are moved against it while it is trained. */
  readonly attack: Attack | undefined;
  /** How its loss's own parameters are tuned, where they are not learned with the model. */
  readonly tuned: TunedConfig | undefined;
  /** What decides in a round which of its examples count; undefined where all do. */
  readonly paceIn: ((round: number) => Pace) | undefined;
  /** wᵢ: how much it counts beside the others. */
  readonly weight: number;
  readonly metrics: readonly Metric[];
  /** Which rows its metrics join, where one of them joins any. */
  readonly measuredBy: GroupBy | undefined;
  /** Whether it is trained in a round, counted from 1; in others it is measured only. */
  readonly trainedIn: (round: number) => boolean;
  /** Whether a client's rows count for it; elsewhere its weights are 0. */
  readonly countsAt: (client: string) => boolean;
}

export type GroupBy = { readonly target: string } | { readonly by: "client" };

/** Losses of one's own, bound to their options, by objective. */
export type CustomLosses = Readonly<Record<string, BoundLoss>>;
