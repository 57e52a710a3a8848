/**
 * A set loss beside plain loops over its groups, rows of several groups interleaved, some rows absent.
 *
 *     besideLoops("ranknet", {}, (rows) => ({ value: …, normalizer: … }));       // null: the group is ignored
 *
 * The loops say what a group is worth; their central differences say what the gradient is.
 */
import { expect } from "vitest";
import { losses, type LossName } from "../../shared/losses/catalogue.ts";
import { drawBatch, type DrawOptions } from "../../shared/losses/draw.ts";
import type { Drawn } from "../../shared/losses/inputs.ts";
import { slopesOf as inputsOf } from "../../shared/objectives/trial.ts";
import { Random } from "../../shared/random.ts";
import { seed } from "./draw.ts";
import { distance } from "./finite-differences.ts";
import { rowCount, rowsIn, runLoss } from "./loss-batch.ts";

/** A row of a batch: each input's numbers. */
export type Row = Readonly<Record<string, readonly number[]>>;
export interface Worth {
  readonly value: number;
  /** @default 1 */
  readonly normalizer?: number;
}
export type Loops = (rows: readonly Row[]) => Worth | null;

const ids = [907, 3, 44, 12];

/** The loss and the loops, on four random batches. */
export function besideLoops(name: LossName, options: object, loops: Loops, draw: DrawOptions = {}): void {
  const loss = losses[name].bind(options);
  for (let round = 0; round < 4; round++) {
    const random = Random.seeded(seed).fork("loops", name, round);
    const drawn = drawBatch(loss, 14, random, draw);
    const group = drawn["group"]!.data.map(() => ids[random.integer(ids.length)]!);
    const batch: Drawn = { ...drawn, group: { ...drawn["group"]!, data: group } };
    const weightOf = new Map(ids.map((id) => [id, [0.5, 1, 3][random.integer(3)]!]));
    const weights = group.map((id, i) => (i % 5 === 3 ? 0 : weightOf.get(id)!));
    const seen = runLoss(loss, batch, weights);
    const slow = totalOf(loops, batch, weights);
    expect(seen.count).toBe(slow.count);
    expect(seen.ignored).toBe(slow.ignored);
    expect(Math.abs(seen.numerator - slow.numerator), `${name} ${round}: ${seen.numerator}, loops ${slow.numerator}`).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(slow.numerator))); // prettier-ignore
    expect(seen.denominator).toBeCloseTo(slow.denominator, 11);
    for (const input of inputsOf(loss, batch)) {
      const { data } = batch[input]!;
      const numeratorAt = (i: number, x: number): number =>
        totalOf(loops, { ...batch, [input]: { ...batch[input]!, data: data.with(i, x) } }, weights).numerator;
      const slopes = data.map((x, i) => (numeratorAt(i, x + 1e-6) - numeratorAt(i, x - 1e-6)) / 2e-6);
      expect(distance(seen.gradients[input]!.data, slopes), `${name} ${round}: ${input}`).toBeLessThanOrEqual(1e-6);
    }
  }
}

function totalOf(loops: Loops, batch: Drawn, weights: readonly number[]) {
  const groups = new Map<number, { rows: Row[]; weight: number }>();
  for (let i = 0; i < rowCount(batch); i++) {
    if (weights[i] === 0) continue;
    const row = Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, rowsIn(values, [i]).data]));
    const own = groups.get(row["group"]![0]!) ?? { rows: [], weight: weights[i]! };
    own.rows.push(row);
    groups.set(row["group"]![0]!, own);
  }
  const sums = { numerator: 0, denominator: 0, count: 0, ignored: 0 };
  for (const { rows, weight } of groups.values()) {
    const worth = loops(rows);
    if (worth === null) sums.ignored++;
    else {
      sums.count++;
      sums.numerator += weight * worth.value;
      sums.denominator += weight * (worth.normalizer ?? 1);
    }
  }
  return sums;
}
