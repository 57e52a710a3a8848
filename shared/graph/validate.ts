/**
 * What a client checks before it runs a program from elsewhere: that every operation is in the table, that the shapes
 * follow by the table's own rules, and that nodes, memory and arithmetic stay within bounds. No claim is trusted; every
 * problem is reported, all in one refusal.
 */
import { TributaryError } from "../errors.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { costOf } from "./cost.ts";
import { sorted } from "./encoding.ts";
import type { Attribute, Node } from "./graph.ts";
import { node as applied, operations } from "./operations.ts";
import { input } from "./operations/leaves.ts";
import type { Program, ProgramInput, ProgramNode } from "./program.ts";
import { plain, seal } from "./define-program.ts";

export interface ProgramLimits {
  /** The encoded program. @default 64 MiB */
  readonly encodedBytes: number;
  /** @default 100 000 nodes */
  readonly nodes: number;
  /** Parameters, inputs, constants and results held at once, in float64. @default 4 GiB, the most a module can address */
  readonly memoryBytes: number;
  /** Arithmetic operations of one run. @default 1e12, some minutes on one core */
  readonly flops: number;
}
const MEBIBYTE = 1 << 20;
export const defaultLimits: ProgramLimits = {
  encodedBytes: 64 * MEBIBYTE,
  nodes: 100_000,
  memoryBytes: 4096 * MEBIBYTE,
  flops: 1e12,
};

/** What is said about a program, shapes of nodes left out. */
export interface Claims {
  readonly inputs: readonly ProgramInput[];
  /** The nodes after the inputs. */
  readonly nodes: readonly Pick<ProgramNode, "operation" | "inputs" | "attributes">[];
  readonly outputs: Readonly<Record<string, number>>;
}

/** Checks a program at hand, its shapes and its hash included. Throws "invalid-program" with every problem. */
export function validateProgram(program: Program, limits: Partial<ProgramLimits> = {}): void {
  const { inputs, nodes, outputs } = program;
  const rebuilt = build({ inputs, nodes: nodes.slice(inputs.length), outputs }, { ...defaultLimits, ...limits });
  const problems = rebuilt.nodes.flatMap(({ operation, shape, dtype }, i) => {
    const claimed = nodes[i]!;
    const agrees = claimed.operation === operation && sameShape(claimed.shape, shape) && claimed.dtype === dtype;
    const got = `${claimed.operation} ${claimed.dtype} ${showShape(claimed.shape)}`;
    return agrees ? [] : [`node ${i}: Expected ${operation} ${dtype} ${showShape(shape)}, got ${got}`];
  });
  if (rebuilt.hash !== program.hash) problems.push(`Expected the hash ${rebuilt.hash}, got ${program.hash}`);
  refuse(problems);
}

/** The program that the claims describe. Throws "invalid-program" with every problem. */
export function build({ inputs, nodes, outputs }: Claims, limits: ProgramLimits): Program {
  const count = inputs.length + nodes.length;
  if (count > limits.nodes) refuse([`Expected at most ${limits.nodes} nodes, got ${count}`]);
  const problems: string[] = [];
  const note = (where: string, attempt: () => Node): Node | undefined => {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      problems.push(`${where}: ${error.message}`);
      return undefined;
    }
  };

  problems.push(...inputProblems(inputs));
  const built: (Node | undefined)[] = inputs.map(({ name, shape, dtype }) =>
    note(`input "${name}"`, () => input(name, shape, dtype)),
  );
  nodes.forEach(({ operation, inputs: from, attributes }, i) => {
    const where = `node ${inputs.length + i}`;
    built.push(note(where, () => resolve(operation, from, attributes, built)));
  });
  for (const [name, at] of Object.entries(outputs)) {
    if (!(Number.isInteger(at) && at >= 0 && at < count))
      problems.push(`output "${name}": Expected a node below ${count}, got ${at}`);
  }
  refuse(problems.filter((problem) => !problem.endsWith(SKIPPED)));

  const parts = {
    inputs,
    nodes: built.map((one, i) => plain(one!, nodes[i - inputs.length]?.inputs ?? [])),
    outputs: sorted(outputs),
  };
  const cost = costOf(parts, "float64");
  if (cost.memoryBytes > limits.memoryBytes)
    problems.push(`Expected at most ${limits.memoryBytes} bytes of memory, got ${cost.memoryBytes}`);
  if (cost.flops > limits.flops)
    problems.push(`Expected at most ${limits.flops} floating-point operations, got ${cost.flops}`);
  refuse(problems);
  return seal(parts);
}

const SKIPPED = "follows from an earlier problem";

function resolve(
  operation: string,
  from: readonly number[],
  attributes: Readonly<Record<string, Attribute>>,
  earlier: readonly (Node | undefined)[],
): Node {
  if (!Object.hasOwn(operations, operation))
    throw new TributaryError("invalid-program", `"${operation.slice(0, 40)}" is not in the table of operations`);
  if (operation === "input")
    throw new TributaryError("invalid-program", "Expected inputs among the program's inputs, got one among its nodes");
  const inputs = from.map((i) => {
    if (!(Number.isInteger(i) && i >= 0 && i < earlier.length)) {
      throw new TributaryError("invalid-program", `${operation}: Expected inputs that are earlier nodes, got ${i}`);
    }
    const found = earlier[i];
    if (found === undefined) throw new TributaryError("invalid-program", SKIPPED);
    return found;
  });
  return applied(operation, inputs, attributes);
}

function inputProblems(inputs: readonly ProgramInput[]): string[] {
  const seen = new Set<string>();
  return inputs.flatMap(({ name, role, scope, dtype }) => {
    const problems: string[] = [];
    if (seen.has(name)) problems.push(`Two inputs are named "${name}"`);
    if (role !== "parameter" && scope !== undefined)
      problems.push(`input "${name}": Expected a scope of parameters only, got a ${role}`);
    if (role === "parameter" && dtype === "index")
      problems.push(`input "${name}": Expected a parameter to be real, got an index`);
    seen.add(name);
    return problems;
  });
}

const MOST = 50; // a hostile program may hold a problem per node

/** Throws "invalid-program" when there is a problem. */
export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > MOST ? [`… and ${problems.length - MOST} more`] : [];
  throw new TributaryError("invalid-program", [...problems.slice(0, MOST), ...more].join("\n"));
}
