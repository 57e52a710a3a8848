/** What stands after a flag, as a value; each refuses what it cannot read, and says what it wanted. */
import { TributaryError } from "../shared/errors.ts";
import { parseOverride, type Override } from "../shared/experiment/override.ts";

/** A whole number of at least `least`, and at most `most` where there is such a bound: `--threads 4`. */
export const wholeNumber =
  (flag: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const bound = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new TributaryError("invalid-option", `${flag}: expected a whole number ${bound}, got "${text}"`);
  };

/** A number; what it may be is for whoever takes it to say. */
export const numberOf =
  (flag: string) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value)) return value;
    throw new TributaryError("invalid-option", `${flag}: expected a number, got "${text}"`);
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

/** A comma-separated list: `localhost,127.0.0.1`. */
export const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Numbers by commas: `1,2`. */
export function numbersOf(text: string): number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw new TributaryError("invalid-option", `Expected numbers separated by commas, got "${text}"`);
}

/** Rows by semicolons: `-4,1,1;6,1,1`. */
export const rowsOf = (text: string): number[][] => text.split(";").map(numbersOf);
