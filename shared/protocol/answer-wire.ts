/** Answers ↔ the message of proto/tasks.proto. */
import { z } from "zod";
import type { Statistics } from "../data/summary.ts";
import { TributaryError } from "../errors.ts";
import type { Contribution } from "../updates/update.ts";
import type { Answer } from "./answer.ts";
import { bytesOf, numbersOf } from "./content.ts";
import { decoding } from "./content-wire.ts";
import { codec } from "./definitions.ts";
import { defined, nothingLeft } from "./exact.ts";
import type * as wireAnswer from "./wire/tributary/v1/Answer.ts";

const answerCodec = codec<wireAnswer.Answer, wireAnswer.Answer__Output>("Answer");

/** Everything of an answer but who gives it, which its lease says. */
export function encodeAnswer(answer: Answer): Uint8Array {
  const { client: _, weight, steps, clipped, overflow, nonFinite, norm, lost, contributions, sums, ...more } = answer;
  const { statistics, secure, ...rest } = more;
  nothingLeft(rest);
  const { examples: clippedExamples, update: clippedUpdate, ...further } = clipped;
  nothingLeft(further);
  return answerCodec.encode({
    weight,
    steps,
    clippedExamples,
    clippedUpdate,
    overflow,
    nonFinite,
    norm,
    lost,
    contributions: contributions.map(({ objective, examples, ignored, numerator, denominator, ...none }) => {
      nothingLeft(none);
      return { objective, examples, ignored, numerator, denominator };
    }),
    sums: Object.fromEntries(Object.entries(sums).map(([name, values]) => [name, bytesOf(values)])),
    ...(statistics && { statistics: JSON.stringify(statistics) }),
    ...(secure && { secure: { ...secure } }),
  });
}

/** Throws "invalid-data" when it is not one. Whether it answers the task is `answer-check.ts`'s to say. */
export function decodeAnswer(bytes: Uint8Array, client: string): Answer {
  const message = decoding("an answer", () => answerCodec.decode(bytes));
  const { weight, steps, overflow, nonFinite, norm, lost, contributions, sums, statistics, secure } = message;
  return defined<Answer>({
    client,
    weight,
    steps,
    clipped: { examples: message.clippedExamples, update: message.clippedUpdate },
    overflow,
    nonFinite,
    norm,
    lost,
    contributions: contributions.map(({ objective, examples, ignored, numerator, denominator }) =>
      defined<Contribution>({ objective, examples, ignored, numerator, denominator }),
    ),
    sums: Object.fromEntries(Object.entries(sums).map(([name, values]) => [name, numbersOf("float64", values, name)])),
    statistics: statistics === "" ? undefined : statisticsFrom(statistics),
    secure: Object.keys(secure).length === 0 ? undefined : copies(secure),
  });
}

const copies = (bytes: Readonly<Record<string, Uint8Array>>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(bytes).map(([name, own]) => [name, Uint8Array.from(own)]));

const whole = z.int().min(0);
const exactSum = z.strictObject({
  total: z.string().regex(/^-?0x[0-9a-f]{1,1200}$/),
  nan: whole,
  positive: whole,
  negative: whole,
});
const summary = z.strictObject({
  rows: whole,
  table: z.array(
    z.strictObject({
      count: whole,
      missing: whole,
      sum: exactSum,
      squares: exactSum,
      least: z.number().nullable(),
      greatest: z.number().nullable(),
    }),
  ),
  targets: z.record(
    z.string(),
    z.strictObject({ count: whole, missing: whole, classes: z.array(whole).exactOptional() }),
  ),
}) satisfies z.ZodType<Statistics>;

function statisticsFrom(text: string): Statistics {
  const parsed = summary.safeParse(decoding("statistics", () => JSON.parse(text) as unknown));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TributaryError("invalid-data", `statistics.${issue!.path.join(".")}: ${issue!.message}`);
}
