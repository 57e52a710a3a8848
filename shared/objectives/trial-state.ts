/** The state that a request brings along: it must be one that an earlier answer of the same method could have given. */
import { TributaryError } from "../errors.ts";
import type { Method } from "./define-weighting.ts";

/** What is expected, in words, where `given` is nothing like `first`, the state a method begins with; undefined where it is. */
function misfit(given: unknown, first: unknown, at: string, width: number): string | undefined {
  if (typeof first === "number") return typeof given === "number" ? undefined : `${at}: expected a number`;
  if (Array.isArray(first) || ArrayBuffer.isView(first))
    return Array.isArray(given) && given.every((x) => typeof x === "number")
      ? undefined
      : `${at}: expected a list of numbers`;
  if (typeof first !== "object" || first === null)
    return given === first ? undefined : `${at}: expected ${String(first)}`;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return `${at}: expected a map of keys`;
  const known = Object.entries(first);
  const own: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(given));
  if (known.length === 0)
    return Object.entries(own).flatMap(([key, value]) => unnumbered(value, `${at}.${key}`, width))[0];
  return known.flatMap(([key, value]) =>
    key in own ? (misfit(own[key], value, `${at}.${key}`, width) ?? []) : [`${at}.${key}: is missing`],
  )[0];
}

const unnumbered = (value: unknown, at: string, width: number): string[] =>
  typeof value === "number" ||
  (Array.isArray(value) && value.length === width && value.every((x) => typeof x === "number"))
    ? []
    : [`${at}: expected a number, or a list of ${width} numbers, as long as a row`];

/** Throws "invalid-option" with the first place that does not fit. `width` is the length of the request's rows. */
export function mustFollow({ name }: Pick<Method, "name">, given: unknown, first: unknown, width: number): void {
  const problem = misfit(given, first, "state", width);
  if (problem === undefined) return;
  const known = first === null ? `${name} keeps none` : "give the state of an earlier answer, or none";
  throw new TributaryError("invalid-option", `${problem}, got ${shown(given)}: ${known}`);
}

function shown(given: unknown): string {
  const text = JSON.stringify(given);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
