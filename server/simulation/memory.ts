/**
 * Puts the data of all clients into the one memory that the threads share: each column once, every client's rows one after the
 * other, bytes still bytes. Programs read them through column views, named after the inputs they feed.
 */
import { type Column, type ColumnType, type Dataset } from "../../shared/data/dataset.ts";
import { isTable } from "../../shared/data/standardize.ts";
import { needsStatistics } from "../../shared/data/summary.ts";
import { columnOrWeights } from "../../shared/data/targets.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { CompiledExperiment } from "../../shared/experiment/compile.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { Program } from "../../shared/graph/program.ts";
import type { Heap } from "../../shared/kernels/heap.ts";
import type { ColumnView } from "../../shared/kernels/trainer.ts";
import type { RoomData, TablePlace } from "../../shared/protocol/assignment.ts";
import { sizeOf } from "../../shared/tensor/shape.ts";
import type { LoadedData } from "./load.ts";

const bytesPer: Readonly<Record<ColumnType, number>> = { float32: 4, float64: 8, uint8: 1, int32: 4 };

/** Every column that one of the programs reads. */
export function layData(
  heap: Heap,
  { parts, clients }: LoadedData,
  compiled: CompiledExperiment,
  { data }: Experiment,
): RoomData {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const placed = new Map<string, ColumnView>();
  const place = (name: string): ColumnView => {
    const known = placed.get(name);
    if (known !== undefined) return known;
    const view = layColumn(heap, parts, name);
    placed.set(name, view);
    return view;
  };
  const columns = batchInputs(Object.values(compiled.programs)).map((input): ColumnView => {
    if (input === "exampleId") return exampleIds(heap, rows);
    const goal = compiled.goals.find(({ name }) => input === `weight/${name}`);
    const absent = goal === undefined ? [] : clients.filter(({ client }) => !goal.countsAt(client));
    const view = { ...place(compiled.columnOf(input)), input };
    if (absent.length === 0) return view;
    return withoutWeight(
      heap,
      view,
      rows,
      absent.flatMap(({ train, test }) => [...train, ...test]),
    );
  });
  const used = [...new Set(compiled.goals.flatMap(({ targets }) => targets))];
  const targets = used.flatMap((target) => [place(`target/${target}`), place(`weight/${target}`)]);
  if (!needsStatistics(data)) return { rows, columns, targets };
  const own = place("feature/table");
  const ready = new Map(
    [...placed.keys()].filter(isTable).map((name) => [name, heap.allocate(8 * rows * own.rowSize)]),
  );
  const placeOf = (name: string): TablePlace => ({ raw: placed.get(name)!.offset, ready: ready.get(name)! });
  const views = [...ready.keys()].filter((name) => name !== own.input);
  return {
    rows,
    columns: columns.map((view) => ({ ...view, offset: ready.get(view.input) ?? view.offset })),
    targets,
    table: { tables: [placeOf(own.input), ...views.map(placeOf)], rows, width: own.rowSize },
  };
}

const batchInputs = (programs: readonly Program[]): string[] => [
  ...new Set(programs.flatMap(({ inputs }) => inputs.filter(({ role }) => role === "batch").map(({ name }) => name))),
];

/** The column of all parts, one after the other. Throws "invalid-data" when a file holds it in another type or shape. */
function layColumn(heap: Heap, parts: readonly Dataset[], name: string): ColumnView {
  const pieces = parts.map((part) => columnOrWeights(part, name));
  const first = pieces[0]!;
  const rowSize = sizeOf(first.rowShape);
  const width = bytesPer[first.dtype];
  const offset = heap.allocate(pieces.reduce((sum, { data }) => sum + data.length, 0) * width);
  let at = offset;
  for (const piece of pieces) {
    if (piece.dtype !== first.dtype || sizeOf(piece.rowShape) !== rowSize) throw misfit(name, first, piece);
    const { data } = piece;
    heap.bytes(at, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    at += data.byteLength;
  }
  const { dtype, scale, shift } = first;
  return {
    input: name,
    dtype,
    offset,
    rowSize,
    ...(scale !== undefined && { scale }),
    ...(shift !== undefined && { shift }),
  };
}

function misfit(name: string, expected: Column, got: Column): TributaryError {
  const show = ({ dtype, rowShape }: Column): string => `${dtype} [${rowShape.join(", ")}]`;
  return new TributaryError(
    "invalid-data",
    `Column "${name}": expected ${show(expected)} in every file, got ${show(got)}`,
  );
}

/** A number for each row that no other row has: what chance is keyed by. */
function exampleIds(heap: Heap, rows: number): ColumnView {
  const offset = heap.allocate(4 * rows);
  const ids = heap.int32(offset, rows);
  for (let row = 0; row < rows; row++) ids[row] = row;
  return { input: "exampleId", dtype: "int32", offset, rowSize: 1 };
}

/** A copy of a weight column, float64, in which the given rows count for nothing. */
function withoutWeight(heap: Heap, view: ColumnView, rows: number, absent: readonly number[]): ColumnView {
  const offset = heap.allocate(8 * rows);
  const weights = heap.float64(offset, rows);
  weights.set(heap.float64(view.offset, rows));
  for (const row of absent) weights[row] = 0;
  return { ...view, offset };
}
