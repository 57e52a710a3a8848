/**
 * Schedules: how the learning rate changes from round to round. The rate of round r (from 0) is the base rate times a factor.
 *
 *     constant 1 · step factor^⌊r/every⌋ · exponential factorʳ · cosine f + (1 − f)·½(1 + cos(πr/R)) · warm-up (r + 1)/W first
 */
import { cos } from "../kernels/math.ts";

/** round → factor; round 0 is the first. */
export type Schedule = (round: number) => number;

export type ScheduleSpec =
  | { readonly kind: "constant" }
  | { readonly kind: "step"; readonly everyRounds: number; readonly factor: number }
  | { readonly kind: "exponential"; readonly factor: number }
  | { readonly kind: "cosine"; readonly rounds?: number | undefined; readonly final: number };

/** The schedule of a spec, in a run of `rounds` rounds (which a cosine without its own length takes). */
export function scheduleOf(spec: ScheduleSpec, rounds: number): Schedule {
  switch (spec.kind) {
    case "constant":
      return () => 1;
    case "step":
      return (round) => integerPower(spec.factor, Math.floor(round / spec.everyRounds));
    case "exponential":
      return (round) => integerPower(spec.factor, round);
    case "cosine":
      return cosine(spec.rounds ?? rounds, spec.final);
  }
}

/** From 1 in round 0 down to `final` in round `rounds` and after, along half a cosine — Loshchilov & Hutter (2017). */
export function cosine(rounds: number, final = 0): Schedule {
  return (round) => final + (1 - final) * 0.5 * (1 + cos((Math.PI * Math.min(round, rounds)) / rounds));
}

/** 1/W, 2/W, … in the first W rounds, then `after` from its own round 0: a gentle start for large batches. */
export function linearWarmUp(rounds: number, after: Schedule): Schedule {
  return (round) => (round < rounds ? (round + 1) / rounds : after(round - rounds));
}

/** baseⁿ by squaring: products only, so that every engine rounds alike. */
function integerPower(base: number, n: number): number {
  let [power, square, rest] = [1, base, n];
  while (rest > 0) {
    if (rest % 2 === 1) power *= square;
    square *= square;
    rest = Math.floor(rest / 2);
  }
  return power;
}
