/**
 * What looks wrong about tables before anybody has trained on them: a row that was taken for the names of the columns, cells that
 * were parted at the wrong sign, names that stand among the rows. Hints for a person, never refusals.
 */
import type { ColumnFacts } from "./column-facts.ts";
import { plainNumber } from "./schema.ts";

export interface Reading {
  /** Whether the columns' names are from the first line, or were made up. */
  readonly named: boolean;
  readonly delimiter: string;
}

/** One sentence for each suspicion, the gravest first. `files` is how many were read. */
export function suspicionsOf(facts: readonly ColumnFacts[], { named, delimiter }: Reading, files: number): string[] {
  return [...wrongDelimiter(facts, delimiter), ...(named ? rowsAsNames(facts, files) : namesAsRows(facts, files))];
}

/** A single column in whose name and cells another sign stands again and again. */
function wrongDelimiter(facts: readonly ColumnFacts[], delimiter: string): string[] {
  const [only] = facts;
  if (facts.length !== 1 || only!.texts === 0 || only!.values === null) return [];
  const cells = only!.values.map(([value]) => value);
  const found = [";", "\t", "|", ",", ":", " "].find(
    (sign) => sign !== delimiter && cells.every((cell) => cell.split(sign).length > 1 && sameParts(cells, sign)),
  );
  if (found === undefined) return [];
  const name = found === "\t" ? "a tab" : found === " " ? "a space" : `"${found}"`;
  return [
    `there is one column only, and ${name} stands in each of its cells: is that what parts them? Commas, semicolons, tabs and | are tried; anything else is to be named in data.delimiter`,
  ];
}

const sameParts = (cells: readonly string[], sign: string): boolean =>
  new Set(cells.map((cell) => cell.split(sign).length)).size === 1;

/** A column is called as its own cells are, or by a number: its name is rather a cell of a first row without names. */
function rowsAsNames(facts: readonly ColumnFacts[], files: number): string[] {
  const repeated = facts.filter(({ name, values }) => values?.some(([value]) => value === name) === true);
  if (repeated.length === 0) return [];
  const once = repeated.every(({ name, values }) => values!.some(([value, times]) => value === name && times <= files));
  if (once && repeated.length === facts.length)
    return ["the line of names stands once more among the rows: were files put together with their headers?"];
  const names = repeated
    .slice(0, 3)
    .map(({ name }) => `"${name}"`)
    .join(", ");
  return [
    `${names} ${repeated.length === 1 ? "names a column and is" : "name columns and are"} also found in their cells: is the first line a row, and are there no names? Then give the names in data.header`,
  ];
}

/** A column of numbers, but for one text a file: the first line holds names after all, of which some are numbers. */
function namesAsRows(facts: readonly ColumnFacts[], files: number): string[] {
  const headed = facts.filter(
    ({ count, texts, values }) =>
      count > 5 * files && texts > 0 && texts <= files && values?.some(([value]) => !plainNumber.test(value)) !== false,
  );
  if (headed.length === 0) return [];
  const names = headed
    .slice(0, 3)
    .map(({ name, values }) => {
      const text = values?.find(([value]) => !plainNumber.test(value))?.[0];
      return text === undefined ? name : `${name} but for "${text}"`;
    })
    .join(", ");
  return [
    `all cells are numbers in ${names}: is the first line one of names (or of sizes), rather than a row? Take it out, or give every column a name that is no number`,
  ];
}
