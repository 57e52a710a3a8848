/** What the adviser says: what it found, and which losses it would try, each with the numbers that led to it. */
import { losses } from "../losses/catalogue.ts";
import type { Loss, TargetFacts } from "../losses/loss.ts";
import { shown } from "./task.ts";

/** Named numbers, in the order they are to be read. */
export type Numbers = Readonly<Record<string, number>>;

export interface Finding {
  /** "outliers", "imbalance", "missing", … */
  readonly about: string;
  readonly says: string;
  readonly numbers: Numbers;
  /** Whether it wants a decision, rather than to be known. */
  readonly warns: boolean;
}

export interface Proposal {
  /** A name of the catalogue. */
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What the model is to learn of the target. */
  readonly transform?: "log1p";
  readonly because: string;
  readonly numbers: Numbers;
  /** The greatest ∂²ℓ/∂p², or what stands for it: a step is stable below 2 over curvature and Σx². */
  readonly curvature: number;
}

/** The proposals that this catalogue has, with options it takes for such a target; the order stays. */
export function available(proposals: readonly Proposal[], target: TargetFacts): Proposal[] {
  const known: Readonly<Record<string, Loss>> = losses;
  return proposals.filter(({ loss, options }) => {
    const found = known[loss];
    if (found?.options.safeParse(options).success !== true) return false;
    return found.bind(options).misfit(target) === undefined;
  });
}

/** 0.1234 → "12.3 %"; what is not quite everything is not called 100 %. */
export function percent(share: number): string {
  const rounded = Number((100 * share).toPrecision(3));
  return rounded === 100 && share < 1 ? "over 99.9 %" : `${rounded} %`;
}

/** 1 → "1 row", 20640 → "20,640 rows", 0 → "no rows". */
export const counted = (count: number, noun: string): string =>
  `${count === 0 ? "no" : shown(count)} ${noun}${count === 1 ? "" : "s"}`;
