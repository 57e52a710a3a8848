/** Reads a program's canonical text back. Nothing in it is believed before `validate.ts` has built it anew. */
import { z } from "zod";
import { FORMAT, unwritable } from "./encoding.ts";
import type { Attribute } from "./graph.ts";
import { operations } from "./operations.ts";
import type { Operation } from "./operations/operation.ts";
import type { Program, ProgramInput } from "./program.ts";
import type { ProgramLimits } from "./validate.ts";
import { build, defaultLimits, refuse } from "./validate.ts";

const count = z.int().min(0);
const number = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity", "-0"])]);
const attribute = z.union([z.boolean(), z.number(), z.string(), z.array(number)]);
const envelope = z.strictObject({
  format: z.literal(FORMAT),
  inputs: z.array(
    z.strictObject({
      name: z.string().min(1),
      role: z.enum(["parameter", "batch", "constant", "key"]),
      shape: z.array(count),
      dtype: z.enum(["real", "index"]),
      scope: z.enum(["shared", "local", "buffer"]).optional(),
    }),
  ),
  nodes: z.array(
    z.union([
      z.tuple([z.string(), z.array(count)]),
      z.tuple([z.string(), z.array(count), z.record(z.string(), attribute)]),
    ]),
  ),
  outputs: z.record(z.string(), count),
});

/** The program of these bytes. Throws "invalid-program" with every problem: format, operations, shapes, memory, arithmetic. */
export function decodeProgram(bytes: Uint8Array, limits: Partial<ProgramLimits> = {}): Program {
  const bounds = { ...defaultLimits, ...limits };
  if (bytes.length > bounds.encodedBytes)
    refuse([`Expected at most ${bounds.encodedBytes} bytes, got ${bytes.length}`]);
  const { success, data, error } = envelope.safeParse(parse(bytes));
  if (!success) {
    refuse(error.issues.map(({ path, message }) => `${path.join(".") || "program"}: ${message}`));
    throw error; // refuse throws whenever there is an issue
  }
  const { inputs, outputs } = data;
  const nodes = data.nodes.map(([operation, from, attributes = {}]) => ({
    operation,
    inputs: from,
    attributes: decodeAttributes(operation, attributes),
  }));
  return build({ inputs: inputs as readonly ProgramInput[], nodes, outputs }, bounds);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    refuse([`Expected a program in JSON: ${error instanceof Error ? error.message : String(error)}`]);
    return undefined;
  }
}

/** Texts become the numbers they stand for, where the operation expects numbers. */
function decodeAttributes(
  operation: string,
  attributes: Readonly<Record<string, z.output<typeof attribute>>>,
): Record<string, Attribute> {
  const known = Object.hasOwn(operations, operation)
    ? (operations as Readonly<Record<string, Operation>>)[operation]!.attributes
    : {};
  const decode = (name: string, value: z.output<typeof attribute>): Attribute => {
    if (Array.isArray(value)) return value.map((one) => (typeof one === "string" ? unwritable.get(one)! : one));
    const isText = Object.hasOwn(known, name) && known[name] === "text";
    return typeof value === "string" && !isText ? (unwritable.get(value) ?? value) : value;
  };
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, decode(name, value)]));
}
