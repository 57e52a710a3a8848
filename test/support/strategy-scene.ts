import { join } from "node:path";
import { strategies } from "../../shared/experiment/strategies.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { drawRows, scene, type Rows } from "./scene.ts";

/** Four clients of 5, 9, 13 and 17 rows, each with its own tilt of the features. */
export function unevenClients(): Record<string, Rows> {
  const random = Random.seeded(11);
  return Object.fromEntries(
    [5, 9, 13, 17].map((count, k) => [`c${k}`, drawRows(count, random).map(([x1, x2, y]) => [x1! + k / 4, x2!, y!])]),
  );
}

/** What strategies need of the experiment beside `federation`: a body to share, and something that normalizes. */
const sections: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fedper: { model: "{ trunk: { kind: mlp, units: [3] }, heads: { y: 1 } }" },
  fedrep: { model: "{ trunk: { kind: mlp, units: [3] }, heads: { y: 1 } }" },
  ifca: { model: "{ heads: { y: 1 }, initial: { kind: glorot-uniform } }" },
  fedbn: {
    model: `{ trunk: { kind: module, path: "${join(import.meta.dirname, "models/normalized.ts")}" }, heads: { y: 1 } }`,
  },
};

/** A strategy by its name in an experiment of its own. */
export const sceneOf = (name: string, more = ""): Experiment =>
  strategyScene(`strategy: "${name}", ${toldBeside(name)}${more}`, sections[name] ?? {});

export const strategyNames = Object.keys(strategies);

/** An experiment with one of the strategies, or other parts of `federation`, over the uneven clients. */
export function strategyScene(federation: string, more: Readonly<Record<string, string>> = {}): Experiment {
  return scene(unevenClients(), { federation: `{ ${federation} }`, ...more });
}

const local = "local: { optimizer: { kind: sgd, learningRate: 0.1 }, epochs: 2, batchSize: 4 }";

/** What each strategy is told beside its name. */
export function toldBeside(name: string): string {
  if (name === "fedsgd") return "serverOptimizer: { kind: sgd, learningRate: 0.5 }, rounds: 4";
  const more: Readonly<Record<string, string>> = {
    fedbuff: ", asynchrony: { size: 2, concurrency: 3 }",
    fedasync: ", asynchrony: { concurrency: 3 }",
  };
  return `rounds: 4, ${local}${more[name] ?? ""}`;
}
