/** Why a run does not go on, and what to do: what the coordinator says of where it stands, turned into findings. */
import { TributaryError } from "../../shared/errors.ts";
import type { AwaitedClient__Output } from "../../shared/protocol/wire/tributary/v1/AwaitedClient.ts";
import type { RunDetail__Output } from "../../shared/protocol/wire/tributary/v1/RunDetail.ts";
import type { RunStanding__Output } from "../../shared/protocol/wire/tributary/v1/RunStanding.ts";
import type { Finding } from "./finding.ts";
import type { Operator } from "../rpc/operator.ts";

/** A connected worker that has not been heard for so long is about to be taken for gone. */
const quietMs = 8000;

export async function* examineRun(operator: Pick<Operator, "show">, run: string): AsyncGenerator<Finding> {
  let detail: RunDetail__Output;
  try {
    detail = await operator.show(run);
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
    yield found("wrong", error.message);
    return;
  }
  const { summary, waiting, standing } = detail;
  if (standing === null) {
    const { status = "", explanation = "" } = summary ?? {};
    if (status === "failed") yield found("wrong", `it has failed: ${explanation}`);
    else if (status === "finished" || status === "stopped") yield found("fine", `it is ${status}: ${explanation}`);
    else yield found("warning", "it has only just begun: ask again in a moment");
    return;
  }
  yield found(standing.awaited.length === 0 ? "fine" : "warning", waiting || `round ${standing.round} goes on`);
  for (const awaited of standing.awaited) yield found(...judged(awaited, standing));
  for (const { client, reason } of standing.turnedAway)
    yield found("warning", `${client} is connected and has no part in it: ${reason}`);
  for (const { client, reason } of standing.left) yield found("warning", `${client} has left the round: ${reason}`);
}

function judged(
  { client, worker, silentMs, doing, declined }: AwaitedClient__Output,
  { phase, deadlineLeftMs }: RunStanding__Output,
): [Finding["state"], string] {
  if (declined !== "")
    return ["wrong", `${client} has declined: ${declined}. It is asked again when its worker is started anew`];
  if (silentMs === undefined) {
    const who = worker === "" || worker === client ? "its worker" : `the worker ${worker}`;
    const otherwise =
      phase === "gathering"
        ? "the run begins when it is there"
        : "it leaves the round unless it is back within the coordinator's --absence";
    return [
      "wrong",
      `${client}: ${who} is not connected: start it, and let doctor say there why it cannot connect; ${otherwise}`,
    ];
  }
  if (silentMs >= quietMs)
    return [
      "warning",
      `${client}: its worker was last heard ${seconds(silentMs)} ago: its machine is asleep or overloaded, or the network in between is down`,
    ];
  const working = doing === "" ? "connected and idle" : doing;
  const bound =
    deadlineLeftMs === undefined
      ? "nothing bounds how long that may take: federation.clients.deadlineMs would (runs adjust)"
      : `it has ${seconds(deadlineLeftMs)} left`;
  return ["fine", `${client}: ${working}; ${bound}`];
}

const found = (state: Finding["state"], message: string): Finding => ({ check: "run", state, message });
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
