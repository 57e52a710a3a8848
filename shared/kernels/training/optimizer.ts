/**
 * The optimizer of local steps, as instructions over the flat vectors: one per run of neighbouring parameters that the program
 * computes gradients for. Buffers and frozen parameters lie between the runs and stay as they are.
 */
import type { Heap } from "../heap.ts";
import { bytesPer } from "../module.ts";
import { instruction, type Instruction } from "../plan/code.ts";
import type { Plan } from "../plan/plan.ts";

/** Which rule, with which numbers; the learning rate comes with every step. The formulas are in shared/optimizers. */
export type OptimizerSpec =
  | { readonly kind: "sgd"; readonly momentum: number; readonly nesterov: boolean; readonly weightDecay: number }
  | {
      readonly kind: "adam" | "adamw";
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly biasCorrection: boolean;
      readonly weightDecay: number;
    };

/** Byte addresses: the flat parameters, their gradient, and the cells that hold the learning rate and the number of steps taken. */
export interface OptimizerPlaces {
  readonly parameters: number;
  readonly gradient: number;
  readonly rate: number;
  readonly steps: number;
}

export interface LocalOptimizer {
  /** The step of every trained parameter, or of all but those that have taken theirs already. */
  readonly code: (stepped?: ReadonlySet<string>) => readonly Instruction[];
  /** Momentum or moments, all zero at first. */
  readonly memory: Float32Array | Float64Array;
}

export function localOptimizer(spec: OptimizerSpec, plan: Plan, heap: Heap, places: OptimizerPlaces): LocalOptimizer {
  const bytes = bytesPer[plan.precision];
  const count = plan.layout.parameterCount;
  const vectors = spec.kind === "sgd" ? (spec.momentum === 0 ? 0 : 1) : 2;
  const memoryAt = heap.allocate(vectors * count * bytes);
  const memory =
    plan.precision === "float32" ? heap.float32(memoryAt, vectors * count) : heap.float64(memoryAt, vectors * count);

  const stepOf = ({ offset, size }: Run): Instruction => {
    const [parameters, gradient] = [places.parameters + offset * bytes, places.gradient + offset * bytes];
    const first = vectors === 0 ? 0 : memoryAt + offset * bytes;
    const decay = { real: spec.weightDecay };
    if (spec.kind === "sgd") {
      return instruction(
        "sgd",
        size,
        places.rate,
        { real: spec.momentum },
        decay,
        spec.nesterov ? 1 : 0,
        gradient,
        first,
        parameters,
      );
    }
    const numbers = [spec.beta1, spec.beta2, spec.epsilon].map((real) => ({ real }));
    const decoupled = spec.kind === "adamw" ? 1 : 0;
    const steps = spec.biasCorrection ? places.steps : 0; // without correction: as after infinitely many steps
    return instruction(
      "adam",
      size,
      places.rate,
      ...numbers,
      decay,
      decoupled,
      steps,
      gradient,
      first,
      first + count * bytes,
      parameters,
    );
  };
  return { code: (stepped = new Set()) => trainedRuns(plan, stepped).map(stepOf), memory };
}

/** In elements. */
interface Run {
  readonly offset: number;
  size: number;
}

/** Neighbouring parameters with a gradient that are yet to take their step, joined. */
function trainedRuns({ program, layout }: Plan, stepped: ReadonlySet<string>): Run[] {
  const runs: Run[] = [];
  for (const { name, scope, offset, size } of layout.parameters) {
    if (scope === "buffer" || !(`gradient/${name}` in program.outputs) || stepped.has(name)) continue;
    const last = runs[runs.length - 1];
    if (last !== undefined && last.offset + last.size === offset) last.size += size;
    else runs.push({ offset, size });
  }
  return runs;
}
