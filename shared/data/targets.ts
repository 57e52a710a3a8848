/** The targets of a table, `target/<name>`, and the weight of each row: `weight/<name>` for each of them, and `weight` itself. */
import { log1p } from "../kernels/math.ts";
import { sizeOf } from "../tensor/shape.ts";
import { groupCells, indexCells, levelCells, numberCells, tensorCells, wrongCell, type Cells } from "./cells.ts";
import { columnOf, type Column, type Dataset } from "./dataset.ts";
import { canonical, targetColumns, targetShape, type DataSchema, type TargetSchema } from "./schema.ts";
import type { Table } from "./table.ts";

export interface EncodedTargets {
  readonly columns: readonly Column[];
  /** 1 for each row that the missing policy leaves out. */
  readonly dropped: Uint8Array;
}

/** The group of a row whose group is missing: it belongs to none. */
export const noGroup = -1;

/** Encodes every target. An ignored one has the value 0 and the weight 0; other rows weigh 1, or what `weights` says. */
export function encodeTargets(table: Table, schema: DataSchema): EncodedTargets {
  const policy = schema.missing?.targets ?? "refuse";
  const dropped = new Uint8Array(table.rows);
  const exampleWeights = weightsOf(table, schema);
  const columns = Object.entries(schema.targets).flatMap(([name, target]): Column[] => {
    const { values, missing } = targetCells(table, target, schema);
    const rowShape = targetShape(target);
    const width = sizeOf(rowShape);
    const weights = exampleWeights.slice();
    for (let row = missing.indexOf(1); row >= 0; row = missing.indexOf(1, row + 1)) {
      if (policy === "refuse") {
        throw wrongCell(
          table,
          row,
          targetColumns(target).join(", "),
          `the target "${name}" is missing: choose a policy in missing.targets`,
        );
      }
      if (policy === "drop-row") dropped[row] = 1;
      values.fill(target.group === true ? noGroup : 0, row * width, (row + 1) * width);
      weights[row] = 0;
    }
    const dtype = values instanceof Int32Array ? "int32" : "float64";
    return [
      { name: `target/${name}`, dtype, rowShape, data: values },
      { name: `weight/${name}`, dtype: "float64", rowShape: [], data: weights },
    ];
  });
  return { columns: [...columns, { name: "weight", dtype: "float64", rowShape: [], data: exampleWeights }], dropped };
}

/** The column of the weights of rows that must have all these targets: `weight`, `weight/a`, `weight/a+b`. */
export const weightColumn = (targets: readonly string[]): string =>
  targets.length === 0 ? "weight" : `weight/${targets.join("+")}`;

/** A column of a data set, or the weights of several targets together: 0 where one of them is missing. */
export function columnOrWeights(dataset: Dataset, name: string): Column {
  const targets = name.startsWith("weight/") ? name.slice("weight/".length).split("+") : [];
  if (targets.length < 2) return columnOf(dataset, name);
  const columns = targets.map((target) => columnOf(dataset, `weight/${target}`));
  const data = Float64Array.from(columns[0]!.data, (weight, row) =>
    columns.every((column) => column.data[row] !== 0) ? weight : 0,
  );
  return { name, dtype: "float64", rowShape: [], data };
}

type Values = Cells<Float64Array | Int32Array>;

function targetCells(table: Table, target: TargetSchema, schema: DataSchema): Values {
  if (target.columns !== undefined) {
    return sideBySide(target.columns.map((column) => scalarCells(table, column, target, schema)));
  }
  const column = target.column!; // the schema has made sure of one of them
  return target.shape === undefined ? scalarCells(table, column, target, schema) : shapedCells(table, column, target);
}

/** One value a row. */
function scalarCells(table: Table, column: string, target: TargetSchema, schema: DataSchema): Values {
  const { above, equals, classes, levels, transform, group } = target;
  const declared = schema.missing;
  if (group === true) return groupCells(table, column, declared);
  if (typeof classes === "number") return indexCells(table, column, classes, declared);
  const positions = classes ?? levels;
  if (positions !== undefined) return levelCells(table, column, positions, declared);
  if (equals !== undefined) {
    const { values, missing } = levelCells(table, column, [canonical(equals)], declared, "zero");
    return { values: Float64Array.from(values, (position) => (position === 0 ? 1 : 0)), missing };
  }
  const { values, missing } = numberCells(table, column, declared);
  if (above !== undefined) return { values: values.map((value) => (value > above ? 1 : 0)), missing };
  if (transform !== "log1p") return { values, missing };
  const wrong = values.findIndex((value) => value <= -1);
  if (wrong >= 0) throw wrongCell(table, wrong, column, `log1p needs numbers above −1, got ${values[wrong]!}`);
  return { values: values.map((value) => log1p(value)), missing };
}

/** Columns of one value a row → one of [rows, columns]; a row that lacks one of them lacks the target. */
function sideBySide(columns: readonly Values[]): Values {
  const width = columns.length;
  const first = columns[0]!;
  const rows = first.missing.length;
  const values = new (first.values instanceof Int32Array ? Int32Array : Float64Array)(rows * width);
  const missing = new Uint8Array(rows);
  columns.forEach((column, at) => {
    for (let row = 0; row < rows; row++) {
      values[row * width + at] = column.values[row]!;
      missing[row]! |= column.missing[row]!;
    }
  });
  return { values, missing };
}

/** A tensor a row: numbers, 0 or 1, or class indices. */
function shapedCells(table: Table, column: string, { shape = [], above, classes }: TargetSchema): Values {
  const size = sizeOf(shape);
  const { values } = tensorCells(table, column, size, `a tensor of ${shape.join(" × ")}`);
  const missing = new Uint8Array(table.rows);
  if (above !== undefined) return { values: Float64Array.from(values, (value) => (value > above ? 1 : 0)), missing };
  if (typeof classes !== "number") return { values: Float64Array.from(values), missing };
  const indices = Int32Array.from(values, (value, i) => {
    if (Number.isInteger(value) && value >= 0 && value < classes) return value;
    const problem = `expected whole numbers in 0 … ${classes - 1}, got ${value}`;
    throw wrongCell(table, Math.floor(i / size), column, problem);
  });
  return { values: indices, missing };
}

function weightsOf(table: Table, schema: DataSchema): Float64Array {
  if (schema.weights === undefined) return new Float64Array(table.rows).fill(1);
  const name = schema.weights;
  const { values, missing } = numberCells(table, name, schema.missing);
  for (let row = 0; row < table.rows; row++) {
    if (missing[row] === 1) throw wrongCell(table, row, name, "the weight is missing");
    if (values[row]! < 0) throw wrongCell(table, row, name, `expected a weight of at least 0, got ${values[row]!}`);
  }
  return values;
}
