/** `tributary combine`: every way to weigh objectives, tried from the shell on gradients of one's own, and listed. */
import { TributaryError } from "../shared/errors.ts";
import { weightings } from "../shared/objectives/catalogue.ts";
import { answerCombine, listedMethod, methodOf, type CombineAnswer } from "../shared/objectives/combine-request.ts";
import type { Method } from "../shared/objectives/define-weighting.ts";
import type { Colours } from "./colours.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { answerLines } from "./request-lines.ts";
import { table } from "./table.ts";

/** Shown under `tributary combine --help`. */
export const combineHelp = `
  tributary combine --list                              every method; with --json one line each, with its options
  tributary combine --jacobian "-4,1,1;6,1,1"           what each of them makes of these gradients, one row per objective
  tributary combine mgda cagrad --jacobian "-4,1,1;6,1,1" --losses 1,2
  tributary combine --json < requests                   one request per line, one answer per line:
      {"method":"cagrad","options":{"c":0.5},"jacobian":[[-4,1,1],[6,1,1]],"losses":[1,2],"state":null}

  The state of an answer belongs into the next request of its method. Losses that are left out count 1.`;

export interface CombineFlags {
  readonly jacobian?: number[][];
  readonly losses?: number[];
  readonly list?: boolean;
  readonly json?: boolean;
}

export async function combineCommand(
  names: readonly string[],
  flags: CombineFlags,
  help: () => void,
  context: Context,
): Promise<number> {
  const { jacobian, losses, json = false } = flags;
  if (flags.list === true) context.stdout.write(listOf(json, context.colours));
  else if (jacobian !== undefined || losses !== undefined) {
    const methods = names.length === 0 ? Object.values<Method>(weightings) : names.map(methodOf);
    const given = { ...(jacobian && { jacobian }), ...(losses && { losses }) };
    const answers = methods.map((method) => answerTo({ method: method.name, ...given }));
    if (json) for (const answer of answers) print(context, JSON.stringify(answer));
    else print(context, answerTable(methods, answers, context.colours));
  } else if (json && context.stdin !== undefined)
    await answerLines(context.stdin, context.stdout, "cli/combine-worker.js");
  else {
    help();
    return exitCodes.usage;
  }
  return exitCodes.done;
}

/** Numbers by commas: `1,2`. */
export function numbersOf(text: string): number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw new TributaryError("invalid-option", `Expected numbers separated by commas, got "${text}"`);
}

/** Rows by semicolons: `-4,1,1;6,1,1`. */
export const rowsOf = (text: string): number[][] => text.split(";").map(numbersOf);

function answerTo(request: unknown): CombineAnswer | { readonly error: string } {
  try {
    return answerCombine(request);
  } catch (error) {
    if (error instanceof TributaryError) return { error: error.message };
    return { error: `this request cannot be answered: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function answerTable(
  methods: readonly Method[],
  answers: readonly (CombineAnswer | { readonly error: string })[],
  { dim }: Colours,
): string {
  const shown = (numbers: readonly number[] | null): string =>
    numbers === null ? "–" : numbers.slice(0, 8).map(short).join("  ") + (numbers.length > 8 ? "  …" : "");
  const rows = methods.map(({ name }, i) => {
    const answer = answers[i]!;
    if ("error" in answer) return [name, answer.error, ""];
    const status = answer.status === undefined ? "" : ` (${answer.status})`;
    return [name, shown(answer.weights), shown(answer.direction) + status];
  });
  return table(["method", "weights", "direction"].map(dim), rows, ["left", "left", "left"]);
}

const short = (x: number): string =>
  x === 0 ? "0" : Math.abs(x) >= 1e5 || Math.abs(x) < 1e-4 ? x.toExponential(3) : x.toFixed(4);

function listOf(json: boolean, { dim }: Colours): string {
  const methods = Object.values<Method>(weightings);
  if (json) return methods.map((method) => `${JSON.stringify(listedMethod(method))}\n`).join("");
  const rows = methods.map(({ name, needs, options, summary }) => [
    name,
    needs,
    Object.keys(options.shape).join(", "),
    summary,
  ]);
  return `${table(["method", "from", "options", ""].map(dim), rows, ["left", "left", "left", "left"])}\n`;
}
