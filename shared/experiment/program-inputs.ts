import { inView } from "../data/features.ts";
import { input } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { ProgramInput } from "../graph/program.ts";
import type { TargetFacts } from "../losses/loss.ts";
import type { FeatureShapes } from "../models/model.ts";
import type { Traced } from "../models/trace.ts";
import type { Shape } from "../tensor/shape.ts";

/** The inputs a program turns out to read, each declared once. */
export class ProgramInputs {
  readonly #batch: number;
  readonly #declared = new Map<string, { readonly input: ProgramInput; readonly node: Node }>();

  constructor(batch: number) {
    this.#batch = batch;
  }

  feature(name: string, features: FeatureShapes, view?: string): Node {
    const { shape, dtype } = features[name]!; // the model's place has checked the name
    return this.#declare({
      name: inView(`feature/${name}`, view),
      role: "batch",
      shape: [this.#batch, ...shape],
      dtype,
    });
  }
  target(target: string, { kind, shape = [] }: TargetFacts): Node {
    const dtype = kind === "number" || kind === "binary" ? "real" : "index";
    return this.#declare({ name: `target/${target}`, role: "batch", shape: [this.#batch, ...shape], dtype });
  }
  weight(objective: string): Node {
    return this.#declare({ name: `weight/${objective}`, role: "batch", shape: [this.#batch], dtype: "real" });
  }
  exampleId(): Node {
    return this.#declare({ name: "exampleId", role: "batch", shape: [this.#batch], dtype: "index" });
  }
  step(): Node {
    return this.#declare({ name: "step", role: "key", shape: [1], dtype: "index" });
  }
  constant(name: string, shape: Shape = []): Node {
    return this.#declare({ name, role: "constant", shape, dtype: "real" });
  }

  /** Parameters first, in the order of the flat vector. */
  all({ parameters }: Traced): ProgramInput[] {
    const model = parameters.map(
      ({ name, shape, scope }) => ({ name, role: "parameter", shape, dtype: "real", scope }) as const,
    );
    return [...model, ...[...this.#declared.values()].map(({ input }) => input)];
  }

  #declare(declared: ProgramInput): Node {
    const { name, shape, dtype } = declared;
    const before = this.#declared.get(name);
    if (before !== undefined) return before.node;
    const node = input(name, shape, dtype);
    this.#declared.set(name, { input: declared, node });
    return node;
  }
}
