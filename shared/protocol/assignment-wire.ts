/**
 * An assignment ↔ its message: the programs by the hashes of their canonical bytes, everything else as JSON, which is decoded by the same
 * schemas that an experiment is. Programs are built anew by the receiver's own table of operations, within its own bounds.
 */
import { z } from "zod";
import { TributaryError } from "../errors.ts";
import { dataSchema } from "../experiment/data.ts";
import { clipSchema, localSchema } from "../experiment/federation.ts";
import { ownSchema } from "../experiment/personal.ts";
import { secureSumsSchema } from "../experiment/secure-sums.ts";
import { decodeProgram } from "../graph/decoding.ts";
import { encodeProgram } from "../graph/define-program.ts";
import type { Program } from "../graph/program.ts";
import type { Assignment, Groups } from "./assignment.ts";
import type { Content } from "./content.ts";
import { codec } from "./definitions.ts";
import { contentFrom, contentMessage, decoding } from "./content-wire.ts";
import type * as wire from "./wire/tributary/v1/Assignment.ts";

const assignmentCodec = codec<wire.Assignment, wire.Assignment__Output>("Assignment");

const count = z.int().min(0);
const name = z.string().min(1);
const groupsSchema = z.strictObject({ targets: z.array(name), clients: z.boolean() }) satisfies z.ZodType<Groups>;

/** What is never parted by losses, and in evaluations. */
export const wholeGroupsSchema = z.strictObject({
  training: groupsSchema.exactOptional(),
  evaluation: groupsSchema.exactOptional(),
});

/** Everything but the programs. */
const settingsSchema = z.strictObject({
  seed: count,
  precision: z.enum(["float32", "float64"]),
  schema: dataSchema,
  objectives: z.array(
    z.strictObject({
      name,
      weight: z.number(),
      targets: z.array(name),
      multipliers: z.enum(["frozen", "client-local"]).exactOptional(),
    }),
  ),
  parameters: count,
  penalized: z.boolean(),
  clip: clipSchema,
  transport: z.strictObject({ dtype: z.enum(["float16", "bfloat16"]), scaled: z.boolean() }).exactOptional(),
  groups: groupsSchema.exactOptional(),
  evaluationGroups: groupsSchema.exactOptional(),
  local: localSchema.exactOptional(),
  personal: ownSchema.exactOptional(),
  secureSums: secureSumsSchema.omit({ inTheClear: true }).exactOptional(),
  report: z.enum(["sum", "each"]),
  keeps: z.array(z.strictObject({ name, size: count })),
});

type Programs = "work" | "evaluation" | "counting" | "sums" | "slopes" | "tuning";
type Settings = Omit<Assignment, Programs>;
/** Holds both ways: a field of the one that the other lacks does not compile. */
type WithKeysOf<A, S extends z.ZodType> = [keyof A, keyof z.output<S>] extends [keyof z.output<S>, keyof A] ? S : never;
const settingsOnWire: WithKeysOf<Settings, typeof settingsSchema> = settingsSchema;

export function encodeAssignment(assignment: Assignment, carry: (bytes: Uint8Array) => Content): Uint8Array {
  const { work, evaluation, counting, sums, slopes, tuning, ...settings } = assignment;
  const program = (one: Program) => contentMessage(carry(encodeProgram(one)));
  return assignmentCodec.encode({
    settings: JSON.stringify(settings satisfies Settings),
    work: program(work),
    evaluation: program(evaluation),
    counting: program(counting),
    ...(sums && { sums: program(sums) }),
    ...(slopes && { slopes: program(slopes) }),
    ...(tuning && { tuning: program(tuning) }),
  });
}

/** Throws "invalid-data" or "invalid-program" with what is wrong with it. */
export async function decodeAssignment(
  bytes: Uint8Array,
  load: (content: Content, what: string) => Promise<Uint8Array>,
): Promise<Assignment> {
  const message = decoding("an assignment", () => assignmentCodec.decode(bytes));
  const parsed = settingsOnWire.safeParse(decoding("settings", () => JSON.parse(message.settings) as unknown));
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message: problem }) => `assignment.${path.join(".")}: ${problem}`);
    throw new TributaryError("invalid-data", lines.join("\n"));
  }
  const program = async (content: wire.Assignment__Output[Programs], what: string): Promise<Program> =>
    decodeProgram(await load(contentFrom(content, what), `the program ${what}`));
  return {
    ...parsed.data,
    work: await program(message.work, "work"),
    evaluation: await program(message.evaluation, "evaluation"),
    counting: await program(message.counting, "counting"),
    ...(message.sums && { sums: await program(message.sums, "sums") }),
    ...(message.slopes && { slopes: await program(message.slopes, "slopes") }),
    ...(message.tuning && { tuning: await program(message.tuning, "tuning") }),
  };
}
