/** The page of a loss for a terminal: what it declares, and what its doc block says. */
import type { Drawn, InputValues } from "../shared/losses/inputs.ts";
import { documentedOptions, wordsOf } from "../shared/losses/doc-block.ts";
import { describeLoss, optionWords, type DescribedInput } from "../shared/losses/description.ts";
import type { Loss } from "../shared/losses/loss.ts";
import { meanOf, reachOf, signsIn } from "../shared/losses/page.ts";
import type { Context } from "./context.ts";
import type { LossDocument } from "./loss-documents.ts";
import { exampleBatch, exampleOptions } from "../shared/losses/example.ts";
import { table } from "./table.ts";

export function pageText(loss: Loss, document: LossDocument, context: Context): string {
  const { bold, dim } = context.colours;
  const { sections } = document;
  const description = describeLoss(loss);
  const section = (title: string, lines: readonly string[] = []): string[] =>
    lines.length === 0 ? [] : ["", `  ${bold(title)}`, ...lines.map((line) => `    ${line}`)];
  const lines = [
    "",
    `  ${bold(loss.name)} ${dim(`version ${loss.version} · ${document.family} · ${loss.kind} · in ${loss.measure}`)}`,
    "",
    `  ${document.summary}`,
    "",
    ...document.formula.map((line) => `      ${line}`),
    ...signsIn(document.formula, description.options).map((line) => dim(`      ${line}`)),
    ...section("shapes", sections.shapes),
    ...section("inputs", grid(Object.entries(description.inputs).map(inputRow))),
    ...section("mean", meanOf(loss)),
    ...section("options", grid(optionRows(loss, document))),
    ...section("facts", sections.facts),
    ...section("when to use it", sections.when),
    ...section("refuses", sections.throws),
    ...section("cost", sections.cost),
    ...section("source", sections.source),
    ...section("notes", document.notes),
  ];
  const batch = exampleBatch(loss.bind(exampleOptions(loss)));
  return [...lines, typedExample(loss, batch, context)].join("\n");
}

const grid = (rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0
    ? []
    : table(
        [],
        rows,
        rows[0]!.map(() => "left" as const),
      )
        .split("\n")
        .map((line) => line.slice(2));

const inputRow = ([name, { from, optional, forms }]: readonly [string, DescribedInput]): string[] => [
  name,
  from === "model" ? "from the model" : "from the data",
  formsText(forms) + reachOf(forms[0]?.within) + (optional ? ", may be left out" : ""),
];

/** Forms that hold the same, together: "binary [batch] or [batch, classes]". */
const formsText = (forms: DescribedInput["forms"]): string =>
  forms
    .map(({ holds, axes }, i) => `${holds === forms[i - 1]?.holds ? "" : `${holds} `}[${axes.join(", ")}]`)
    .join(" or ");

function optionRows(loss: Loss, document: LossDocument): string[][] {
  const { options } = describeLoss(loss);
  const documented = documentedOptions(document, Object.keys(options));
  return Object.entries(options).map(([name, schema]) => {
    const entry = documented.find(({ names }) => names.includes(name));
    const value = schema.default === undefined ? entry?.default : JSON.stringify(schema.default);
    return [
      name,
      value === undefined ? optionWords(schema) : `${optionWords(schema)} (${value})`,
      entry === undefined ? "" : wordsOf(entry),
    ];
  });
}

/** The command that tries these numbers. */
export function typedExample(loss: Loss, batch: Drawn, { colours, self }: Context): string {
  const options = Object.entries(exampleOptions(loss)).map(([name, value]) => `--${name} ${typedOption(value)}`);
  const flags = Object.entries(batch).map(([name, values]) => `--${name} ${typedTensor(values)}`);
  return `\n  ${colours.bold("try it")}\n    ${self} loss ${loss.name} ${[...flags, ...options].join(" ")}`;
}

function typedOption(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? `'${JSON.stringify(value)}'` : JSON.stringify(value);
}

function typedTensor({ shape, data }: InputValues): string {
  const cells = data.map(String);
  if (shape.length === 1) return cells.join(",");
  if (shape.length > 2) return `"${JSON.stringify(nested(shape, data))}"`;
  const width = shape[1]!;
  const rows = Array.from({ length: shape[0]! }, (_, row) => cells.slice(row * width, (row + 1) * width).join(","));
  return `"${rows.join(";")}"`;
}

function nested(shape: readonly number[], data: readonly number[]): unknown {
  if (shape.length === 1) return data;
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nested(shape.slice(1), data.slice(i * size, (i + 1) * size)));
}
