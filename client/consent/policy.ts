/**
 * A client's own consent, as a file: what it agrees to do, whoever asks. Everything left out is not restricted.
 *
 *     consent: 1
 *     operations: { deny: [gather] }                     # or allow: [...]: only these
 *     cost: { gigaflopsPerBatch: 2, memoryMegabytes: 512 }
 *     programs: [sha256:983a…]                           # only these
 *     leastCohort: 3                                     # whose updates are added before anyone sees them
 *     mostEpsilon: 8                                     # and none at all is refused
 *     noise: own                                         # and only where this client adds it itself: the coordinator's is a promise
 *     quietHours: [{ from: "08:00", until: "18:00", days: [mon, tue, wed, thu, fri] }]
 *
 * Problems are told all at once, with line and column, as those of an experiment are. Read next: `consent.ts`, which judges by it.
 */
import { z } from "zod";
import { decodeDocument } from "../../shared/experiment/decode.ts";
import { readDocument } from "../../shared/experiment/document.ts";
import { explain } from "../../shared/experiment/explain.ts";
import { count, object, positive } from "../../shared/experiment/strict.ts";
import { hint } from "../../shared/experiment/suggest.ts";
import { operations } from "../../shared/graph/operations.ts";

const operation = z.string().refine((name) => Object.hasOwn(operations, name), {
  error: ({ input }) => `is no operation: ${hint(String(input), Object.keys(operations))}`,
});
const hour = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time like "08:00"' });
export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const operationsSchema = object({
  allow: z.array(operation).optional().describe("Only these; every other is refused."),
  deny: z.array(operation).default([]),
});

const quietSchema = object({
  from: hour,
  until: hour.describe("Earlier than from: on the next day."),
  days: z
    .array(z.enum(weekdays))
    .min(1)
    .default([...weekdays])
    .describe("On which it begins, by the client's own clock."),
});

export const policySchema = object({
  consent: z.literal(1).describe("The version of this vocabulary."),
  operations: operationsSchema.prefault({}),
  cost: object({
    gigaflopsPerBatch: positive.optional().describe("Arithmetic of one batch, 10⁹ operations."),
    memoryMegabytes: positive.optional().describe("Of one program as it runs, 10⁶ bytes."),
  }).prefault({}),
  programs: z
    .array(z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'expected "sha256:" and 64 hexadecimal digits' }))
    .optional(),
  leastCohort: count.default(1),
  mostEpsilon: positive.optional(),
  noise: z
    .enum(["own", "anybody's"])
    .default("anybody's")
    .describe("Whose noise an ε may rest on. own: of privacy.mechanism local or dp-sgd, where the client adds it."),
  quietHours: z.array(quietSchema).default([]),
});
export type Policy = z.output<typeof policySchema>;
export type QuietHours = Policy["quietHours"][number];

/** Throws "invalid-experiment", its message one line for each problem: `consent.yaml:3:9 cost.memoryMegabytes: expected a number …`. */
export function decodePolicy(file: string, text: string): Policy {
  return decodeDocument(readDocument(file, text), "consent", (value) => {
    const parsed = policySchema.safeParse(value);
    return parsed.success
      ? { value: parsed.data }
      : { findings: parsed.error.issues.flatMap((issue) => explain(issue, value)) };
  });
}
