/**
 * The three shapes every section of an experiment is made of. They refuse what they do not know, and say what they do:
 *
 *     object({ rounds: … })           a record of known keys; a typo names the key that was probably meant
 *     choice("kind", [sgd, adam])     one of several objects, told apart by the value of one key
 *     named(schema)                   a map whose keys the author chooses (objectives, heads, clients)
 *
 * Every message completes the sentence "<path> …", so that the decoder can put file, line and column before it.
 */
import { z } from "zod";
import { longestTimerMs, longestTimerSeconds } from "../longest-timer.ts";
import { hint } from "./suggest.ts";

/** An object with exactly these keys. The message has one line for each unknown key, in the order of the issue's `keys`. */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? (issue as unknown as { keys: string[] }).keys
            .map((key) => `is not a known key: ${hint(key, known)}`)
            .join("\n")
        : undefined,
  });
}

type Alternative = z.core.$ZodTypeDiscriminable;

/** One of several objects, told apart by the literal value of the key `discriminator`. */
export function choice<const Options extends readonly [Alternative, ...Alternative[]], Key extends string>(
  discriminator: Key,
  options: Options,
) {
  return z.discriminatedUnion(discriminator, options, {
    error: (issue) => {
      const known = options.flatMap((option) => [...(option._zod.propValues[discriminator] ?? [])].map(String));
      const given = (issue.input as Readonly<Record<string, unknown>> | null)?.[discriminator];
      return given === undefined
        ? `is missing: expected one of ${known.join(", ")}`
        : `is ${JSON.stringify(given)}: ${hint(typeof given === "string" ? given : "", known)}`;
    },
  });
}

/** The names an author may give: letters, digits, `_`, `-` and `.`; no `/`, which separates the parts of a path. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, { error: "expected a name of letters, digits, '_', '-' and '.'" });

/** A map with at least one entry, from names the author chooses to values of one shape. */
export function named<Value extends z.ZodType>(value: Value) {
  return z
    .record(nameSchema, value)
    .refine((map) => Object.keys(map).length > 0, { error: "expected at least one entry" });
}

export const positive = z.number().positive();
export const nonNegative = z.number().min(0);
export const fraction = z.number().gt(0).lt(1);
export const count = z.int().min(1);
export const timerMs = count.max(longestTimerMs);
export const timerSeconds = z.int().min(0).max(longestTimerSeconds);
