/** A run as `tributary runs show` prints it: how it stands, whom it waits for, what has been adjusted, what it came to. */
import type { Operator } from "../client/rpc/operator.ts";
import { print, type Context } from "./context.ts";
import { decimal, duration } from "./format.ts";
import { table } from "./table.ts";

type Detail = Awaited<ReturnType<Operator["show"]>>;
type Standing = NonNullable<Detail["standing"]>;

export function printRun(id: string, detail: Detail, context: Context): void {
  const { summary, waiting, standing, adjustments, losses, modelHash } = detail;
  const { bold, dim } = context.colours;
  const status = summary === null ? "" : `${summary.status} · round ${summary.round} of ${summary.rounds}`;
  const end = summary !== null && standing === null && summary.explanation !== "" ? ` · ${summary.explanation}` : "";
  print(context, `\n  ${bold(id)} · ${status}${end}`);
  if (waiting !== "") print(context, `  ${waiting}`);
  if (standing !== null) printStanding(standing, context);
  for (const [objective, loss] of Object.entries(losses))
    print(context, `  ${objective}  training loss ${decimal(loss)}`);
  for (const one of adjustments) {
    const settings = one.settings.map(({ path, value }) => `${path}=${value}`).join(", ");
    print(context, `  ${dim("adjusted")} from round ${one.fromRound} by ${one.by}: ${settings}`);
  }
  if (modelHash !== "") print(context, `  model ${modelHash}`);
  print(context);
}

/** At most so many clients of a kind are listed; `--json` has all. */
const listed = 20;

function printStanding({ awaited, reported, left, turnedAway }: Standing, context: Context): void {
  const { dim } = context.colours;
  const rows = awaited
    .slice(0, listed)
    .map(({ client, worker, silentMs, doing, declined }) => [
      client,
      worker === client ? "" : worker,
      silentMs === undefined ? "not connected" : `heard ${duration(silentMs)} ago`,
      declined === "" ? doing : `declined: ${declined}`,
    ]);
  if (rows.length > 0)
    print(context, table(["awaited", "carried by", "", ""].map(dim), rows, ["left", "left", "left", "left"]));
  if (awaited.length > listed) print(context, `  and ${awaited.length - listed} more`);
  if (reported.length > 0) print(context, `  ${dim("reported")} ${named(reported)}`);
  for (const { client, reason } of left.slice(0, listed)) print(context, `  ${dim("left")} ${client}: ${reason}`);
  if (left.length > listed) print(context, `  and ${left.length - listed} more`);
  for (const { client, reason } of turnedAway.slice(0, listed))
    print(context, `  ${dim("no part")} ${client}: ${reason}`);
  if (turnedAway.length > listed) print(context, `  and ${turnedAway.length - listed} more`);
}

const named = (clients: readonly string[]): string =>
  clients.slice(0, listed).join(", ") + (clients.length > listed ? `, and ${clients.length - listed} more` : "");
