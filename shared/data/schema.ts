/**
 * What is declared about the data: which columns are features, which are targets, what missing means, how numbers are
 * standardized. The `data` section of an experiment decodes to this; it is JSON, travels with the model, and `predict`
 * applies it to new rows. What is left out has the default named here.
 */

/** A category or a mark as declared: 1, "1" and "1.0" are one value, and so are true and "true"; "007" and "7" are two. */
export type Scalar = string | number | boolean;

export interface FeatureSchema {
  /** Columns of numbers, in order: the first columns of `feature/table`. */
  readonly numeric?: readonly string[] | undefined;
  /** Columns of categories with all their levels, after the numeric ones, as 0/1 columns in the order of the levels. */
  readonly categorical?: Readonly<Record<string, readonly Scalar[]>> | undefined;
  /** `drop-first` leaves out each first level, so that the 0/1 columns are not collinear with a bias. @default "one-hot" */
  readonly encoding?: "one-hot" | "drop-first" | undefined;
  /** A category outside the levels: an error that names the row, or all zeros. @default "refuse" */
  readonly unknown?: "refuse" | "zero" | undefined;
  /** A column whose every row is a vector of `size` numbers, after the categories in `feature/table`. */
  readonly vector?: { readonly column: string; readonly size: number; readonly scale?: number | undefined } | undefined;
  /** Columns of text as bags of hashed words, after the vector in `feature/table`: see `hashed-words.ts`. */
  readonly text?: Readonly<Record<string, TextSchema>> | undefined;
  /** A column of images [height, width, channels] → `feature/image`. Bytes stay bytes; the model sees x·scale. */
  readonly image?: ImageSchema | undefined;
  /** Columns of whole numbers in [0, size) → int32 `feature/<column>`: what an embedding looks up. */
  readonly index?: Readonly<Record<string, number>> | undefined;
}

export interface TextSchema {
  /** How many columns its words fall into. */
  readonly buckets: number;
  /** One column more: log(1 + its characters). @default false */
  readonly length?: boolean | undefined;
}

export interface ImageSchema {
  readonly column: string;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly scale?: number | undefined;
}

/**
 * A number (only `column`), 0 or 1 (`above`, `equals`), a class index (`classes`), a level index (`levels`), or the number of
 * a group of rows that belong together (`group`). From one column, or from several: then every row has one value of each.
 */
export interface TargetSchema {
  readonly column?: string | undefined;
  /** In place of `column`: values side by side, [rows, columns]. */
  readonly columns?: readonly string[] | undefined;
  /** Of a column whose every row is a tensor (npy, lists in ndjson and parquet): its shape, as of a mask [28, 28]. */
  readonly shape?: readonly number[] | undefined;
  /** Any text or number; equal values are one group, at every client. */
  readonly group?: true | undefined;
  /** 1 where the number is greater than this, else 0. */
  readonly above?: number | undefined;
  /** 1 where the column has this value, else 0. */
  readonly equals?: Scalar | undefined;
  /** The classes' values in order, or their number C for the whole numbers 0 … C − 1. */
  readonly classes?: number | readonly Scalar[] | undefined;
  /** Ordered levels, lowest first. */
  readonly levels?: readonly Scalar[] | undefined;
  /** What the model learns of a number. @default "none" */
  readonly transform?: "none" | "log1p" | undefined;
}

/** The columns that a target is read from. */
export const targetColumns = ({ column, columns }: TargetSchema): readonly string[] =>
  columns ?? (column === undefined ? [] : [column]);

/** The shape of one row of a target: [] for a single value. */
export const targetShape = ({ columns, shape }: TargetSchema): readonly number[] =>
  columns === undefined ? (shape ?? []) : [columns.length];

/** Feature column → the column that is read in its place. */
export type View = Readonly<Record<string, string>>;

export interface MissingSchema {
  /** Texts that mean "missing" in every column, beside the empty cell, which always does. */
  readonly token?: readonly string[] | undefined;
  /** Values that mean "missing" in one column only, e.g. { chol: [0] }. */
  readonly columns?: Readonly<Record<string, readonly Scalar[]>> | undefined;
  /**
   * A row with a missing feature: an error, left out, or the number filled with the column's mean over the training rows
   * or with zero. A missing category under `mean` and `zero` is all zeros. @default "refuse"
   */
  readonly features?: "refuse" | "drop-row" | "mean" | "zero" | undefined;
  /** A missing target: an error, the row left out, or weight 0 for that target's objectives. @default "refuse" */
  readonly targets?: "refuse" | "drop-row" | "ignore" | undefined;
}

