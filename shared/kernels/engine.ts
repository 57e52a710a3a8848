/**
 * An engine runs one program with fixed shapes. Inputs and outputs are live views into its arena: write, run, read.
 *
 *     const engine = createEngine(program, { precision: "float32", heap });
 *     engine.input("feature/x").set(rows);
 *     engine.run();
 *     const loss = engine.output("objective/loss/numerator")[0];
 *
 * A run is one call into WebAssembly and allocates nothing. Two engines of one program and precision give the same bits, on
 * any thread and any CPU; `createReferenceEngine` (reference.ts) is the oracle with the same interface.
 */
import { unknownName } from "../errors.ts";
import type { DType } from "../graph/graph.ts";
import type { Program } from "../graph/program.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Engine, Precision, Values } from "./engine-interface.ts";
import type { Heap } from "./heap.ts";
import { bytesPer, kernel } from "./module.ts";
import { encode, type Instruction } from "./plan/code.ts";
import type { ScratchSize } from "./plan/lower.ts";
import { planOf, type Plan, type PlanOptions } from "./plan/plan.ts";

export interface EngineOptions {
  readonly precision: Precision;
  readonly heap: Heap;
  readonly fusion?: boolean;
  readonly inPlace?: boolean;
  readonly checkpointing?: boolean;
}

/** Makes the plan, takes its arena from the heap, and binds the one to the other. */
export function createEngine(program: Program, options: EngineOptions): Engine {
  const { arena, code, end } = bindPlan(planFor(program, options), options.heap);
  const run = kernel(options.heap.kernels, "run", options.precision);
  return {
    program,
    precision: options.precision,
    input: arena.input,
    output: arena.output,
    run: () => void run(code, end),
  };
}

export const planFor = (
  program: Program,
  { heap, ...options }: EngineOptions & Pick<PlanOptions, "freshInputs">,
): Plan => planOf(program, { ...options, scratchSize: scratchSizes(heap, options.precision) });

/** A plan's arena in a heap. */
export interface Arena {
  /** Byte address of the arena's start. */
  readonly base: number;
  readonly input: (name: string) => Values;
  readonly output: (name: string) => Values;
  /** `count` reals at a byte offset of the arena. */
  readonly reals: (offset: number, count: number) => Float32Array | Float64Array;
}

/** Allocates the arena, writes its constants and code, and says from where to where the code lies. */
export function bindPlan(plan: Plan, heap: Heap): { arena: Arena; code: number; end: number } {
  const base = heap.allocate(plan.bytes.total);
  const reals = (offset: number, count: number): Float32Array | Float64Array =>
    plan.precision === "float32" ? heap.float32(base + offset, count) : heap.float64(base + offset, count);
  const view = (offset: number, count: number, dtype: DType): Values =>
    dtype === "real" ? reals(offset, count) : heap.int32(base + offset, count);

  for (const { place, data, dtype } of plan.constants) view(place.at, data.length, dtype).set(data);
  const write = (instructions: readonly Instruction[], address: number): number => {
    const words = encode(instructions, base);
    heap.int32(address, words.length).set(words);
    return address + words.length * 4;
  };
  const first = base + plan.codeAt;
  const code = write(plan.prologue, first);
  const end = write(plan.instructions, code);
  kernel(heap.kernels, "run", plan.precision)(first, code);

  const { program, layout } = plan;
  const inputs = new Map(
    program.inputs.map(({ name, shape, dtype }) => [name, view(layout.inputs.get(name)!, sizeOf(shape), dtype)]),
  );
  const outputs = new Map(
    Object.entries(program.outputs).map(([name, id]) => {
      const { shape, dtype } = program.nodes[id]!;
      return [name, view(layout.outputs.get(name)!, sizeOf(shape), dtype)];
    }),
  );
  const pick = (kind: string, views: ReadonlyMap<string, Values>, name: string): Values => {
    const found = views.get(name);
    if (found === undefined) throw unknownName(kind, name, views.keys());
    return found;
  };
  const arena: Arena = {
    base,
    input: (name) => pick("input", inputs, name),
    output: (name) => pick("output", outputs, name),
    reals,
  };
  return { arena, code, end };
}

/** Asks the kernels themselves; a convolution's parameter block is handed over through a few words of the heap. */
function scratchSizes(heap: Heap, precision: Precision): ScratchSize {
  let address: number | undefined;
  return {
    matmul: (...sizes) => kernel(heap.kernels, "matmulScratch", precision)(...sizes),
    convolution: (name, block) => {
      address ??= heap.allocate(block.length * bytesPer.float32);
      heap.int32(address, block.length).set(block);
      return kernel(heap.kernels, `${name}Scratch`, precision)(address);
    },
  };
}
