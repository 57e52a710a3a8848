/** Filling, centring and scaling the table feature: x → (x − center) / scale, with `fill` for x when it is missing. */
import { TributaryError } from "../errors.ts";
import { columnOf, createDataset, type Column, type Dataset } from "./dataset.ts";
import type { Standardization } from "./schema.ts";

/** A data set with its `feature/table` standardized, and alike every view of it; all other columns are shared. */
export function standardize(dataset: Dataset, { columns, fill, center, scale }: Standardization): Dataset {
  if (columns.length === 0) return dataset;
  const width = columns.length;
  columnOf(dataset, "feature/table"); // it must be there
  const ready = (column: Column): Column => {
    if (!isTable(column.name)) return column;
    if (column.rowShape[0] !== width) {
      throw new TributaryError(
        "shape-mismatch",
        `Expected a table of ${width} columns, as standardized, got ${column.rowShape[0] ?? 0}`,
      );
    }
    const data = Float64Array.from(column.data);
    for (let at = 0; at < data.length; at++) {
      const i = at % width;
      const value = Number.isNaN(data[at]!) ? fill[i]! : data[at]!;
      data[at] = (value - center[i]!) / scale[i]!;
    }
    return { ...column, dtype: "float64", data };
  };
  return createDataset(dataset.rows, [...dataset.columns.values()].map(ready), dataset.origin);
}

/** Whether a column is the table feature, or a view of it. */
export const isTable = (name: string): boolean => name === "feature/table" || name.startsWith("feature/table@");
