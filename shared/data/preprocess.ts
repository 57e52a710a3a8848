/**
 * Table → Dataset, as a schema declares it. The same function prepares training rows, test rows and the rows of
 * `predict`, so that a model never meets a column it does not know.
 *
 *     const raw = toDataset(await readTable("clinic.csv"), { schema });           encoded: missing numbers are NaN
 *     const statistics = fitStatistics(raw, schema, trainRows);                   merge over clients, or keep
 *     const preprocessing = { schema, standardization: standardizationOf(statistics, schema) };
 *     const ready = standardize(raw, preprocessing.standardization);
 *     const later = toDataset(newRows, preprocessing, { targets: false });        both steps at once
 */
import { encodeFeatures } from "./features.ts";
import { createDataset, selectRows, type Dataset } from "./dataset.ts";
import type { Preprocessing } from "./schema.ts";
import { standardize } from "./standardize.ts";
import type { Table } from "./table.ts";
import { encodeTargets } from "./targets.ts";

export interface ToDatasetOptions {
  /** false: the table needs the model's own features alone, and the data set has no targets, weights and views. @default true */
  readonly targets?: boolean;
}

/**
 * Encodes every row; rows that the missing policy drops are left out (`origin` tells which stayed). With a
 * standardization in the preprocessing the table feature is standardized too.
 *
 * Throws "invalid-data" naming file, row and column: a missing column, text where a number belongs, NaN or ∞, an unknown
 * category, a label outside the classes, a negative weight, a missing value that the policy refuses.
 */
export function toDataset(table: Table, preprocessing: Preprocessing, options: ToDatasetOptions = {}): Dataset {
  const { schema, standardization } = preprocessing;
  const features = encodeFeatures(table, options.targets === false ? { ...schema, views: {} } : schema);
  const targets = options.targets === false ? { columns: [], dropped: undefined } : encodeTargets(table, schema);
  const all = createDataset(table.rows, [...features.columns, ...targets.columns]);
  const kept = rowsNotIn(table.rows, features.dropped, targets.dropped);
  const encoded = kept.length === table.rows ? all : selectRows(all, kept);
  return standardization === undefined ? encoded : standardize(encoded, standardization);
}

function rowsNotIn(rows: number, ...dropped: (Uint8Array | undefined)[]): number[] {
  const kept: number[] = [];
  for (let row = 0; row < rows; row++) if (dropped.every((marks) => marks?.[row] !== 1)) kept.push(row);
  return kept;
}
