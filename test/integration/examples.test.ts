import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeExperiment } from "../../shared/experiment/decode.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import { coefficientsOf } from "../support/coefficients.ts";
import { simulateHere } from "../support/scene.ts";
import { events, house, tributary } from "../support/tributary.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-examples-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs an experiment as a process and answers with its finished event. */
async function finished(
  experiment: string,
  ...overrides: string[]
): Promise<Record<string, unknown> & { metrics: Record<string, number> }> {
  const out = join(folder, `${experiment.replaceAll("/", "-")}-${overrides.length}`);
  const { code, stdout, stderr } = await tributary([
    "simulate",
    experiment,
    "--json",
    "--out",
    out,
    ...overrides.flatMap((one) => ["--set", one]),
  ]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return events(stdout).at(-1) as Record<string, unknown> & { metrics: Record<string, number> };
}

describe("examples on data that are shipped", () => {
  test("heart-disease.yaml learns what it asks for", async () => {
    const { metrics } = await finished("examples/heart-disease.yaml", "federation.rounds=30");
    expect(metrics["disease/test/accuracy"]).toBeGreaterThan(0.75);
    expect(metrics["disease/test/auc"]).toBeGreaterThan(0.85);
  });

  test("heart-exact.yaml reaches the optimum of pooled training", async () => {
    const { metrics } = await finished("examples/heart-exact.yaml");
    expect(Math.abs(metrics["disease/train/loss"]! - 0.418042)).toBeLessThan(1e-5);
    expect(metrics["disease/test/accuracy"]).toBeCloseTo(0.7913, 4);
  });

  test("heart-flamby.yaml trains every hospital on its own scale", async () => {
    const { metrics } = await finished("examples/heart-flamby.yaml", "federation.rounds=3");
    expect(metrics["disease/test/accuracy"]).toBeGreaterThan(0.4);
  });

  test("heart-secure.yaml learns as much from sums alone", async () => {
    const { metrics } = await finished("examples/heart-secure.yaml");
    expect(metrics["disease/test/accuracy"]).toBeGreaterThan(0.75);
    expect(metrics["disease/test/auc"]).toBeGreaterThan(0.8);
  });

  test("heart-mlp.yaml does as well as logistic regression", async () => {
    const { metrics } = await finished("examples/heart-mlp.yaml", "federation.rounds=40");
    expect(metrics["disease/test/accuracy"]).toBeGreaterThan(0.75);
  });

  test("heart-two-goals.yaml learns both goals, and severity not from the hospital that does not record it", async () => {
    const { metrics, objectives } = await finished("examples/heart-two-goals.yaml", "federation.rounds=40");
    expect(metrics["disease/test/auc"]).toBeGreaterThan(0.85);
    expect(metrics["severity/test/mean-absolute-level-error"]).toBeLessThan(0.9);
    const { disease, severity } = objectives as Record<string, { test: { examples: number } }>;
    expect(disease!.test.examples - severity!.test.examples).toBe(100); // Hungary's held-out rows
  });

  test("bikes.yaml explains four fifths of the variance", async () => {
    const { metrics } = await finished("examples/bikes.yaml", "federation.rounds=10");
    expect(metrics["rentals/test/r2"]).toBeGreaterThan(0.75);
  });
});

test("every example is run by this file", () => {
  const here = readFileSync(import.meta.filename, "utf8");
  for (const name of readdirSync(join(house, "examples")).filter((file) => file.endsWith(".yaml")))
    expect(here, name).toContain(`"${name} `);
});

describe("examples in this thread", () => {
  const example = (name: string, rounds?: number): Experiment => {
    const path = join(house, "examples", name);
    const experiment = decodeExperiment(path, readFileSync(path, "utf8"), { folder: join(house, "examples") });
    if (rounds === undefined) return experiment;
    return { ...experiment, federation: { ...experiment.federation, rounds } };
  };

  test("heart-personal.yaml fits each hospital better by its own head than by one that nobody trains", async () => {
    const { objectives, personal } = await simulateHere(example("heart-personal.yaml", 20));
    expect(personal!["disease"]!.test!.loss).toBeLessThan(objectives["disease"]!.test!.loss!);
  });

  test("bikes-selection.yaml learns from cohorts that are drawn by Oort's score", async () => {
    const { metrics } = await simulateHere(example("bikes-selection.yaml", 10));
    expect(metrics["rentals/test/r2"]).toBeGreaterThan(0.6);
  });

  test("bikes-rows.yaml learns with noise in every step of its clients, within an ε of 4", async () => {
    const { metrics, privacy } = await simulateHere(example("bikes-rows.yaml", 12));
    expect(metrics["rentals/test/r2"]).toBeGreaterThan(0.6);
    expect(privacy).toMatchObject({ unit: "example", where: "client", accountant: "pld" });
    expect(privacy!.epsilon).toBeLessThan(4);
  });

  test("bikes-clients.yaml learns from noisy means of a tenth of a thousand clients, within an ε of 8", async () => {
    const { metrics, privacy } = await simulateHere(example("bikes-clients.yaml", 12));
    expect(metrics["rentals/test/r2"]).toBeGreaterThan(0.4);
    expect(privacy).toMatchObject({ unit: "client", where: "coordinator", samplingRate: 0.1 });
    expect(privacy!.epsilon).toBeLessThan(8);
  });

  test("bikes-asynchronous.yaml learns from changes that come when they are done", async () => {
    const { metrics } = await simulateHere(example("bikes-asynchronous.yaml", 30));
    expect(metrics["rentals/test/r2"]).toBeGreaterThan(0.6);
  });

  test("recommendations.yaml finds a reader's last loan among the first three of 21 in half of all cases", async () => {
    const { metrics } = await simulateHere(example("recommendations.yaml", 40));
    expect(metrics["taste/test/hit-rate@3"]).toBeGreaterThan(0.5); // by chance 1/7
  });

  test("survival.yaml learns the coefficients of a stratified Cox model, as Newton's method finds them", async () => {
    const out = join(folder, "survival");
    const { metrics } = await simulateHere(example("survival.yaml"), { out });
    expect(metrics["hazard/train/loss"]).toBeCloseTo(3.733362, 5); // NumPy, float64, Efron's ties, the hospitals strata
    const wanted = { age: 0.03513794, treated: -0.89767103, "stage=2": 0.449549, "stage=3": 1.06430894 };
    const found = coefficientsOf(out, "hazard");
    for (const [name, value] of Object.entries(wanted)) expect(found[name], name).toBeCloseTo(value, 3);
  });
});

const mnist = process.env["TRIBUTARY_MNIST"] ?? join(house, "examples/data/mnist");
const files = {
  "simulation.data.image": "train-images-idx3-ubyte.gz",
  "simulation.data.label": "train-labels-idx1-ubyte.gz",
  "simulation.test.image": "t10k-images-idx3-ubyte.gz",
  "simulation.test.label": "t10k-labels-idx1-ubyte.gz",
};
const paths = Object.entries(files).map(([key, file]) => `${key}=${join(mnist, file)}`);
const absent = Object.values(files).some((file) => !existsSync(join(mnist, file)));

describe.skipIf(absent)(
  `examples on MNIST in ${mnist}${absent ? ": skipped, TRIBUTARY_MNIST names no folder with its four IDX files" : ""}`,
  () => {
    test("mnist-2nn.yaml learns digits in five rounds", async () => {
      const { metrics } = await finished(
        "examples/mnist-2nn.yaml",
        ...paths,
        "federation.rounds=5",
        "evaluation.everyRounds=5",
      );
      expect(metrics["digit/test/accuracy"]).toBeGreaterThan(0.85);
    });

    test("mnist-cnn.yaml trains convolutions", async () => {
      const small = [
        "federation.rounds=1",
        "federation.local.epochs=1",
        "federation.clients.select={ count: 2 }",
        "checkpoint.everyRounds=1",
      ];
      const { metrics } = await finished("examples/mnist-cnn.yaml", ...paths, ...small);
      expect(metrics["digit/test/accuracy"]).toBeGreaterThan(0.2);
    });

    test.each(["t1", "t2"])("the benchmark task %s runs", async (task) => {
      const { metrics } = await finished(
        `test/bench/experiments/${task}.yaml`,
        ...paths,
        "federation.rounds=3",
        "evaluation.everyRounds=3",
      );
      expect(metrics["digit/test/accuracy"]).toBeGreaterThan(0.2);
    });
  },
);
