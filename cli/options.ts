/** What stands after a flag, as a value; each refuses what it cannot read, and says what it wanted. */
import { TributaryError } from "../shared/errors.ts";
import { parseOverride, type Override } from "../shared/experiment/document.ts";

/** A whole number of at least `least`: `--threads 4`. */
export const wholeNumber =
  (flag: string, least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
    throw new TributaryError("invalid-option", `${flag}: expected a whole number of at least ${least}, got "${text}"`);
  };

/** `1..20`, `7`, or `1,2,5..8`: seeds in the order written, each once. */
export function seedList(text: string): number[] {
  const seeds = text.split(",").flatMap((part) => {
    const range = /^(\d+)(?:\.\.(\d+))?$/.exec(part.trim());
    const from = Number(range?.[1]);
    const to = Number(range?.[2] ?? range?.[1]);
    if (range === null || to < from || to - from >= 100_000 || !Number.isSafeInteger(to)) {
      throw new TributaryError("invalid-option", `--seeds: expected something like 1..20 or 1,2,5, got "${text}"`);
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(seeds)];
}

/** Gathers every `--set path=value`. */
export function collectOverride(text: string, before: readonly Override[]): Override[] {
  const override = parseOverride(text);
  if (override === undefined) throw new TributaryError("invalid-option", `--set: expected path=value, got "${text}"`);
  return [...before, override];
}
