/** The options of what has a name, a loss, a weighting, a model, a strategy: decoded, or everything that is wrong with them. */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import { explain } from "./explain.ts";
import type { Finding } from "./finding.ts";
import { hint } from "./suggest.ts";

/** Throws "invalid-option": `huber.delta: expected a number of more than 0, got -1; huber.dleta: is not an option: did you mean "delta"?`. */
export function decodeOptions<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  given: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const known = schema instanceof z.ZodObject ? optionNames(schema) : undefined; // of a choice each alternative has its own
  const problems = parsed.error.issues.flatMap((issue): Finding[] => {
    if (issue.code !== "unrecognized_keys" || issue.path.length > 0 || known === undefined)
      return explain(issue, given);
    return issue.keys.map((key) => ({ path: [key], message: `is not an option: ${hintAmong(key, known)}` }));
  });
  const words = problems.map(({ path, message }) => `${[name, ...path].join(".")}: ${message}`);
  throw new TributaryError("invalid-option", words.join("; "));
}

const hintAmong = (key: string, known: readonly string[]): string =>
  known.length === 0 ? "it has none" : hint(key, known);

/** The names of the options a schema declares. */
export const optionNames = (schema: z.ZodType): string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
