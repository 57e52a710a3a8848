/**
 * A first experiment for somebody's own files: what `tributary init` writes. Text, because its comments are half its use; what
 * it says has been decoded before it is given out, so it always runs.
 */
import type { Inspection, InspectedColumn } from "../data/inspect.ts";
import { TributaryError } from "../errors.ts";
import { hint } from "./suggest.ts";

export interface DraftOptions {
  readonly name: string;
  /** The column to predict. */
  readonly target: string;
  /** The columns' names when the files have none of their own. */
  readonly header?: readonly string[] | undefined;
  readonly delimiter?: string | undefined;
  /** What the files are, where their names do not say. */
  readonly format?: string | undefined;
  /** Path of the JSON schema, for editors. */
  readonly schema: string;
  readonly clients: DraftClients;
  /** What to learn, where it has been thought about; guessed from the target's values when left out. */
  readonly goal?: DraftGoal | undefined;
  /** Columns that are no features. */
  readonly without?: readonly string[] | undefined;
  /** λ of an l2 penalty. */
  readonly lambda?: number | undefined;
  /** @default 0.05 */
  readonly learningRate?: number | undefined;
  /** Said beside the learning rate. */
  readonly rateBecause?: string | undefined;
  /** Who writes: said in the first line. @default "init" */
  readonly command?: string | undefined;
}

/** Where clients come from: one file each, or one file that is cut. */
export type DraftClients =
  | { readonly files: Readonly<Record<string, string>> }
  | { readonly file: string; readonly by: string }
  | { readonly file: string; readonly count: number };

/** The kind of goal a target column makes. */
export interface DraftGoal {
  /** What follows the column in the target: `, equals: yes`. */
  readonly rule: string;
  readonly comment: string;
  readonly outputs: number;
  /** As YAML: `huber`, `{ kind: huber, delta: 2 }`. */
  readonly loss: string;
  readonly because?: string;
  /** What the loss is given, as YAML. @default "head: goal, target: goal" */
  readonly bound?: string;
  /** Targets beside `goal`, a line of YAML each. */
  readonly targets?: readonly string[];
  /** @default "16" */
  readonly batchSize?: string;
  /** What to try next, as YAML, with the reason. */
  readonly alternatives?: readonly string[];
  /** How the weights begin. @default the experiment's own */
  readonly initial?: string;
  readonly metrics: readonly string[];
  readonly stratify: boolean;
}

/** Throws "invalid-option" when there is no such column, or nothing to predict in it, or nothing to predict it from. */
export function draftExperiment(inspection: Inspection, options: DraftOptions): string {
  const { target, clients, without = [], learningRate = 0.05, lambda, command = "init" } = options;
  const goal = options.goal ?? goalOf(columnNamed(inspection, target));
  const by = "by" in clients ? columnNamed(inspection, clients.by).name : undefined;
  const rest = inspection.columns.filter(({ name }) => name !== target && name !== by && !without.includes(name));
  const numbers = rest.filter(({ guess }) => guess.kind === "number").map(({ name }) => name);
  const categories = rest.flatMap(({ name, guess }) =>
    guess.kind === "category" ? [`      ${text(name)}: ${list(guess.values)}`] : [],
  );
  const unused = rest.flatMap(({ name, guess }) =>
    guess.kind === "none"
      ? [
          `    # left out: ${text(name)} (${guess.why}${guess.text === true ? `; if its words matter: text: { ${text(name)}: { buckets: 1024 } }` : ""})`,
        ]
      : [],
  );
  const vectors = rest.flatMap(({ name, guess }) =>
    guess.kind === "vector" ? [`    vector: { column: ${text(name)}, size: ${guess.size} }`] : [],
  );
  if (numbers.length + categories.length + vectors.length === 0)
    throw new TributaryError(
      "invalid-option",
      `Nothing to predict ${target} from: no other column holds numbers or categories`,
    );
  const incomplete = inspection.columns.some(({ missing }) => missing > 0);

  return [
    `# yaml-language-server: $schema=${options.schema}`,
    `# Written by "tributary ${command}" from ${inspection.rows} rows. Every line is a guess to be corrected; "tributary check" says whether data fit.`,
    "tributary: 1",
    `name: ${options.name}`,
    "seed: 1 # all chance comes from it: same seed, same model",
    "data:",
    ...(options.format === undefined ? [] : [`  format: ${options.format}`]),
    ...(options.delimiter === undefined || options.delimiter === ","
      ? []
      : [`  delimiter: ${JSON.stringify(options.delimiter)}`]),
    ...(options.header === undefined
      ? []
      : [`  header: ${list(options.header)} # the files do not name their columns`]),
    "  features:",
    ...(numbers.length === 0 ? [] : [`    numeric: ${list(numbers)}`]),
    ...(categories.length === 0
      ? []
      : ["    categorical: # every category any client has, so that all encode alike", ...categories]),
    ...vectors.map((line, i) => (i === 0 ? line : `    # ${line.trim()}: only one may be used`)),
    ...unused,
    "  targets:",
    `    goal: { column: ${text(target)}${goal.rule} } # ${goal.comment}`,
    ...(goal.targets ?? []).map((line) => `    ${line}`),
    ...(incomplete
      ? [
          `  missing: { ${inspection.tokens.length > 0 ? `token: ${list(inspection.tokens)}, ` : ""}features: mean, targets: drop-row } # or features: drop-row`,
        ]
      : []),
    "  standardize: global # global | per-client | none; stored with the model",
    `  split: { test: 0.2${goal.stratify ? ", stratify: goal" : ""} } # held out inside each client`,
    "model:",
    "  trunk: { kind: linear } # or { kind: mlp, units: [32, 32] }",
    `  heads: { goal: ${goal.outputs} }`,
    ...(goal.initial === undefined ? [] : [`  initial: { kind: ${goal.initial} }`]),
    "objectives:",
    `  goal: { ${goal.bound ?? "head: goal, target: goal"}, loss: ${goal.loss} }${goal.because === undefined ? "" : ` # ${goal.because}`}`,
    ...(goal.alternatives ?? []).map((alternative) => `  # or loss: ${alternative}`),
    ...(lambda === undefined ? [] : [`regularizers: [{ kind: l2, lambda: ${lambda}, parameters: "*/weight" }]`]),
    "federation:",
    "  mode: update # gradient: one exact step a round, whatever the sharding",
    "  rounds: 50",
    "  clients: { select: all } # or { select: { fraction: 0.1 } }",
    `  local: { optimizer: { kind: sgd, learningRate: ${learningRate} }, epochs: 1, batchSize: ${goal.batchSize ?? "16"} }${options.rateBecause === undefined ? "" : ` # ${options.rateBecause}`}`,
    "evaluation:",
    "  everyRounds: 5",
    ...(goal.metrics.length === 0 ? [] : [`  metrics: { goal: [${goal.metrics.join(", ")}] }`]),
    "stop: { watch: goal/test/loss, patience: 5 }",
    "simulation: # only `tributary simulate` reads this",
    ...clientLines(clients),
    "",
  ].join("\n");
}

