import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pow } from "../../shared/kernels/math.ts";
import { Random } from "../../shared/random.ts";

const features = 60;
const classes = 10;

/** Rows of each device: int(lognormal(4, 2)) + 50, as drawn by the authors' code (NumPy, seed 0). Sizes are heavy-tailed: others' draws differ much. */
const sizes = [
  1909, 171, 436, 4876, 2337, 57, 415, 90, 94, 174, 122, 1050, 300, 119, 182, 156, 1133, 86, 152, 59, 50, 251, 357, 62,
  5162, 52, 109, 87, 1220, 1081,
];

/**
 * synthetic(α, β) of FedProx (Li et al., 2020): for each device u ~ N(0, α), B ~ N(0, β), means of x ~ N(B, 1), x ~ N(mean, j^−1.2),
 * W ~ N(u, 1), b ~ N(u, 1), y = argmax(Wᵀx + b). Writes a file for each device into a folder of its own.
 */
export function writeSynthetic(seed: number): { readonly folder: string; readonly clients: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), "tributary-synthetic-"));
  mkdirSync(join(folder, "data"));
  const clients: Record<string, string> = {};
  for (const [device, rows] of sizes.entries()) {
    const random = Random.seeded(seed).fork("device", device);
    const draw = (count: number, mean: number): number[] => Array.from({ length: count }, () => mean + random.normal());
    const [u, centre] = [random.normal(), random.normal()];
    const means = draw(features, centre);
    const weights = Array.from({ length: classes }, () => draw(features, u));
    const bias = draw(classes, u);
    const lines = Array.from({ length: rows }, () => {
      const x = means.map((mean, j) => mean + random.normal() * pow(j + 1, -0.6)); // a deviation: the variance is j^−1.2
      const scores = weights.map((own, k) => own.reduce((sum, w, j) => sum + w * x[j]!, bias[k]!));
      return [...x, scores.indexOf(Math.max(...scores))].join(",");
    });
    const name = `d${String(device).padStart(2, "0")}`;
    clients[name] = `data/${name}.csv`;
    writeFileSync(join(folder, clients[name]), `${columns.join(",")},y\n${lines.join("\n")}\n`);
  }
  return { folder, clients };
}

export const columns = Array.from({ length: features }, (_, j) => `x${String(j)}`);