export interface StandardizeSchema {
  /** Over whose training rows: everyone's, each client's own, or not at all. */
  readonly scope: "global" | "per-client" | "none";
  /** The declared numbers, every column of the table (0/1 columns too), or those listed. @default "numeric" */
  readonly columns?: "numeric" | "all" | readonly string[] | undefined;
  /** The variance divides by count − ddof. @default 0 */
  readonly ddof?: 0 | 1 | undefined;
  /** x → (x − mean) / (deviation + epsilon). @default 0 */
  readonly epsilon?: number | undefined;
}

export interface DataSchema {
  readonly features: FeatureSchema;
  readonly targets: Readonly<Record<string, TargetSchema>>;
  /** The features once more, from other columns: what a model that compares two things sees of the second. */
  readonly views?: Readonly<Record<string, View>> | undefined;
  /** A column of example weights ≥ 0, multiplied into the weight of every target. */
  readonly weights?: string | undefined;
  readonly missing?: MissingSchema | undefined;
  readonly standardize?: StandardizeSchema["scope"] | StandardizeSchema | undefined;
  readonly negatives?: NegativesSchema | undefined;
}

/** Of feedback that only says what was taken: things that were not, drawn (`negatives.ts`). */
export interface NegativesSchema {
  /** The view in which another thing stands. */
  readonly view: string;
  /** The index feature that holds things. */
  readonly feature: string;
  /** The target whose equal values are one person's rows; when left out, a client is one person. */
  readonly per?: string | undefined;
  /** Negatives of each training row, and of each held-out row. */
  readonly train: number;
  readonly test: number;
  /** When those of training rows are drawn. */
  readonly drawn: "each-round" | "once";
}

/** What is put for a missing number, subtracted and divided by, per column of `feature/table`. */
export interface Standardization {
  readonly columns: readonly string[];
  /** In raw units: a missing number becomes this first. */
  readonly fill: readonly number[];
  readonly center: readonly number[];
  readonly scale: readonly number[];
}

/** Everything that turns a table into what the model was trained on. JSON; stored in the model file. */
export interface Preprocessing {
  readonly schema: DataSchema;
  /** Absent while statistics are not known yet, and where none are needed. */
  readonly standardization?: Standardization | undefined;
}

/** The declared standardization with its defaults. */
export function standardizeOf(schema: DataSchema): Required<{
  [Key in keyof StandardizeSchema]: NonNullable<StandardizeSchema[Key]>;
}> {
  const declared = schema.standardize ?? "none";
  const { scope, columns, ddof, epsilon }: StandardizeSchema =
    typeof declared === "string" ? { scope: declared } : declared;
  return { scope, columns: columns ?? "numeric", ddof: ddof ?? 0, epsilon: epsilon ?? 0 };
}

/** The text that two equal values share: decimal numbers lose their spelling, all else is taken as it is, trimmed. */
export function canonical(value: Scalar): string {
  if (typeof value === "number") return String(value === 0 ? 0 : value);
  const text = String(value).trim();
  return plainNumber.test(text) ? String(Number(text) === 0 ? 0 : Number(text)) : text;
}

/** A decimal number without superfluous leading zeros: what may be kept as a number and still be a category. */
export const plainNumber = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The names of the columns of `feature/table`, in order: `age`, `cp=1`, `vector[0]`, `answer#0`, `answer length`. */
export function tableColumns({ features }: DataSchema): string[] {
  const from = features.encoding === "drop-first" ? 1 : 0;
  const categories = Object.entries(features.categorical ?? {}).flatMap(([column, levels]) =>
    levels.slice(from).map((level) => `${column}=${canonical(level)}`),
  );
  const { vector } = features;
  const numbers = vector === undefined ? [] : Array.from({ length: vector.size }, (_, i) => `${vector.column}[${i}]`);
  const words = Object.entries(features.text ?? {}).flatMap(([column, { buckets, length = false }]) => [
    ...Array.from({ length: buckets }, (_, i) => `${column}#${i}`),
    ...(length ? [`${column} length`] : []),
  ]);
  return [...(features.numeric ?? []), ...categories, ...numbers, ...words];
}
