/** Losses far out: their real inputs as large as they declare to bear, one alone and all together. */
import { createEngine } from "../../shared/kernels/engine.ts";
import { Heap } from "../../shared/kernels/heap.ts";
import { formsOf, type Drawn, type Holds } from "../../shared/losses/inputs.ts";
import type { BoundLoss } from "../../shared/losses/loss.ts";
import { slopesOf, trialProgram } from "../../shared/objectives/trial.ts";

const heap = Heap.create();

/** Where the i-th number goes, as a share of how far it may go. */
const patterns: Readonly<Record<string, (i: number) => number>> = {
  up: () => 1,
  down: () => -1,
  "in turn": (i) => (i % 2 === 0 ? 1 : -1),
  "one in three": (i) => (i % 3 === 0 ? 1 : -0.5),
};

/** What an unbounded input holds there. */
const sides: Partial<Readonly<Record<Holds, (x: number) => number>>> = {
  real: (x) => x,
  positive: Math.abs,
  "non-negative": Math.abs,
  "log-probability": (x) => -Math.abs(x),
  "log-mass": (x) => -Math.max(Math.abs(x), 1e-3), // below 0
};

export interface FarOutOptions {
  readonly precision: "float32" | "float64";
  /** The form each input is drawn in. @default the first */
  readonly forms?: Readonly<Record<string, number>>;
}

/** Every placement where value or gradient is not finite: nothing, for a loss in order. */
export function notFinite(loss: BoundLoss, batch: Drawn, { precision, forms = {} }: FarOutOptions): string[] {
  const names = slopesOf(loss, batch);
  const engine = createEngine(trialProgram(loss, batch), { precision, heap });
  const movable = Object.entries(loss.inputs).flatMap(([name, spec]) => {
    const { holds, within = 1e4 } = formsOf(spec)[forms[name] ?? 0]!;
    const side = sides[holds];
    return batch[name] === undefined || side === undefined ? [] : [{ name, within, side }];
  });
  const learned = movable.filter(({ name }) => names.includes(name));
  const placements = [...movable.map((one) => [one]), learned, movable].flatMap((moved) =>
    Object.entries(patterns).map(([pattern, share]) => ({ moved, pattern, share })),
  );
  engine.input("weight").fill(1);
  return placements.flatMap(({ moved, pattern, share }) => {
    for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
    for (const { name, within, side } of moved)
      engine.input(name).set(batch[name]!.data.map((_, i) => side(within * share(i))));
    engine.run();
    const outputs = ["numerator", ...names.map((name) => `slope/${name}`)];
    const bad = outputs.filter((output) => !engine.output(output).every(Number.isFinite));
    if (engine.output("nonFinite")[0] !== 0) bad.push("a unit");
    return bad.map((output) => `${output}, with ${moved.map(({ name }) => name).join(" and ")} moved ${pattern}`);
  });
}
