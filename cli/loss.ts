/** `tributary loss`: every loss tried from the shell, listed, and explained. */
import { TributaryError } from "../shared/errors.ts";
import { losses } from "../shared/losses/catalogue.ts";
import { exampleBatch, exampleOptions } from "../shared/losses/example.ts";
import type { Loss } from "../shared/losses/loss.ts";
import { closest } from "../shared/experiment/suggest.ts";
import { decodeTrial, type TrialRequest } from "../shared/objectives/trial-request.ts";
import { print, type Context } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { readArguments, requestOf, type Typed } from "./loss-arguments.ts";
import { lossTrials } from "./loss-engines.ts";
import { answerLines } from "./request-lines.ts";
import { listOf, listedLoss } from "./loss-list.ts";
import { documentation } from "./loss-documents.ts";
import { pageText, typedExample } from "./loss-page.ts";
import { trialTable } from "./loss-table.ts";

export async function lossCommand(args: readonly string[], help: () => void, context: Context): Promise<number> {
  const typed = readArguments(args);
  const { flags, words } = typed;
  const [name, ...rest] = words;
  if (rest.length > 0) throw new TributaryError("invalid-option", `Expected one loss, got ${words.join(" ")}`);
  if (name !== undefined) answer(lossOf(name), typed, context);
  else if (flags.help) help();
  else if (flags.list) context.stdout.write(listOf(flags.json, context.colours));
  else if (flags.json && context.stdin !== undefined)
    await answerLines(context.stdin, context.stdout, "cli/loss-worker.js");
  else {
    help();
    return exitCodes.usage;
  }
  return exitCodes.done;
}

/** Throws "unknown-name" with the loss that was probably meant. */
function lossOf(name: string): Loss {
  const known: Readonly<Record<string, Loss>> = losses;
  if (Object.hasOwn(known, name)) return known[name]!;
  const near = closest(name, Object.keys(known));
  const advice = near === undefined ? "tributary loss --list shows them all" : `did you mean ${near}?`;
  throw new TributaryError("unknown-name", `There is no loss ${name}: ${advice}`);
}

function answer(loss: Loss, typed: Typed, context: Context): void {
  const { flags, values } = typed;
  const document = documentation(loss);
  if (flags.help) {
    print(context, pageText(loss, document, context));
    return;
  }
  if (values.length === 0 && flags.json) {
    print(context, JSON.stringify(listedLoss(loss)));
    return;
  }
  const drawn = values.length === 0;
  const request = drawn ? exampleOf(loss) : decodeTrial(requestOf(loss, typed));
  const answered = lossTrials()(request);
  if (flags.json) print(context, JSON.stringify(answered));
  else print(context, trialTable(request, answered, document, context.colours));
  if (drawn) print(context, typedExample(loss, request.batch, context));
}

/** A drawn batch, for a loss that was only named. */
function exampleOf(loss: Loss): TrialRequest {
  const bound = loss.bind(exampleOptions(loss));
  const batch = exampleBatch(bound);
  const rows = Object.values(batch)[0]!.shape[0]!;
  return { loss: bound, batch, weights: new Array<number>(rows).fill(1), precision: "float64" };
}
