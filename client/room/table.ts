import { createDataset, type Column, type Dataset } from "../../shared/data/dataset.ts";
import type { ColumnView } from "../../shared/kernels/trainer.ts";
import type { Room } from "./room.ts";

/** The encoded, not yet standardized table of a room as a data set of one column, or undefined where there is none. */
export function rawTable({ heap, data }: Room): Dataset | undefined {
  if (data.table === undefined) return undefined;
  const { tables, rows, width } = data.table;
  const [{ raw }] = tables;
  const values = heap.float64(raw, rows * width);
  return createDataset(rows, [{ name: "feature/table", dtype: "float64", rowShape: [width], data: values }]);
}

/**
 * The targets of a room and their weights as a data set; with the table, where it is wanted and there is one. Checked once for all
 * clients of the room.
 */
export function countedColumns(room: Room, withTable: boolean): Dataset {
  const made = counted.get(room) ?? new Map<boolean, Dataset>();
  counted.set(room, made);
  const dataset = made.get(withTable) ?? makeCounted(room, withTable);
  made.set(withTable, dataset);
  return dataset;
}

/** By room, without and with the table. */
const counted = new WeakMap<Room, Map<boolean, Dataset>>();

function makeCounted(room: Room, withTable: boolean): Dataset {
  const { rows, targets } = room.data;
  const table = withTable ? rawTable(room) : undefined;
  return createDataset(rows, [
    ...targets.map((view) => columnIn(room, view, rows)),
    ...(table?.columns.values() ?? []),
  ]);
}

function columnIn({ heap }: Room, { input: name, dtype, offset, rowSize }: ColumnView, rows: number): Column {
  const length = rows * rowSize;
  const data =
    dtype === "int32"
      ? heap.int32(offset, length)
      : dtype === "uint8"
        ? heap.bytes(offset, length)
        : dtype === "float32"
          ? heap.float32(offset, length)
          : heap.float64(offset, length);
  return { name, dtype, rowShape: rowSize === 1 ? [] : [rowSize], data };
}
