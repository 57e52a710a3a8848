/** Filling, centring and scaling the table feature: x → (x − center) / scale, with `fill` for x when it is missing. */
import { TributaryError } from "../errors.ts";
import { columnOf, createDataset, type Dataset } from "./dataset.ts";
import type { Standardization } from "./schema.ts";

/** A data set with its `feature/table` standardized; every other column is shared. */
export function standardize(dataset: Dataset, { columns, fill, center, scale }: Standardization): Dataset {
  if (columns.length === 0) return dataset;
  const column = columnOf(dataset, "feature/table");
  const width = columns.length;
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
  const others = [...dataset.columns.values()].filter(({ name }) => name !== column.name);
  return createDataset(dataset.rows, [{ ...column, dtype: "float64", data }, ...others], dataset.origin);
}