function clientLines(clients: DraftClients): string[] {
  if ("files" in clients)
    return ["  clients:", ...Object.entries(clients.files).map(([name, file]) => `    ${name}: ${text(file)}`)];
  const partition =
    "by" in clients
      ? `{ kind: natural, column: ${text(clients.by)} } # one client for each value`
      : `{ kind: iid, clients: ${clients.count} }`;
  return [`  data: ${text(clients.file)}`, `  partition: ${partition}`];
}

function goalOf({ name, guess, values }: InspectedColumn): DraftGoal {
  if (guess.kind === "none") throw new TributaryError("invalid-option", `Cannot predict ${name}: ${guess.why}`);
  if (guess.kind === "vector")
    throw new TributaryError("invalid-option", `Cannot predict ${name}: each row of it is ${guess.size} numbers`);
  if (values?.length === 2) {
    const positive = values[1]!;
    return {
      rule: `, equals: ${text(positive)}`,
      comment: `1 where it is ${positive}, else 0`,
      outputs: 1,
      loss: "bce-with-logits",
      metrics: ["accuracy", "auc"],
      stratify: true,
    };
  }
  if (guess.kind === "category") {
    return {
      rule: `, classes: ${list(guess.values)}`,
      comment: "or levels, when they have an order",
      outputs: guess.values.length,
      loss: "softmax-cross-entropy",
      metrics: ["accuracy"],
      stratify: true,
    };
  }
  return {
    rule: "",
    comment: "a number; transform: log1p learns log(1 + x)",
    outputs: 1,
    loss: "mse",
    metrics: ["rmse", "r2"],
    stratify: false,
  };
}

function columnNamed({ columns }: Inspection, name: string): InspectedColumn {
  const names = columns.map((column) => column.name);
  const found = columns[names.indexOf(name)];
  if (found === undefined) throw new TributaryError("invalid-option", `No column "${name}": ${hint(name, names)}`);
  return found;
}

/** Values inside a flow list, quoted where YAML needs it. */
export const list = (values: readonly string[]): string => `[${values.map(text).join(", ")}]`;

/** A text as YAML reads it back inside a flow: plain where that is safe, quoted otherwise. Numbers stay numbers. */
export function text(value: string): string {
  const plain =
    /^[A-Za-z_./][\w./ +-]*$/.test(value) &&
    !value.endsWith(" ") &&
    !/^(true|false|null|yes|no|on|off|y|n|nan|\.nan|\.inf)$/i.test(value);
  const number = /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value);
  return plain || number ? value : JSON.stringify(value);
}
