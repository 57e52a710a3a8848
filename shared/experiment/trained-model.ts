/**
 * A trained model in use: rows in, answers out, with the preprocessing of its training inside.
 *
 *     const model = await loadModel("runs/heart-disease-1");
 *     model.predict([{ age: 63, sex: 1, cp: 4, … }]);      // [{ disease: { value: 1, probability: 0.93, … } }]
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { columnOf } from "../data/dataset.ts";
import { toDataset } from "../data/preprocess.ts";
import { tableOfRows } from "../data/readers/values.ts";
import { standardizeOf, type Preprocessing } from "../data/schema.ts";
import { fitStatistics, standardizationOf } from "../data/summary.ts";
import type { Table } from "../data/table.ts";
import { TributaryError } from "../errors.ts";
import { multiply } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { defineProgram, graphOf } from "../graph/define-program.ts";
import type { Program } from "../graph/program.ts";
import { createEngine } from "../kernels/engine.ts";
import type { Engine } from "../kernels/engine-interface.ts";
import { Heap } from "../kernels/heap.ts";
import { Random } from "../random.ts";
import { flatten } from "../tensor/parameters.ts";
import { sizeOf } from "../tensor/shape.ts";
import { answerNode, readAnswer, type Answer } from "./answers.ts";
import { compileExperiment, type CompiledExperiment } from "./compile.ts";
import { decodeModelFile, type Calibration, type ModelFile } from "./model-file.ts";
import { customParts } from "./custom-parts.ts";
import type { TargetConfig } from "./data.ts";
import type { Goal } from "./goal.ts";
import type { Experiment } from "./schema.ts";

/** Objective → answer; undefined for a row that the missing policy leaves out. */
export type Prediction = Readonly<Record<string, Answer>>;

export interface TrainedModel {
  readonly experiment: Experiment;
  /**
   * Answers for every row, in their order. Rows need the features' columns and no targets.
   * Throws "invalid-data" naming row and column, as training would.
   */
  predict(rows: Table | readonly Readonly<Record<string, unknown>>[]): (Prediction | undefined)[];
}

/**
 * Opens the model of a run directory, or a model file itself.
 * Throws "missing-file" when there is none, "corrupt-run" when it is none of ours.
 */
export async function loadModel(run: string): Promise<TrainedModel> {
  let path = run;
  let bytes: Uint8Array;
  try {
    if ((await stat(run)).isDirectory()) path = join(run, "model.safetensors");
    bytes = await readFile(path);
  } catch (error) {
    throw new TributaryError("missing-file", `No trained model at ${path}`, { cause: error });
  }
  return createTrainedModel(decodeModelFile(bytes, path));
}

/** The model of a file that is already decoded. */
export async function createTrainedModel({
  experiment,
  tensors,
  preprocessing,
  calibration = {},
}: ModelFile): Promise<TrainedModel> {
  const trained: Experiment = { ...experiment, model: { ...experiment.model, initial: { kind: "zeros", gain: 1 } } }; // its first values no longer matter
  const compiled = compileExperiment(trained, Random.seeded(trained.seed), await customParts(trained, "."));
  const vector = flatten(compiled.layout, tensors, new Float64Array(compiled.layout.size));
  const engine = createEngine(answering(compiled, experiment, calibration), {
    precision: experiment.precision,
    heap: Heap.create(),
  });
  for (const { name, offset, size } of compiled.layout.places)
    engine.input(name).set(vector.subarray(offset, offset + size));
  return {
    experiment,
    predict: (rows) => {
      const table = "columns" in rows ? rows : tableOfRows(rows);
      return answersOf(table, preprocessing, engine, compiled, experiment);
    },
  };
}

/** The program that predicts, its heads turned into answers: outputs `answer/<objective>`. */
function answering(
  { programs: { predict }, goals }: CompiledExperiment,
  { data }: Experiment,
  calibration: Calibration,
): Program {
  const heads = graphOf(predict).outputs;
  const cooled = ({ name, head }: Goal): Node => {
    const temperature = calibration[name]?.temperature;
    const logits = heads[`prediction/${head}`]!;
    return temperature === undefined ? logits : multiply(1 / temperature, logits);
  };
  const outputs = goals.map(
    (goal) => [`answer/${goal.name}`, answerNode(goal, targetOf(goal, data), cooled(goal))] as const,
  );
  return defineProgram({ inputs: predict.inputs, outputs: Object.fromEntries(outputs) });
}

/** What is declared of an objective's target; nothing where its loss has none, and the answer is the head's number. */
const targetOf = ({ target }: Goal, { targets }: Experiment["data"]): TargetConfig =>
  targets[target ?? ""] ?? { transform: "none" };

function answersOf(
  table: Table,
  preprocessing: Preprocessing,
  engine: Engine,
  { goals }: CompiledExperiment,
  { data }: Experiment,
): (Prediction | undefined)[] {
  const dataset = toDataset(table, settled(preprocessing, table), { targets: false });
  const features = engine.program.inputs.filter(({ role }) => role === "batch");
  const batch = features[0]?.shape[0] ?? 1;
  const answers = new Array<Prediction | undefined>(table.rows).fill(undefined);
  for (let start = 0; start < dataset.rows; start += batch) {
    const rows = Math.min(batch, dataset.rows - start);
    for (const { name, shape } of features) {
      const column = columnOf(dataset, name);
      const width = sizeOf(shape) / batch;
      const { scale = 1, shift = 0 } = column;
      const into = engine.input(name).fill(0);
      for (let i = 0; i < rows * width; i++) into[i] = column.data[start * width + i]! * scale + shift;
    }
    engine.run();
    const outputs = goals.map((goal) => engine.output(`answer/${goal.name}`));
    for (let row = 0; row < rows; row++) {
      const entries = goals.map((goal, g) => {
        const width = outputs[g]!.length / batch;
        return [
          goal.name,
          readAnswer(goal, targetOf(goal, data), outputs[g]!.subarray(row * width, (row + 1) * width)),
        ] as const;
      });
      answers[dataset.origin[start + row]!] = Object.fromEntries(entries);
    }
  }
  return answers;
}

/**
 * With per-client standardization the model knows nobody's mean and deviation: the rows to predict are taken for a client's
 * own, and give theirs.
 */
function settled(preprocessing: Preprocessing, table: Table): Preprocessing {
  const { schema, standardization } = preprocessing;
  if (standardization !== undefined || standardizeOf(schema).scope !== "per-client") return preprocessing;
  const raw = toDataset(table, { schema }, { targets: false });
  if (raw.rows < 2) {
    throw new TributaryError(
      "invalid-data",
      `${table.source}: this model standardizes each client by its own rows, so it needs at least 2, got ${raw.rows}`,
    );
  }
  return { schema, standardization: standardizationOf(fitStatistics(raw, schema), schema) };
}
