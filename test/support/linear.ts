/** Linear regression for tests: drawn tables, experiments over them, and what least squares with penalties must come to. */
import { writeFileSync } from "node:fs";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { scene } from "./scene.ts";

export interface LinearData {
  /** [rows][features] */
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
}

/** y = x·truth + noise, with features that are correlated with their neighbours. */
export function drawLinear(rows: number, truth: readonly number[], seed: number): LinearData {
  const random = Random.seeded(seed);
  const x = Array.from({ length: rows }, () => {
    const common = random.normal();
    return truth.map(() => 0.6 * common + random.normal());
  });
  const y = x.map((row) => row.reduce((sum, value, j) => sum + value * truth[j]!, 0) + 0.3 * random.normal());
  return { x, y };
}

/** The rows dealt out to k clients, a linear model without a bias, and half the squared error. */
export function linearScene(
  { x, y }: LinearData,
  clients: number,
  sections: Readonly<Record<string, string>>,
): Experiment {
  const names = x[0]!.map((_, j) => `x${j}`);
  const empty = Object.fromEntries(Array.from({ length: clients }, (_, k) => [`c${k}`, []]));
  const experiment = scene(empty, {
    data: `{ features: { numeric: [${names.join(", ")}] }, targets: { y: { column: y } } }`,
    model: "{ heads: { y: { outputs: 1, bias: false } }, initial: { kind: zeros } }",
    objectives: "{ y: { head: y, target: y, loss: { kind: mse, half: true } } }",
    ...sections,
  });
  Object.values(experiment.simulation!.clients as Record<string, string>).forEach((path, k) => {
    const lines = x.flatMap((row, i) => (i % clients === k ? [[...row, y[i]!].join(",")] : []));
    writeFileSync(path, [[...names, "y"].join(","), ...lines].join("\n"));
  });
  return experiment;
}

/** XᵀX/n and Xᵀy/n. */
export function moments({ x, y }: LinearData): { readonly square: number[][]; readonly cross: number[] } {
  const n = x.length;
  const axes = x[0]!.map((_, j) => j);
  return {
    square: axes.map((j) => axes.map((k) => x.reduce((sum, row) => sum + row[j]! * row[k]!, 0) / n)),
    cross: axes.map((j) => x.reduce((sum, row, i) => sum + row[j]! * y[i]!, 0) / n),
  };
}

/** argmin ½‖y − Xθ‖²/n + λ‖θ‖² = (XᵀX/n + 2λI)⁻¹ Xᵀy/n, by Gaussian elimination. */
export function ridge(data: LinearData, lambda: number): number[] {
  const { square, cross } = moments(data);
  const rows = square.map((row, j) => [...row.map((value, k) => value + (j === k ? 2 * lambda : 0)), cross[j]!]);
  const n = rows.length;
  for (let j = 0; j < n; j++) {
    for (let i = j + 1; i < n; i++) {
      const factor = rows[i]![j]! / rows[j]![j]!;
      rows[i] = rows[i]!.map((value, k) => value - factor * rows[j]![k]!);
    }
  }
  const theta = new Array<number>(n).fill(0);
  for (let j = n - 1; j >= 0; j--) {
    const rest = theta.reduce((sum, value, k) => (k > j ? sum + rows[j]![k]! * value : sum), 0);
    theta[j] = (rows[j]![n]! - rest) / rows[j]![j]!;
  }
  return theta;
}

/** argmin ½‖y − Xθ‖²/n + l1·‖θ‖₁ + ½l2·‖θ‖², one coordinate after the other until nothing moves — Friedman et al. (2010). */
export function coordinateDescent(data: LinearData, l1: number, l2 = 0): number[] {
  const { square, cross } = moments(data);
  const theta = cross.map(() => 0);
  for (let pass = 0; pass < 20_000; pass++) {
    let moved = 0;
    for (const j of theta.keys()) {
      const residual = cross[j]! - theta.reduce((sum, value, k) => (k === j ? sum : sum + square[j]![k]! * value), 0);
      const next = (Math.sign(residual) * Math.max(Math.abs(residual) - l1, 0)) / (square[j]![j]! + l2);
      moved = Math.max(moved, Math.abs(next - theta[j]!));
      theta[j] = next;
    }
    if (moved === 0) break;
  }
  return theta;
}
