/** A tried loss as people read it: the units and slopes row by row, then the sums, then what becomes of them. */
import type { TrialAnswer } from "../shared/objectives/trial-answer.ts";
import type { TrialRequest } from "../shared/objectives/trial-request.ts";
import { numberOf, type TensorJson } from "../shared/objectives/trial-tensor.ts";
import { sentence } from "../shared/losses/doc-block.ts";
import type { InputValues } from "../shared/losses/inputs.ts";
import type { Colours } from "./colours.ts";
import { decimal, whole } from "./format.ts";
import type { LossDocument } from "./loss-documents.ts";
import { table } from "./table.ts";

/** More rows than this are left out of the table. */
const mostRows = 40;
const mostNumbers = 12; // in one cell
const firstNumbers = 5; // of more

interface Column {
  readonly heading: string;
  /** The numbers of each row. */
  readonly rows: readonly (readonly number[])[];
  readonly show: (x: number) => string;
}

/** What is no number is said to be none: a dash would look like nothing at all. */
const number = (x: number): string => (Number.isNaN(x) ? "NaN" : decimal(x));

export function trialTable(
  { loss, batch, weights, precision }: TrialRequest,
  answer: TrialAnswer,
  document: LossDocument,
  colours: Colours,
): string {
  const rows = weights.length;
  const given = Object.entries(batch).map(([name, values]) => column(name, values, rows));
  const weight = weights.every((w) => w === 1)
    ? []
    : [{ heading: "weight", rows: weights.map((w) => [w]), show: number }];
  const units = answer.perUnit === null ? [] : [column("loss", answer.perUnit, rows)];
  const slopes = Object.entries(answer.grad).map(([name, values]) => column(`∂num/∂${name}`, values, rows));
  const columns = [...given, ...weight, ...units, ...slopes];
  const heading = ["row", ...columns.map((one) => one.heading)].map((word) => colours.dim(word));
  const cells = Array.from({ length: Math.min(rows, mostRows) }, (_, row) => [
    String(row),
    ...columns.map((one) => few(one.rows[row] ?? [], one.show)),
  ]);
  const lines = [
    `\n  ${colours.bold(loss.name)} · ${sentence(document)}`,
    `  ${colours.dim(optionsLine(loss.options, precision))}\n`,
    table(heading, cells),
    ...(rows > mostRows ? [`  … and ${whole(rows - mostRows)} rows more`] : []),
    "",
    ...sumsTable(answer, colours),
    table(
      ["num", "den", "value", "count", "ignored"].map((word) => colours.dim(word)),
      [
        [
          number(numberOf(answer.num)),
          number(numberOf(answer.den)),
          answer.value === null ? colours.yellow("empty") : colours.bold(number(numberOf(answer.value))),
          whole(answer.count),
          whole(answer.ignored),
        ],
      ],
      ["right", "right", "right", "right", "right"],
    ),
    colours.dim(`
  ${meaning(loss)}`),
  ];
  return lines.join("\n");
}

const meaning = ({ kind, measure, unit }: TrialRequest["loss"]): string =>
  kind === "two-phase"
    ? `value = F(S), in ${measure}; num is F(S), den 1`
    : `value = num / den, in ${measure} per ${unit}`;

function optionsLine(options: unknown, precision: string): string {
  const entries = Object.entries(options as Readonly<Record<string, unknown>>);
  return [...entries.map(([name, value]) => `${name} ${JSON.stringify(value)}`), precision].join(" · ");
}

function column(heading: string, { data, dtype }: TensorJson | InputValues, rows: number): Column {
  const width = rows === 0 ? 0 : data.length / rows;
  const numbers = data.map((x) => numberOf(x) + 0);
  return {
    heading,
    rows: Array.from({ length: rows }, (_, row) => numbers.slice(row * width, (row + 1) * width)),
    show: dtype === "index" ? whole : number,
  };
}

/** Numbers side by side; of many the first, and how many there are. */
function few(numbers: readonly number[], show = number): string {
  const many = numbers.length > mostNumbers;
  const shown = numbers
    .slice(0, many ? firstNumbers : mostNumbers)
    .map(show)
    .join(" ");
  return many ? `${shown} … (${whole(numbers.length)})` : shown;
}

/** S and λ = ∂F/∂S of a two-phase loss, sum by sum. */
function sumsTable({ sums, multipliers }: TrialAnswer, colours: Colours): string[] {
  if (sums === undefined || multipliers === undefined) return [];
  const width = sums.data.length / sums.names.length;
  const cells = ({ data }: TensorJson, i: number): string => few(data.slice(i * width, (i + 1) * width).map(numberOf));
  const rows = sums.names.map((name, i) => [name, cells(sums, i), cells(multipliers, i)]);
  return [
    table(
      ["sum", "S", "λ = ∂F/∂S"].map((word) => colours.dim(word)),
      rows,
    ),
    "",
  ];
}
