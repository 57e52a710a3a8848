/**
 * Puts data sets into one memory: each column once, one data set's rows after the other's, bytes still bytes. Programs read them
 * through column views, named after the inputs they feed. In a simulation the data sets are those of all clients, at a network
 * worker its own.
 */
import { TributaryError } from "../errors.ts";
import type { Heap } from "../kernels/heap.ts";
import type { ColumnView } from "../kernels/trainer.ts";
import type { Assignment, NegativesPlace, RoomData, TablePlace } from "../protocol/assignment.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Column, ColumnType, Dataset } from "./dataset.ts";
import { inView } from "./features.ts";
import { rankGroups } from "./groups.ts";
import { isTable } from "./standardize.ts";
import { needsStatistics } from "./summary.ts";
import { columnOrWeights, weightColumn } from "./targets.ts";

const bytesPer: Readonly<Record<ColumnType, number>> = { float32: 4, float64: 8, uint8: 1, int32: 4 };

/** A data set, encoded and not standardized, and the example ids of its rows (`example-ids.ts`). */
export interface DataPart {
  readonly dataset: Dataset;
  readonly ids: Int32Array;
}

/**
 * Every column that one of the assignment's programs reads. `absent` tells which rows count for nothing in an objective, since their
 * client has no part in it; row numbers count through all parts.
 */
export function layData(
  heap: Heap,
  parts: readonly DataPart[],
  { schema, objectives, work, evaluation, counting, sums, slopes, tuning, evaluationGroups }: Assignment,
  absent: (objective: string) => readonly number[],
): RoomData {
  const rows = parts.reduce((sum, { dataset }) => sum + dataset.rows, 0);
  const placed = new Map<string, ColumnView>();
  const place = (name: string): ColumnView => {
    const known = placed.get(name);
    if (known !== undefined) return known;
    const view = layColumn(
      heap,
      parts.map(({ dataset }) => dataset),
      name,
    );
    if (isGroup(schema, name)) rankGroups(heap.int32(view.offset, rows));
    placed.set(name, view);
    return view;
  };
  const programs = [work, evaluation, counting, sums, slopes, tuning].filter((program) => program !== undefined);
  const inputs = programs.flatMap((program) => program.inputs.filter(({ role }) => role === "batch"));
  const columns = [...new Set(inputs.map(({ name }) => name))].map((input): ColumnView => {
    if (input === "exampleId") return exampleIds(heap, parts, rows);
    const objective = objectives.find(({ name }) => input === `weight/${name}`);
    if (objective === undefined) return place(input);
    const view = { ...place(weightColumn(objective.targets)), input };
    const missing = absent(objective.name);
    return missing.length === 0 ? view : withoutWeight(heap, view, rows, missing);
  });
  const used = new Set([...objectives.flatMap((objective) => objective.targets), ...(evaluationGroups?.targets ?? [])]);
  const targets = [...used].flatMap((target) => [place(`target/${target}`), place(`weight/${target}`)]);
  const negatives = negativesPlace(heap, columns, { schema, rows, place, ids: () => exampleIds(heap, parts, rows) });
  const found = { rows, columns, targets, ...(negatives && { negatives }) };
  if (!needsStatistics(schema)) return found;
  const own = place("feature/table");
  const ready = new Map(
    [...placed.keys()].filter(isTable).map((name) => [name, heap.allocate(8 * rows * own.rowSize)]),
  );
  const placeOf = (name: string): TablePlace => ({ raw: placed.get(name)!.offset, ready: ready.get(name)! });
  const views = [...ready.keys()].filter((name) => name !== own.input);
  return {
    ...found,
    columns: columns.map((view) => ({ ...view, offset: ready.get(view.input) ?? view.offset })),
    table: { tables: [placeOf(own.input), ...views.map(placeOf)], rows, width: own.rowSize },
  };
}

/** A second column for what is drawn anew in training, where that is asked for and something reads it. */
function negativesPlace(
  heap: Heap,
  columns: readonly ColumnView[],
  {
    schema: { negatives },
    rows,
    place,
    ids,
  }: {
    readonly schema: Assignment["schema"];
    readonly rows: number;
    readonly place: (name: string) => ColumnView;
    readonly ids: () => ColumnView;
  },
): NegativesPlace | undefined {
  if (negatives?.drawn !== "each-round") return undefined;
  const { view, feature, per } = negatives;
  const known = columns.find(({ input }) => input === inView(`feature/${feature}`, view));
  if (known === undefined) return undefined;
  const offset = heap.allocate(4 * rows);
  heap.int32(offset, rows).set(heap.int32(known.offset, rows));
  return {
    things: place(`feature/${feature}`),
    ...(per !== undefined && { people: place(`target/${per}`) }),
    ids: columns.find(({ input }) => input === "exampleId") ?? ids(),
    drawn: { ...known, offset },
  };
}

const isGroup = ({ targets }: Assignment["schema"], name: string): boolean =>
  name.startsWith("target/") && targets[name.slice("target/".length)]?.group === true;

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

function exampleIds(heap: Heap, parts: readonly DataPart[], rows: number): ColumnView {
  const offset = heap.allocate(4 * rows);
  const ids = heap.int32(offset, rows);
  let at = 0;
  for (const part of parts) {
    ids.set(part.ids, at);
    at += part.ids.length;
  }
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
