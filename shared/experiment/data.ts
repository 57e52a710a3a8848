/**
 * What each client must have: which columns its files hold, and how they become features and targets.
 *
 * Numeric, categorical, vector and text columns are laid side by side, in the order written here, into one feature `table`
 * [rows, width]; an image is the feature `image` [rows, height, width, channels]; each index column is a feature of its own name.
 */
import { z } from "zod";
import type { TargetFacts, TargetKind } from "../losses/loss.ts";
import { formats } from "../data/readers/formats.ts";
import { targetShape } from "../data/schema.ts";
import { count, fraction, nameSchema, nonNegative, object } from "./strict.ts";

/** A category or a missing mark as it may be written: 1 and "1" and "1.0" are one value, and so are true and "true". */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const distinct = (values: readonly unknown[]): boolean => new Set(values.map(String)).size === values.length;
const categories = z.array(scalar).min(2).refine(distinct, { error: "expected each category once" });

/** A factor for raw values, as a number or as a ratio: 1/255. */
const scale = z.union([z.number(), z.string().regex(/^\d+(\.\d+)?\/[1-9]\d*$/)]).transform((value) => {
  if (typeof value === "number") return value;
  const [over, under] = value.split("/").map(Number);
  return over! / under!;
});

const featuresSchema = object({
  numeric: z.array(z.string()).default([]).describe("Columns of numbers."),
  categorical: z
    .record(z.string(), categories)
    .default({})
    .describe("Columns of categories, all listed, so that every client encodes alike."),
  encoding: z
    .enum(["one-hot", "drop-first"])
    .default("one-hot")
    .describe(
      "one-hot: a column for each category. drop-first: the first category is the base, and all its columns are zero.",
    ),
  unknown: z
    .enum(["refuse", "zero"])
    .default("refuse")
    .describe("A category that is not listed: an error that names the row, or all zeros."),
  vector: object({ column: z.string(), size: count, scale: scale.default(1) })
    .optional()
    .describe("A column whose every row is a vector of `size` numbers (npy, svmlight, lists in ndjson and parquet)."),
  text: z
    .record(
      z.string(),
      object({
        buckets: count.describe(
          "How many columns the words fall into. More tell more words apart; there is no best number to compute: try a few on validation rows.",
        ),
        length: z.boolean().default(false).describe("One column more: log(1 + the number of characters)."),
      }),
    )
    .default({})
    .describe(
      "Columns of text as bags of words: how often words of two or more letters, digits or underscores, in lower case, fall into each of the buckets by MurmurHash3, scaled to length 1. No client tells another its words.",
    ),
  image: object({
    column: z.string(),
    shape: z.tuple([count, count, count]).describe("[height, width, channels]"),
    scale: scale.default(1).describe("Every pixel is multiplied by this."),
  })
    .optional()
    .describe("A column of images; bytes stay bytes until the batch is made."),
  index: z
    .record(z.string(), count)
    .default({})
    .describe("Columns of whole numbers from 0 up to, not including, the given size: rows of embedding tables."),
}).refine(
  (features) =>
    features.numeric.length + Object.keys(features.categorical).length + Object.keys(features.index).length > 0 ||
    Object.keys(features.text).length > 0 ||
    features.vector !== undefined ||
    features.image !== undefined,
  { error: "expected at least one feature: numeric, categorical, vector, text, image or index" },
);

/**
 * A target is a number (only `column`), yes or no (`above`, `equals`), a class (`classes`), an ordered level (`levels`), or the
 * group that a row belongs to (`group`).
 */
const targetSchema = object({
  column: z.string().optional(),
  columns: z
    .array(z.string())
    .min(1)
    .refine(distinct, { error: "expected each column once" })
    .optional()
    .describe("In place of `column`: several values a row, side by side, as for several outputs or labels."),
  shape: z
    .array(count)
    .min(1)
    .optional()
    .describe("Of a column whose every row is a tensor (npy, lists in ndjson and parquet), such as a mask: its shape."),
  group: z
    .literal(true)
    .optional()
    .describe("Any text or number: rows with equal values belong together, at every client."),
  above: z.number().optional().describe("1 where the column is greater than this, else 0."),
  equals: scalar.optional().describe("1 where the column has this value, else 0."),
  classes: z
    .union([count.min(2), categories])
    .optional()
    .describe("Unordered classes: their values, or their number C for the whole numbers 0 … C − 1."),
  levels: categories.optional().describe("Ordered levels, lowest first."),
  transform: z
    .enum(["none", "log1p"])
    .default("none")
    .describe("For numbers: the model learns this function of the column."),
})
  .refine(
    (target) =>
      [target.above, target.equals, target.classes, target.levels, target.group].filter((rule) => rule !== undefined)
        .length <= 1,
    {
      error: "expected at most one of above, equals, classes, levels, group",
    },
  )
  .refine((target) => (target.column === undefined) !== (target.columns === undefined), {
    error: "expected either column or columns",
  })
  .refine((target) => target.shape === undefined || target.column !== undefined, {
    path: ["shape"],
    error: "is for a single column whose rows are tensors",
  })
  .refine(
    (target) =>
      target.shape === undefined || !(target.equals ?? target.levels ?? target.group ?? Array.isArray(target.classes)),
    {
      path: ["shape"],
      error: "goes with numbers, with above, or with the number of classes",
    },
  )
  .refine((target) => target.group === undefined || target.columns === undefined, {
    path: ["group"],
    error: "is for a single column",
  })
  .refine((target) => target.transform === "none" || targetKind(target) === "number", {
    path: ["transform"],
    error: "is for targets that are numbers: leave it out, or leave out above, equals, classes and levels",
  });

type TargetRule = { readonly [Rule in "above" | "equals" | "classes" | "levels" | "group"]?: unknown };

