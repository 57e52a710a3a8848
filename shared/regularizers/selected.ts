/** What sparse regularizers have left: how many numbers of each parameter are not zero, and which columns of the table still count. */
import type { Program } from "../graph/program.ts";
import type { ParameterLayout, ParameterPlace } from "../tensor/parameters.ts";
import { placesOf, type Regularizer } from "./regularizer.ts";

export interface Selected {
  readonly parameter: string;
  readonly nonZero: number;
  readonly size: number;
  /** Of a weight that is multiplied with the table: its columns that reach some output, and those that reach none. */
  readonly columns?: { readonly kept: readonly string[]; readonly dropped: readonly string[] };
}

/** One for each parameter that an l1, elastic-net or group-lasso acts on. `program` predicts; `columns` are those of the table. */
export function selectedIn(
  vector: Float64Array,
  regularizers: readonly Regularizer[],
  { layout, program, columns }: { layout: ParameterLayout; program: Program; columns: readonly string[] },
): Selected[] {
  const sparse = regularizers.filter(makesZeros).flatMap((one) => placesOf(one, layout));
  const reading = readersOfTable(program);
  return layout.places
    .filter((place) => sparse.includes(place))
    .map((place) => {
      const values = vector.subarray(place.offset, place.offset + place.size);
      const nonZero = values.reduce((count, value) => count + Number(value !== 0), 0);
      const found = { parameter: place.name, nonZero, size: place.size };
      return reading.has(place.name) ? { ...found, columns: columnsIn(values, place, columns) } : found;
    });
}

const makesZeros = (one: Regularizer): boolean =>
  one.kind === "l1" || one.kind === "group-lasso" || (one.kind === "elastic-net" && one.ratio > 0);

/** The parameters W of the products (table)·W. */
function readersOfTable({ inputs, nodes }: Program): Set<string> {
  const table = inputs.findIndex(({ name }) => name === "feature/table");
  const readers = nodes
    .filter(({ operation, inputs: [left] }) => operation === "matmul" && left === table)
    .map(({ inputs: [, right] }) => inputs[right!])
    .filter((input) => input?.role === "parameter")
    .map((input) => input!.name);
  return new Set(readers);
}

function columnsIn(
  values: Float64Array,
  { shape }: ParameterPlace,
  columns: readonly string[],
): NonNullable<Selected["columns"]> {
  const outputs = shape.at(-1)!;
  const counts = (_: string, i: number): boolean =>
    values.subarray(i * outputs, (i + 1) * outputs).some((value) => value !== 0);
  return { kept: columns.filter(counts), dropped: columns.filter((name, i) => !counts(name, i)) };
}
