/** `tributary runs submit EXPERIMENT | list | clients | show ID | watch ID | adjust ID | stop ID | model ID`: operate a daemon. */
import { resolve } from "node:path";
import type { Operator } from "../client/rpc/operator.ts";
import type { RunEvent } from "../server/events.ts";
import { plaintextFlag } from "../shared/identity/plaintext.ts";
import type { Override } from "../shared/experiment/override.ts";
import { writeDurably } from "../server/store/durable.ts";
import { TributaryError } from "../shared/errors.ts";
import { print, type Context } from "./context.ts";
import { defaultCoordinator } from "./default-coordinator.ts";
import { exitCodes } from "./exit-codes.ts";
import { bytesInWords, counted, decimal, duration, whole } from "./format.ts";
import { loadExperiment } from "./load-experiment.ts";
import { operatorOf, type OperatorFlags } from "./operator-of.ts";
import { printRun } from "./run-page.ts";
import { table } from "./table.ts";

export interface SubmitFlags {
  readonly set: readonly Override[];
  readonly clients?: number;
  readonly workers?: number;
  readonly watch?: boolean;
}

type Summary = Awaited<ReturnType<Operator["list"]>>[number];

export async function submitCommand(
  file: string,
  { set, watch, clients = 0, workers = 0, ...flags }: OperatorFlags & SubmitFlags,
  context: Context,
): Promise<number> {
  const { experiment, text } = loadExperiment(file, set, context.cwd);
  using operator = operatorOf(flags, context);
  const summary = await operator.submit({ experiment: JSON.stringify(experiment), source: text, clients, workers });
  if (flags.json === true) write(context, { event: "submitted", ...summary });
  else print(context, `  submitted ${summary.id}: ${context.self} runs watch ${summary.id}${asAsked(flags)}`);
  return watch === true ? await follow(operator, summary.id, flags, context) : exitCodes.done;
}

/** The flags that reach the same coordinator once more. */
const asAsked = ({ coordinator, keys, insecurePlaintext }: OperatorFlags): string =>
  [
    ...(coordinator === defaultCoordinator ? [] : [` --coordinator ${coordinator}`]),
    ...(keys === undefined ? [] : [` --keys ${keys}`]),
    ...(insecurePlaintext === true ? [` ${plaintextFlag}`] : []),
  ].join("");

export async function listCommand(flags: OperatorFlags, context: Context): Promise<number> {
  using operator = operatorOf(flags, context);
  const runs = await operator.list();
  if (flags.json === true) for (const run of runs) write(context, { event: "run", ...run });
  else if (runs.length === 0) print(context, "  no runs yet");
  else {
    const heading = ["run", "state", "round", "by", ""].map(context.colours.dim);
    print(context, table(heading, runs.map(cellsOf), ["left", "left", "right", "left", "left"]));
  }
  return exitCodes.done;
}

export async function showCommand(id: string, flags: OperatorFlags, context: Context): Promise<number> {
  using operator = operatorOf(flags, context);
  const detail = await operator.show(id);
  if (flags.json === true) {
    write(context, { event: "run", ...detail });
    return exitCodes.done;
  }
  printRun(id, detail, context);
  return exitCodes.done;
}

export async function clientsCommand(flags: OperatorFlags, context: Context): Promise<number> {
  using operator = operatorOf(flags, context);
  const { sinceMs, clients } = await operator.clients();
  if (flags.json === true) {
    for (const client of clients) write(context, { event: "client", sinceMs, ...client });
    return exitCodes.done;
  }
  const since = new Date(sinceMs).toISOString().slice(0, 16).replace("T", " ");
  if (clients.length === 0) {
    print(
      context,
      `  nobody has come since ${since} UTC: tributary doctor, where a worker should run, says why it cannot`,
    );
    return exitCodes.done;
  }
  const { dim } = context.colours;
  const heading = ["client", "connected", "last heard", "sent", "fetched", "answers", "each", ""].map(dim);
  const cells = clients.map((one) => [
    one.worker,
    one.connectedMs === undefined ? "no" : `for ${duration(one.connectedMs)}`,
    one.silentMs === undefined ? "" : `${duration(one.silentMs)} ago`,
    bytesInWords(one.upBytes),
    bytesInWords(one.downBytes),
    whole(one.answers),
    one.answers === 0 ? "–" : duration(one.answeringMs / one.answers),
    one.doing,
  ]);
  const right = "right" as const;
  print(context, table(heading, cells, ["left", "left", right, right, right, right, right, "left"]));
  print(context, `  counted since ${since} UTC, when the coordinator began`);
  return exitCodes.done;
}

