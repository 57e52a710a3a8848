/**
 * The check of a loss of one's own, on batches drawn from what it declares: it runs before such a loss is trained with.
 *
 *     checkLoss(myLoss, { factor: 3 });      // silent, or throws with every input and coordinate that is not right
 *
 * Value and gradient are finite, at random and far out; the gradient is that of central differences, and at kinks between the
 * slopes of both sides; rows of weight 0 change nothing; shards add up.
 */
import { TributaryError } from "../errors.ts";
import { createReferenceEngine } from "../kernels/reference.ts";
import { slopesOf, trialProgram, tryLoss, type Trial } from "../objectives/trial.ts";
import { Random } from "../random.ts";
import { losses } from "./catalogue.ts";
import { place } from "./domain.ts";
import { drawBatch } from "./draw.ts";
import { formsOf, type Drawn } from "./inputs.ts";
import type { BoundLoss, Loss } from "./loss.ts";

const rows = 8;

/** Throws "invalid-option" with everything that was found, and "invalid-option" for options that the loss refuses. */
export function checkLoss(loss: Loss, options: object = {}): void {
  const problems: string[] = [];
  if (Object.hasOwn(losses, loss.name)) problems.push("has the name of a loss of the catalogue: choose another");
  const bound = loss.bind(options);
  const batch = drawBatch(bound, rows, Random.seeded(1).fork(loss.name));
  problems.push(...finiteness(bound, batch, "at random inputs"), ...slopes(bound, batch));
  for (const moved of farOut(bound, batch)) problems.push(...finiteness(bound, moved, "far out"));
  for (const kink of bound.kinks) {
    const { prediction } = batch;
    if (prediction === undefined) continue;
    problems.push(...slopes(bound, { ...batch, prediction: { ...prediction, data: prediction.data.map(() => kink) } }));
  }
  if (bound.kind !== "set") problems.push(...sums(bound, batch));
  if (problems.length > 0)
    throw new TributaryError(
      "invalid-option",
      [...new Set(problems)].map((problem) => `${loss.name} ${problem}`).join("\n"),
    );
}

const attempt = (loss: BoundLoss, batch: Drawn, weights?: readonly number[]): Trial =>
  tryLoss(loss, batch, weights, createReferenceEngine);

function finiteness(loss: BoundLoss, batch: Drawn, where: string): string[] {
  const { numerator, gradients, units } = attempt(loss, batch);
  const problems = Number.isFinite(numerator) ? [] : [`expected a finite value ${where}, got ${numerator}`];
  if (units !== undefined && units.shape[0] !== rows)
    problems.push(`expected values of the shape [${rows}, …], one row each, got [${units.shape.join(", ")}]`);
  for (const [name, { shape, data }] of Object.entries(gradients)) {
    const bad = data.findIndex((slope) => !Number.isFinite(slope));
    if (bad >= 0)
      problems.push(`expected a finite gradient ${where} for "${name}" at ${place(shape, bad)}, got ${data[bad]}`);
  }
  return problems;
}

/** Each slope beside central differences; one between the slopes of both sides is a kink's, and allowed. */
function slopes(loss: BoundLoss, batch: Drawn): string[] {
  const { gradients } = attempt(loss, batch);
  const engine = createReferenceEngine(trialProgram(loss, batch));
  for (const [name, { data }] of Object.entries(batch)) engine.input(name).set(data);
  engine.input("weight").fill(1);
  const valueWith = (view: ReturnType<typeof engine.input>, i: number, x: number): number => {
    view[i] = x;
    engine.run();
    return engine.output("numerator")[0]!;
  };
  return slopesOf(loss, batch).flatMap((name) => {
    const view = engine.input(name);
    const { shape, data } = batch[name]!;
    return data.flatMap((x, i) => {
      const step = 1e-6 * (1 + Math.abs(x));
      const [before, here, after] = [x - step, x, x + step].map((at) => valueWith(view, i, at)) as [
        number,
        number,
        number,
      ];
      view[i] = x;
      const [left, right] = [(here - before) / step, (after - here) / step];
      const expected = (after - before) / (2 * step);
      const got = gradients[name]!.data[i]!;
      const slack = 1e-5 * (1 + Math.abs(expected)) + (1e-15 * Math.abs(here)) / step;
      if (got >= Math.min(left, right) - slack && got <= Math.max(left, right) + slack) return [];
      return [
        `has the gradient ${got} for "${name}" at ${place(shape, i)}, expected ${expected} by central differences`,
      ];
    });
  });
}

/** The batch with its real model inputs as far out as the loss declares to bear: all together, and each alone, up and down. */
function farOut(loss: BoundLoss, batch: Drawn): Drawn[] {
  const movable = slopesOf(loss, batch).flatMap((name) => {
    const form = formsOf(loss.inputs[name]!).find(({ holds }) => holds === "real");
    return form === undefined ? [] : [{ name, within: form.within ?? 1e4 }];
  });
  const choices = movable.length > 1 ? [movable, ...movable.map((one) => [one])] : [movable];
  return choices.flatMap((moved) => [1, -1].map((reach) => ({ ...batch, ...movedTo(batch, moved, reach) })));
}

function movedTo(batch: Drawn, moved: readonly { name: string; within: number }[], reach: number): Drawn {
  return Object.fromEntries(
    moved.map(({ name, within }) => {
      const values = batch[name]!;
      return [name, { ...values, data: values.data.map((_, i) => (i % 2 === 0 ? reach : -reach / 2) * within) }];
    }),
  );
}

/** Two shards add up to the whole, and a row of weight 0 that holds NaN changes nothing. */
function sums(loss: BoundLoss, batch: Drawn): string[] {
  const added = ({ numerator, denominator, sums: parts }: Trial): number[] =>
    parts === undefined ? [numerator, denominator] : Object.values(parts).flatMap(({ data }) => data);
  const masked = (keeps: (row: number) => boolean): number[] =>
    Array.from({ length: rows }, (_, row) => (keeps(row) ? 1 : 0));
  const near = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((x, i) => Math.abs(x - b[i]!) <= 1e-9 * (1 + Math.abs(x)));
  const whole = added(attempt(loss, batch));
  const [first, second] = [0, 1].map((half) =>
    added(
      attempt(
        loss,
        batch,
        masked((row) => row % 2 === half),
      ),
    ),
  );
  const together = first!.map((x, i) => x + second![i]!);
  const problems = near(whole, together)
    ? []
    : [`expected two shards to add up to ${whole.join(", ")}, got ${together.join(", ")}`];
  const poisoned = Object.fromEntries(
    Object.entries(batch).map(([name, values]) => {
      const width = values.data.length / rows;
      return [name, { ...values, data: values.data.map((x, i) => (i < width && values.dtype === "real" ? NaN : x)) }];
    }),
  );
  const without = masked((row) => row > 0);
  const [clean, seen] = [batch, poisoned].map((one) => added(attempt(loss, one, without)));
  if (!near(clean!, seen!))
    problems.push(`expected a row of weight 0 to change nothing, got ${seen!.join(", ")} for ${clean!.join(", ")}`);
  return problems;
}
