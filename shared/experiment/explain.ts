/** zod's issues in our words: what was expected, and what came. */
import type { z } from "zod";
import type { Finding } from "./finding.ts";
import { closest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** The findings of one issue; `root` is the value that was decoded, where what came is looked up. */
export function explain(issue: Issue, root: unknown): Finding[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  const given = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const lines = issue.message.split("\n"); // one for each key: strict.ts; other objects say it once for all
      const message = (i: number): string => (lines.length === issue.keys.length ? lines[i]! : "is not a known key");
      return issue.keys.map((key, i) => ({ path: [...path, key], message: message(i), key: true as const }));
    }
    case "invalid_union": {
      const branch = likeliest(issue, given);
      if (branch !== undefined)
        return branch.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, root));
      if (issue.errors.length === 0) return [{ path, message: issue.message }]; // choice() says which values are known
      return [{ path, message: wanted(unique(issue.errors.flat().map(expected)).join(" or "), given) }];
    }
    case "invalid_key":
      return [{ path, message: issue.issues.map((inner) => inner.message).join("; "), key: true }];
    case "invalid_value":
      return [{ path, message: wanted(expected(issue), given, closest(String(given), issue.values.map(String))) }];
    case "invalid_type":
    case "too_small":
    case "too_big":
    case "not_multiple_of":
      return [{ path, message: wanted(expected(issue), given) }];
    default:
      return [{ path, message: issue.code === "custom" ? issue.message : wanted(issue.message, given) }];
  }
}

/**
 * The alternative of a union that was meant: the only one whose kind of value came, though something in it is wrong, or the
 * only list of words when a word came. Undefined when none or several fit.
 */
function likeliest(
  { errors }: Extract<Issue, { code: "invalid_union" }>,
  given: unknown,
): readonly Issue[] | undefined {
  const rooted = (branch: readonly Issue[]): Issue | undefined =>
    branch.find(({ code, path }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value"));
  const inside = errors.filter((branch) => rooted(branch) === undefined);
  if (inside.length > 0) return inside.length === 1 ? inside[0] : undefined;
  const words = errors.filter((branch) => {
    const issue = rooted(branch);
    return typeof given === "string" && issue?.code === "invalid_value" && issue.values.length > 1;
  });
  return words.length === 1 ? words[0] : undefined;
}

const unique = (words: readonly string[]): string[] => [...new Set(words)];

function wanted(what: string, given: unknown, near?: string): string {
  const start = what.startsWith("expected") ? what : `expected ${what}`;
  if (given === undefined) return `is missing: ${start}`;
  return `${start}, got ${show(given)}${near === undefined ? "" : `: did you mean "${near}"?`}`;
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "invalid_value":
      return (issue.values.length === 1 ? "" : "one of ") + issue.values.map(String).join(", ");
    case "too_small":
      return bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map of keys",
  record: "a map of keys",
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === "array") return `a list of ${relation} ${limit}`;
  return origin === "string" ? `a text of ${relation} ${limit} characters` : `a number of ${relation} ${limit}`;
}

/** What came, short enough for one line. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length <= 3 ? JSON.stringify(value) : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "a map of keys";
  if (value === null) return "nothing";
  return typeof value === "number" ? String(value) : JSON.stringify(value); // 1e400 and NaN have no JSON
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[key] : undefined,
    root,
  );
}