/** What a target's values are: any real number, 0 or 1, a class index, a level index, or a group's number. */
export function targetKind({ above, equals, classes, levels, group }: TargetRule): TargetKind {
  if (group !== undefined) return "group";
  if (above !== undefined || equals !== undefined) return "binary";
  if (classes !== undefined) return "class";
  return levels !== undefined ? "level" : "number";
}

/** A target as a loss sees it before there is any data. */
export function targetFacts(target: TargetConfig): TargetFacts {
  const { classes, levels } = target;
  const kind = targetKind(target);
  const shape = targetShape(target);
  const rows = shape.length === 0 ? {} : { shape };
  if (kind === "number" || kind === "group") return { kind, classes: 1, ...rows };
  if (kind === "binary") return { kind, classes: 2, ...rows };
  return { kind, classes: typeof classes === "number" ? classes : (classes ?? levels ?? []).length, ...rows };
}

const viewsSchema = z
  .record(nameSchema, z.record(z.string(), z.string()))
  .default({})
  .describe(
    "The features once more, from other columns: `{ rejected: { chosen_len: rejected_len } }`. Prepared like the features themselves; what a view does not name it reads from the same column.",
  );

const negativesSchema = object({
  view: nameSchema.describe("The view in which something else stands: declare it, `{ other: {} }`."),
  feature: z.string().describe("The index feature that says what was taken."),
  per: nameSchema
    .optional()
    .describe("The target whose equal values are one person's rows; each client is one person when left out."),
  train: count.default(1).describe("Drawn for each training row, which becomes so many rows."),
  test: count.default(99).describe("Drawn for each held-out row."),
  drawn: z
    .enum(["each-round", "once"])
    .default("each-round")
    .describe(
      "Whether every round of training draws anew for its rows; evaluations see what was drawn before round 1.",
    ),
})
  .optional()
  .describe(
    "Of feedback that only says what was taken, things that were not: drawn uniformly from what the same person's training rows (and for held-out rows, all rows) do not have.",
  );

const missingSchema = object({
  token: z
    .union([z.string().transform((token) => [token]), z.array(z.string())])
    .prefault([])
    .describe("What stands for a missing value beside the empty field, which always does."),
  columns: z
    .record(z.string(), z.array(scalar).min(1))
    .default({})
    .describe("Values that mean 'missing' in one column only: `{ chol: [0] }`."),
  features: z
    .enum(["refuse", "drop-row", "mean", "zero"])
    .default("refuse")
    .describe(
      "refuse: an error that names row and column. drop-row. mean: the mean of the training rows, of the scope of `standardize`. zero.",
    ),
  targets: z
    .enum(["refuse", "drop-row", "ignore"])
    .default("refuse")
    .describe("refuse. drop-row. ignore: the row counts for the objectives whose target it has."),
});

const standardizeScope = z.enum(["global", "per-client", "none"]);
const standardizeSchema = z.union([
  standardizeScope.transform((scope) => ({ scope, ddof: 0 as 0 | 1, epsilon: 0, columns: "numeric" as const })),
  object({
    scope: standardizeScope.describe(
      "Over all clients (one exchange of sums before round 1), over each client's own training rows, or not at all.",
    ),
    ddof: z
      .union([z.literal(0), z.literal(1)])
      .default(0)
      .describe("The variance is divided by n − ddof."),
    epsilon: nonNegative.default(0).describe("Added to the standard deviation. A column that does not vary becomes 0."),
    columns: z
      .union([z.enum(["numeric", "all"]), z.array(z.string()).min(1)])
      .default("numeric")
      .describe("The numeric columns, every column of the table (encoded categories too), or those listed."),
  }),
]);

const splitSchema = z.union([
  object({
    test: fraction.describe("The share of each client's rows that is held out, ⌈test · rows⌉."),
    stratify: z.string().optional().describe("A binary, class or level target whose proportions both parts keep."),
  }),
  object({
    last: z
      .string()
      .describe(
        "A column of numbers, such as a time: the row where it is greatest is held out, of equal ones the last.",
      ),
    per: nameSchema
      .optional()
      .describe(
        "The target whose every group holds out one row, unless it has no other; each client one when left out.",
      ),
  }),
  object({
    file: z
      .string()
      .describe("A table with the columns client, line (from 1, in the client's file) and part (train or test)."),
  }),
]);

export const dataSchema = object({
  placement: z
    .enum(["client", "coordinator"])
    .default("client")
    .describe("client: each reads its own file. coordinator: one data set is cut into shards and sent out."),
  format: z.enum(formats).optional().describe("By default the ending of the file decides."),
  delimiter: z.string().length(1).optional().describe("What stands between the cells of a csv; a comma when left out."),
  header: z
    .union([z.literal(true), z.array(z.string()).min(1).refine(distinct, { error: "expected each column once" })])
    .default(true)
    .describe("true: the first line names the columns. A list: the file has no such line."),
  features: featuresSchema,
  views: viewsSchema,
  negatives: negativesSchema,
  targets: z.record(nameSchema, targetSchema).default({}),
  weights: z
    .string()
    .optional()
    .describe("A column of example weights of at least 0; every row counts 1 when left out."),
  missing: missingSchema.prefault({}),
  standardize: standardizeSchema.prefault("none"),
  split: splitSchema.optional(),
});

export type DataConfig = z.output<typeof dataSchema>;
export type FeaturesConfig = DataConfig["features"];
export type TargetConfig = DataConfig["targets"][string];

/** A client's rows: one file, or (idx, npy) a map from column to the file that holds it. */
export const sourceSchema = z.union([z.string(), z.record(nameSchema, z.string())]);
export type Source = z.output<typeof sourceSchema>;
