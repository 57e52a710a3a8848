/** A program over the rows of a data set, batch by batch, on any engine: sums for evaluation, or predictions row by row. */
import { columnOf as columnIn, type Dataset } from "../data/dataset.ts";
import type { Engine } from "../kernels/engine-interface.ts";
import { sizeOf } from "../tensor/shape.ts";

/** The data set's column for a batch input. */
export type ColumnOf = (input: string) => string;
const itself: ColumnOf = (input) => input;

/** Every output added over all rows, in float64 and in row order. Constants and parameters are the engine's. */
export function sumOverRows(engine: Engine, dataset: Dataset, columnOf = itself): Record<string, Float64Array> {
  const names = Object.keys(engine.program.outputs);
  const sums = Object.fromEntries(names.map((name) => [name, new Float64Array(engine.output(name).length)]));
  overBatches(engine, dataset, columnOf, () => {
    for (const name of names) {
      const [sum, part] = [sums[name]!, engine.output(name)];
      for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
    }
  });
  return sums;
}

/** The outputs `prediction/<head>` of every row, [rows, outputs] row-major, by head. */
export function predictRows(engine: Engine, dataset: Dataset): Record<string, Float64Array> {
  const prefix = "prediction/";
  const heads = Object.keys(engine.program.outputs).filter((name) => name.startsWith(prefix));
  const predictions = heads.map((name) => {
    const width = engine.output(name).length / batchSize(engine);
    return { name, width, all: new Float64Array(dataset.rows * width) };
  });
  overBatches(engine, dataset, itself, (start, rows) => {
    for (const { name, width, all } of predictions)
      all.set(engine.output(name).subarray(0, rows * width), start * width);
  });
  return Object.fromEntries(predictions.map(({ name, all }) => [name.slice(prefix.length), all]));
}

type Take = (start: number, rows: number) => void;

function overBatches(engine: Engine, dataset: Dataset, columnOf: ColumnOf, take: Take): void {
  const size = batchSize(engine);
  const inputs = engine.program.inputs.filter(({ role }) => role === "batch");
  for (let start = 0; start < dataset.rows; start += size) {
    const rows = Math.min(size, dataset.rows - start);
    for (const { name, shape } of inputs) {
      const { data, scale = 1, shift = 0 } = columnIn(dataset, columnOf(name));
      const [view, width] = [engine.input(name), sizeOf(shape.slice(1))];
      const stored = data.subarray(start * width, (start + rows) * width);
      view.set(scale === 1 && shift === 0 ? stored : Float64Array.from(stored, (x) => x * scale + shift));
      view.fill(0, rows * width); // padding weighs nothing
    }
    engine.run();
    take(start, rows);
  }
}

const batchSize = (engine: Engine): number => engine.program.inputs.find(({ role }) => role === "batch")?.shape[0] ?? 1;
