import type { Experiment } from "../../shared/experiment/schema.ts";
import { Random } from "../../shared/random.ts";
import { dealt, scene } from "./scene.ts";

/** x, and two targets that pull the trunk apart: b falls where a rises. */
const random = Random.seeded(12);
const pullingRows = Array.from({ length: 48 }, () => {
  const x = random.normal();
  return [x, x + 0.1 * random.normal(), 2 - 3 * x + 0.1 * random.normal()];
});

export const gradientMode = "{ mode: gradient, rounds: 4, serverOptimizer: { kind: sgd, learningRate: 0.05 } }";

/** Two heads over one trunk, for targets that pull it apart. */
export const twoHeads = (
  weighting: string,
  federation = gradientMode,
  further: Readonly<Record<string, string>> = {},
  clients = 3,
): Experiment =>
  scene(dealt(pullingRows, clients), {
    data: "{ features: { numeric: [x1] }, targets: { a: { column: x2 }, b: { column: y } } }",
    model: "{ trunk: { kind: mlp, units: [3] }, heads: { a: 1, b: 1 }, initial: { kind: glorot-uniform } }",
    objectives: "{ a: { head: a, target: a, loss: mse }, b: { head: b, target: b, loss: mse } }",
    weighting,
    federation,
    ...further,
  });

/** A method of the catalogue as an experiment writes it, with the options it cannot do without. */
export const methodWithOptions = (method: string): string =>
  method === "weighted" ? "{ method: weighted, weights: { a: 1, b: 0.5 } }" : `{ method: ${method} }`;
