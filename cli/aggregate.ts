/** `tributary aggregate`: robust rules, the steps before them and attacks, tried on given updates. */
import { text } from "node:stream/consumers";
import { aggregationList, answerAggregation, type AggregationAnswer } from "../server/aggregation/trial.ts";
import { TributaryError } from "../shared/errors.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { answerLines } from "./request-lines.ts";
import { table } from "./table.ts";

export interface AggregateFlags {
  readonly list?: true;
  readonly json?: true;
}

export async function aggregateCommand(flags: AggregateFlags, help: () => void, context: Context): Promise<number> {
  if (flags.list === true) print(context, listOf(flags.json === true, context));
  else if (context.stdin === undefined || ("isTTY" in context.stdin && context.stdin.isTTY)) {
    help();
    return exitCodes.usage;
  } else if (flags.json === true) await answerLines(context.stdin, context.stdout, "cli/aggregate-worker.js");
  else print(context, tableOf(answerAggregation(requestOf(await text(context.stdin))), context));
  return exitCodes.done;
}

function requestOf(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch (cause) {
    throw new TributaryError("invalid-option", `Expected one request as JSON, got: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function listOf(json: boolean, { colours }: Context): string {
  if (json) return aggregationList.map((one) => JSON.stringify(one)).join("\n");
  const rows = aggregationList.map(({ rule, kind, params }) => [rule, kind, Object.keys(params).join(", ")]);
  return table(["", colours.dim("is"), colours.dim("parameters")], rows, ["left", "left", "left"]);
}

function tableOf({ rule, value, selected, scores }: AggregationAnswer, { colours }: Context): string {
  const rows = value.map((one, i) => [String(i), typeof one === "number" ? show(one) : one.map(show).join("  ")]);
  const found = table([colours.bold(rule), colours.dim("value")], rows, ["right", "left"]);
  const chosen = selected === null ? "every row has a part in it" : `made of rows ${selected.join(", ")}`;
  const scored = scores === undefined ? [] : [`scores ${scores.map(show).join("  ")}`];
  return [found, chosen, ...scored].join("\n");
}

const show = (value: number): string => String(Number(value.toPrecision(10)));
