/** What there is to learn about a target: guessed from its values where nobody says. */
import { codes, inspectFacts, mostCategories, type InspectedColumn } from "../data/inspect.ts";
import type { ColumnFacts } from "../data/column-facts.ts";
import { deviationOf, meanOf } from "../data/summary.ts";
import { TributaryError } from "../errors.ts";
import { hint } from "../experiment/suggest.ts";
import { Sketch, type SketchState } from "./sketch.ts";
import type { Task } from "./tasks.ts";

/** What is asked about a data set. */
export interface Question {
  readonly target: string;
  readonly task?: Task | undefined;
  /** For survival: the column that says whether the time is that of an event. */
  readonly event?: string | undefined;
  /** For ranking: the column of the lists (queries, users) in which rows compete. */
  readonly group?: string | undefined;
  /** The column whose values are the clients; several files are a client each. */
  readonly by?: string | undefined;
}

export interface SettledTask {
  readonly task: Task;
  /** Why it is taken for that; "as you say" where it was said. */
  readonly because: string;
  readonly facts: ColumnFacts;
}

/** Throws "invalid-option" for columns there are not, targets there is nothing to learn about, and tasks that do not fit. */
export function settleTask(
  columns: readonly ColumnFacts[],
  sketches: Readonly<Record<string, SketchState>>,
  { target, task, event, group }: Question,
): SettledTask {
  const facts = columnOf(columns, target);
  const [inspected] = inspectFacts([facts]).columns;
  mustBeLearnable(facts, inspected!);
  if (event !== undefined && columnOf(columns, event).values?.length !== 2)
    refuse(`--event ${event}: expected a column of two values, ${describeValues(columnOf(columns, event))}`);
  if (task !== undefined) {
    mustFit(task, facts, { event, group });
    return { task, because: "as you say", facts };
  }
  if (event !== undefined)
    return { task: "survival", because: `${event} says whether the time is that of an event`, facts };
  if (group !== undefined) return { task: "ranking", because: `rows compete within each ${group}`, facts };
  return { ...guess(facts, inspected!, Sketch.fromJSON(sketches[target] ?? [])), facts };
}

/** Throws "invalid-option" for a column that is asked for and not there. */
export function mustName(columns: readonly ColumnFacts[], { target, event, group, by }: Question): void {
  for (const name of [target, event, group, by]) if (name !== undefined) columnOf(columns, name);
}

/** The classes of a target that has few values, in order. */
export const classesOf = (facts: ColumnFacts): readonly string[] => inspectFacts([facts]).columns[0]!.values ?? [];

function guess(facts: ColumnFacts, { values }: InspectedColumn, sketch: Sketch): Omit<SettledTask, "facts"> {
  const { name, texts, fractions, numbers } = facts;
  if (values?.length === 2) return { task: "binary", because: `two values, ${values.join(" and ")}` };
  if (texts > 0) return { task: "classes", because: `${values!.length} different texts` };
  const whole = fractions === 0;
  if (whole && values !== undefined && values.length <= codes.most) {
    const levels = values.map(Number);
    const inSteps = levels.every((level, i) => i === 0 || level === levels[i - 1]! + 1);
    const telling = /rating|grade|stars?$|score|level|stage|quality|severity/i.test(name);
    if (inSteps && (telling || (levels.length >= 4 && levels.length <= 7)))
      return { task: "ordinal", because: `${levels.length} whole levels, ${levels[0]!} to ${levels.at(-1)!}` };
    return { task: "classes", because: `only ${values.length} different whole numbers` };
  }
  const [mean, deviation] = [meanOf(numbers), deviationOf(numbers, 0)];
  const dispersion = (deviation * deviation) / mean;
  const skewed = (mean - sketch.quantile(0.5)) / deviation > 0.15;
  const { least, greatest } = numbers;
  if (whole && least! >= 0 && greatest! < 1e6 && (dispersion <= 3 || (least! <= 2 && dispersion <= 1000 && skewed)))
    return {
      task: "count",
      because: `whole numbers from ${least!}, with the mean ${shown(mean)} and a long upper tail`,
    };
  return { task: "regression", because: whole ? "whole numbers, but no counts" : "numbers that are not whole" };
}

function mustBeLearnable(
  { name, count, missing, texts, values: found, shape }: ColumnFacts,
  { guess }: InspectedColumn,
): void {
  const cannot = (why: string): never => refuse(`Cannot learn about ${name}: ${why}`);
  if (shape.length > 0) cannot("each row of it is several numbers");
  if (count === 0) cannot(missing === 0 ? "there are no rows" : `it is missing in all ${missing} rows`);
  if (found?.length === 1) cannot(`it is ${found[0]![0]} in every row`);
  if (guess.kind === "none" && texts > 0) cannot(`${guess.why}, of which at most ${mostCategories} could be classes`);
}

function mustFit(task: Task, facts: ColumnFacts, { event, group }: Pick<Question, "event" | "group">): void {
  const { name, texts, fractions, values, numbers } = facts;
  const cannot = (expected: string): never => refuse(`--task ${task}: expected ${expected}, ${describeValues(facts)}`);
  const classes = classesOf(facts).length;
  if (task === "binary" && classes !== 2) cannot(`two different values in ${name}`);
  if ((task === "classes" || task === "ordinal") && classes === 0)
    cannot(`at most ${mostCategories} different values in ${name}`);
  if (["regression", "count", "survival", "ranking"].includes(task) && texts > 0) cannot(`numbers in ${name}`);
  if (task === "count" && (fractions > 0 || numbers.least! < 0)) cannot(`whole numbers of at least 0 in ${name}`);
  if (task === "survival" && event === undefined) refuse("--task survival: name the column of events with --event");
  if (task === "survival" && numbers.least! < 0) cannot(`times of at least 0 in ${name}`);
  if (task === "ranking" && group === undefined) refuse("--task ranking: name the column of lists with --group");
  if (values?.length === 1) cannot("more than one value");
}

function columnOf(columns: readonly ColumnFacts[], name: string): ColumnFacts {
  const names = columns.map((column) => column.name);
  return columns[names.indexOf(name)] ?? refuse(`No column "${name}": ${hint(name, names)}`);
}

function describeValues({ texts, values, numbers: { least, greatest }, fractions }: ColumnFacts): string {
  const several = values === null ? "very many" : values.length;
  if (texts > 0) return `got ${several} different values, such as ${values?.[0]?.[0] ?? "texts"}`;
  return `got ${several} different ${fractions > 0 ? "" : "whole "}numbers between ${least!} and ${greatest!}`;
}

/** A number with three significant digits, as an option of a loss takes it. */
export const brief = (value: number): number => Number(value.toPrecision(3));

/** A number as a sentence says it: 0.0123, 4.57, 189, 54,200; whole numbers in full. */
export function shown(value: number): string {
  const text = String(Math.abs(value) >= 1000 ? Math.round(value) : brief(value));
  return text.includes("e") ? text : text.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
}

function refuse(message: string): never {
  throw new TributaryError("invalid-option", message);
}
