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
