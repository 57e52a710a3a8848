/**
 * What was typed after `tributary loss NAME`, as a request: `--prediction 1,2,3 --target 0,0,0 --weight 1,1,2 --delta 2`. Inputs
 * and options of the loss are flags of their own names, in camel or kebab case (`--pos-weight 2`); rows of a matrix end in ";".
 */
import { TributaryError } from "../shared/errors.ts";
import { optionNames } from "../shared/experiment/decode-options.ts";
import { hint } from "../shared/experiment/suggest.ts";
import { formsOf, type InputSpecs } from "../shared/losses/inputs.ts";
import type { Loss } from "../shared/losses/loss.ts";
import { inputsUnder } from "../shared/objectives/trial-request.ts";

/** The flags of the command itself; none of them takes a value but precision. */
export interface LossFlags {
  readonly list: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly precision?: string;
}

export interface Typed {
  readonly flags: LossFlags;
  /** The words that are no flags: the name of a loss, if any. */
  readonly words: readonly string[];
  /** `--name value` of everything else, as it was typed; `true` for a flag without a value. */
  readonly values: readonly (readonly [name: string, text: string | true])[];
}

const switches = ["list", "json", "help"] as const;

/** Takes the words apart. A value may follow after a space or "=", and may begin with a minus. */
export function readArguments(args: readonly string[]): Typed {
  const words: string[] = [];
  const on = new Set<string>();
  const values: (readonly [string, string | true])[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const flag = word === "-h" ? ["", "help"] : /^--([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word);
    if (flag === null) words.push(word);
    else if ((switches as readonly string[]).includes(flag[1]!)) on.add(flag[1]!);
    else if (flag[2] !== undefined) values.push([flag[1]!, flag[2]]);
    else if (args[i + 1] === undefined || /^--[A-Za-z]/.test(args[i + 1]!)) values.push([flag[1]!, true]);
    else values.push([flag[1]!, args[++i]!]);
  }
  const precision = values.find(([name]) => name === "precision")?.[1];
  return {
    flags: {
      list: on.has("list"),
      json: on.has("json"),
      help: on.has("help"),
      ...(precision !== undefined && { precision: String(precision) }),
    },
    words,
    values: values.filter(([name]) => name !== "precision"),
  };
}

const camel = (name: string): string => name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The request that was typed for a loss. Throws "invalid-option" with every flag it does not know. */
export function requestOf(loss: Loss, { values, flags }: Typed): object {
  const inputs: Record<string, unknown> = {};
  const problems: string[] = [];
  const known = optionNames(loss.options);
  const isOption = (name: string): boolean => known.includes(name) && !(name in loss.inputs);
  const named = values.map(([typed, text]) => ({ typed, name: camel(typed), text }));
  const options = Object.fromEntries(
    named.filter(({ name }) => isOption(name)).map(({ name, text }) => [name, optionOf(text)]),
  );
  const specs = inputsUnder(loss, options);
  const inputNames = [...Object.keys(specs), "weight"];
  for (const { typed, name, text } of named) {
    if (inputNames.includes(name)) {
      const tensor = tensorOf(text);
      if (tensor === undefined)
        problems.push(
          `--${typed}: expected numbers like 1,2,3 or rows like "1,2;3,4", got ${text === true ? "none" : JSON.stringify(text)}`,
        );
      else inputs[name] = fitted(specs, name, tensor);
    } else if (!isOption(name))
      problems.push(
        `--${typed} is neither an input nor an option of ${loss.name}: ${hint(name, [...inputNames, ...known])}`,
      );
  }
  if (problems.length > 0) throw new TributaryError("invalid-option", problems.join("\n"));
  return { loss: loss.name, options, inputs, precision: flags.precision ?? "float64" };
}

interface TypedTensor {
  readonly dtype: "float" | "int";
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Numbers with commas or spaces between, rows with ";" between, or nested JSON lists for more axes. */
function tensorOf(text: string | true): TypedTensor | undefined {
  if (text === true) return undefined;
  const nested = text.trim().startsWith("[") ? jsonOf(text) : rowsOf(text);
  return nested === undefined ? undefined : flattened(nested);
}

function rowsOf(text: string): unknown {
  const rows = text.replace(/;\s*$/, "").split(";");
  const cells = rows.map((row) =>
    row
      .trim()
      .split(/\s*,\s*|\s+/)
      .map((cell) => number(cell)),
  );
  return text.includes(";") ? cells : cells[0];
}

const number = (cell: string): number | string | undefined => {
  const name = { nan: "NaN", infinity: "Infinity", inf: "Infinity", "-infinity": "-Infinity", "-inf": "-Infinity" }[
    cell.toLowerCase()
  ];
  if (name !== undefined) return name;
  return cell === "" || !Number.isFinite(Number(cell)) ? undefined : Number(cell);
};

function flattened(nested: unknown): TypedTensor | undefined {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  const isEven = (part: unknown, axis: number): boolean =>
    axis === shape.length
      ? typeof part === "number" || typeof part === "string"
      : Array.isArray(part) && part.length === shape[axis] && part.every((one) => isEven(one, axis + 1));
  if (shape.length === 0 || shape.length > 8 || !isEven(nested, 0)) return undefined;
  const data = (nested as unknown[]).flat(shape.length) as (number | string)[];
  return { dtype: data.every(Number.isInteger) ? "int" : "float", shape, data };
}

/** A single row where the loss wants rows is a batch of one: `--prediction 2,0,1 --target 0`. */
function fitted(specs: InputSpecs, name: string, tensor: TypedTensor): TypedTensor {
  const forms = formsOf(specs[name] ?? []);
  const wantsRows = forms.length > 0 && forms.every(({ axes }) => axes.length === 2 && !axes.includes("…"));
  const isRow = tensor.shape.length === 1 && wantsRows;
  return isRow ? { ...tensor, shape: [1, ...tensor.shape] } : tensor;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** true, false, null, a number, a list with commas, JSON, or else a word. */
function optionOf(text: string | true): unknown {
  if (text === true) return true;
  const json = jsonOf(text);
  if (json !== undefined) return json;
  if (!text.includes(",")) return text;
  return text.split(",").map((cell) => jsonOf(cell.trim()) ?? cell.trim());
}