export async function watchCommand(
  id: string,
  { after = 0, ...flags }: OperatorFlags & { readonly after?: number },
  context: Context,
): Promise<number> {
  using operator = operatorOf(flags, context);
  return await follow(operator, id, flags, context, after);
}

export async function adjustCommand(
  id: string,
  { set, ...flags }: OperatorFlags & { readonly set: readonly Override[] },
  context: Context,
): Promise<number> {
  if (set.length === 0) throw new TributaryError("invalid-option", "Expected at least one --set path=value, got none");
  using operator = operatorOf(flags, context);
  const settings = set.map(({ path, value }) => ({ path: path.join("."), value }));
  const adjustment = await operator.adjust(id, settings);
  if (flags.json === true) write(context, { event: "adjusted", id, ...adjustment });
  else print(context, `  ${id} goes on with it from round ${adjustment.fromRound}`);
  return exitCodes.done;
}

export async function stopCommand(id: string, flags: OperatorFlags, context: Context): Promise<number> {
  using operator = operatorOf(flags, context);
  const summary = await operator.stop(id);
  if (flags.json === true) write(context, { event: "stopped", ...summary });
  else print(context, `  ${id} is ${summary.status} after ${counted(summary.round, "round")}`);
  return exitCodes.done;
}

export async function modelCommand(
  id: string,
  { out = `${id}.safetensors`, ...flags }: OperatorFlags & { readonly out?: string },
  context: Context,
): Promise<number> {
  using operator = operatorOf(flags, context);
  const bytes = await operator.model(id, context.signal);
  const path = resolve(context.cwd, out);
  writeDurably(path, bytes);
  if (flags.json === true) write(context, { event: "model", id, bytes: bytes.length, file: path });
  else print(context, `  ${context.shorten(path)}: the model of ${id}, ${bytesInWords(bytes.length)}`);
  return exitCodes.done;
}

/** Prints events until the run has ended; a lost connection is an error, from which `--after` goes on. */
async function follow(
  operator: Operator,
  id: string,
  flags: OperatorFlags,
  context: Context,
  after = 0,
): Promise<number> {
  let failed: boolean | undefined;
  for await (const { seq, event: text } of operator.watch(id, after, context.signal)) {
    const event = JSON.parse(text) as RunEvent; // what the daemon has written
    if (flags.json === true) write(context, { seq, ...event });
    else print(context, `  ${context.colours.dim(String(seq))} ${lineOf(event)}`);
    if (event.event === "finished") failed = event.stopReason === "diverged";
  }
  if (context.signal.aborted) return exitCodes.interrupted;
  if (failed === undefined) {
    const { summary } = await operator.show(id);
    failed = summary?.status === "failed";
    if (flags.json !== true) print(context, `  ${summary?.status}: ${summary?.explanation}`);
  }
  return failed ? exitCodes.failed : exitCodes.done;
}

function lineOf(event: RunEvent): string {
  switch (event.event) {
    case "started":
      return `${event.name}: ${counted(event.clients, "client")}, ${counted(event.parameters, "parameter")}`;
    case "prepared":
      return "clients are ready";
    case "round": {
      const losses = Object.entries(event.losses).map(([name, loss]) => `${name} ${decimal(loss ?? undefined)}`);
      return `round ${event.round} of ${event.rounds} · ${counted(event.clients, "client")} · ${losses.join(" · ")}`;
    }
    case "scale":
      return `the scale of errors has been measured`;
    case "evaluated":
      return `evaluated after round ${event.round}`;
    case "joined":
      return `${event.client} joined with ${counted(event.trainRows, "row")}, from round ${event.round} on: ${counted(event.clients, "client")}`;
    case "abandoned":
      return `round ${event.round} abandoned: ${event.reason}`;
    case "checkpoint":
      return `checkpoint of round ${event.round}`;
    case "finished":
      return `${event.explanation} · model ${event.modelHash}`;
  }
}

const cellsOf = ({ id, status, round, rounds, submittedBy, explanation }: Summary): string[] => [
  id,
  status,
  `${round}/${rounds}`,
  submittedBy,
  explanation.length > widest ? `${explanation.slice(0, widest - 1)}…` : explanation,
];

/** Characters of an explanation in a table; `runs show` has all of it. */
const widest = 100;

const write = (context: Context, line: object): void => void context.stdout.write(`${JSON.stringify(line)}\n`);
