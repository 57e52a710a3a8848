/** The targets of a table, `target/<name>`, and the weight of each row for each of them, `weight/<name>`. */
import { log1p } from "../kernels/math.ts";
import { indexCells, levelCells, numberCells, wrongCell, type Cells } from "./cells.ts";
import type { Column } from "./dataset.ts";
import { canonical, type DataSchema, type TargetSchema } from "./schema.ts";
import type { Table } from "./table.ts";

export interface EncodedTargets {
  readonly columns: readonly Column[];
  /** 1 for each row that the missing policy leaves out. */
  readonly dropped: Uint8Array;
}

/** Encodes every target. An ignored one has the value 0 and the weight 0; other rows weigh 1, or what `weights` says. */
export function encodeTargets(table: Table, schema: DataSchema): EncodedTargets {
  const policy = schema.missing?.targets ?? "refuse";
  const dropped = new Uint8Array(table.rows);
  const exampleWeights = weightsOf(table, schema);
  const columns = Object.entries(schema.targets).flatMap(([name, target]): Column[] => {
    const { values, missing } = targetCells(table, target, schema);
    const weights = exampleWeights.slice();
    for (let row = missing.indexOf(1); row >= 0; row = missing.indexOf(1, row + 1)) {
      if (policy === "refuse") {
        throw wrongCell(
          table,
          row,
          target.column,
          `the target "${name}" is missing: choose a policy in missing.targets`,
        );
      }
      if (policy === "drop-row") dropped[row] = 1;
      values[row] = 0;
      weights[row] = 0;
    }
    const dtype = values instanceof Int32Array ? "int32" : "float64";
    return [
      { name: `target/${name}`, dtype, rowShape: [], data: values },
      { name: `weight/${name}`, dtype: "float64", rowShape: [], data: weights },
    ];
  });
  return { columns, dropped };
}

function targetCells(table: Table, target: TargetSchema, schema: DataSchema): Cells<Float64Array | Int32Array> {
  const { column, above, equals, classes, levels, transform } = target;
  const declared = schema.missing;
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
