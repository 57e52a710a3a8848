/**
 * A shard: one client's rows as one safetensors file, for a coordinator that has the data set to send to whoever carries the client.
 * The training rows come first, then the test rows, each in the order in which the coordinator has drawn them.
 */
import { TributaryError } from "../errors.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../tensor/safetensors.ts";
import { createDataset, selectRows, type Column, type ColumnData, type Dataset } from "./dataset.ts";
import type { DataPart } from "./memory.ts";

export interface Shard {
  readonly part: DataPart;
  /** Rows 0 … trainRows − 1 are trained on, the others held out. */
  readonly trainRows: number;
}

const format = "tributary-shard-1";

export function encodeShard({ dataset, ids }: DataPart, train: Int32Array, test: Int32Array): Uint8Array {
  const rows = Int32Array.from([...train, ...test]);
  const { columns } = selectRows(dataset, rows);
  const tensors = new Map<string, Tensor>([["ids", { shape: [rows.length], data: rows.map((row) => ids[row]!) }]]);
  const facts: Record<string, Pick<Column, "scale" | "shift">> = {};
  for (const [name, { data, rowShape, scale, shift }] of columns) {
    tensors.set(`column/${name}`, { shape: [rows.length, ...rowShape], data });
    facts[name] = { ...(scale !== undefined && { scale }), ...(shift !== undefined && { shift }) };
  }
  return encodeSafetensors(tensors, { format, trainRows: String(train.length), columns: JSON.stringify(facts) });
}

/** Throws "invalid-data" when the bytes are not a shard. */
export function decodeShard(bytes: Uint8Array): Shard {
  const { tensors, metadata } = decodeSafetensors(bytes, "the shard");
  const ids = tensors.get("ids")?.data;
  const trainRows = Number(metadata["trainRows"]);
  if (metadata["format"] !== format || !(ids instanceof Int32Array) || !(trainRows >= 0 && trainRows <= ids.length))
    throw new TributaryError(
      "invalid-data",
      `Expected a shard in the format ${format}, got ${metadata["format"] ?? "none"}`,
    );
  const facts = JSON.parse(metadata["columns"] ?? "{}") as Record<string, Pick<Column, "scale" | "shift">>;
  const columns = [...tensors].flatMap(([name, { shape, data }]): Column[] => {
    if (!name.startsWith("column/")) return [];
    const own = name.slice("column/".length);
    return [{ name: own, dtype: dtypeOf(data), rowShape: shape.slice(1), data: data as ColumnData, ...facts[own] }];
  });
  const dataset: Dataset = createDataset(ids.length, columns);
  return { part: { dataset, ids }, trainRows };
}

function dtypeOf(data: Tensor["data"]): Column["dtype"] {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int32Array) return "int32";
  throw new TributaryError(
    "invalid-data",
    "Expected columns of float32, float64, uint8 or int32 in a shard, got others",
  );
}
