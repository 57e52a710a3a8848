/** The Control service of proto/control.proto: each call translated, asked of the runs, and translated back. */
import { createHash } from "node:crypto";
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import { parseExperiment } from "../../shared/experiment/parse.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { ControlHandlers } from "../../shared/protocol/wire/tributary/v1/Control.ts";
import type { RunAdjustment } from "../../shared/protocol/wire/tributary/v1/RunAdjustment.ts";
import type { ClientAccount } from "../../shared/protocol/wire/tributary/v1/ClientAccount.ts";
import type { RunStanding } from "../../shared/protocol/wire/tributary/v1/RunStanding.ts";
import type { RunSummary } from "../../shared/protocol/wire/tributary/v1/RunSummary.ts";
import type { Adjustment } from "../run/adjustment.ts";
import type { Accounts } from "../fleet/accounts.ts";
import type { Roster } from "../fleet/roster.ts";
import type { RunView } from "../run/run-view.ts";
import type { Runs } from "../run/runs.ts";
import type { Standing } from "../run/standing.ts";
import type { Logger } from "../telemetry/logger.ts";
import { callerOf } from "./caller.ts";
import { toServiceError } from "./status.ts";
import { writeTo } from "./streams.ts";

/** Bytes of a model in one message. */
const partSize = 512 << 10;
/** A reader that takes nothing for so long is given up on, in ms. */
const idleMs = 30_000;

export interface ControlParts {
  readonly runs: Runs;
  readonly roster: Roster;
  readonly accounts: Accounts;
  readonly log: Logger;
}

export function controlService({
  runs,
  roster,
  accounts,
  log,
}: ControlParts): ControlHandlers & UntypedServiceImplementation {
  const told = (error: unknown) =>
    toServiceError(error, (unexpected) => {
      log.error({ err: unexpected }, "a call of an operator broke");
    });
  const unary =
    <Request, Reply>(serve: (request: Request, by: string) => Promise<Reply>) =>
    (call: ServerUnaryCall<Request, Reply>, answer: sendUnaryData<Reply>): void => {
      serve(call.request, callerOf(call, call.metadata).identity.id).then(
        (reply) => {
          answer(null, reply);
        },
        (error: unknown) => {
          answer(told(error));
        },
      );
    };
  const streaming =
    <Request, Reply>(serve: (request: Request, signal: AbortSignal) => AsyncIterable<Reply>) =>
    (call: ServerWritableStream<Request, Reply>): void => {
      const gone = new AbortController();
      call.on("cancelled", () => {
        gone.abort();
      });
      const answer = async (): Promise<void> => {
        for await (const reply of serve(call.request, gone.signal)) await writeTo(call, reply, idleMs);
        call.end();
      };
      answer().catch((error: unknown) => {
        if (!gone.signal.aborted) call.emit("error", told(error));
      });
    };
  return {
    StartRun: unary(async ({ experiment, source, clients, workers }, submittedBy) => {
      const counts = { ...(clients > 0 && { clients }), ...(workers > 0 && { workers }) };
      return summary(
        runs.show(await runs.submit({ experiment: experimentIn(experiment), source, submittedBy, ...counts })),
      );
    }),
    ListRuns: unary(() => Promise.resolve({ runs: runs.list().map(summary) })),
    ShowRun: unary(async ({ id }) => {
      const view = await Promise.resolve(runs.show(id));
      const losses = Object.entries(view.losses).flatMap(([name, loss]) =>
        loss === null ? [] : [[name, loss] as const],
      );
      return {
        summary: summary(view),
        waiting: view.status === "gathering" || view.status === "running" ? view.explanation : "",
        adjustments: view.adjustments.map(adjustmentMessage),
        losses: Object.fromEntries(losses),
        modelHash: view.modelHash ?? "",
        standing: view.standing === undefined ? null : standingMessage(view.standing),
      };
    }),
    WatchRun: streaming(async function* ({ id, after }, signal) {
      for await (const { seq, event } of runs.events(id, after, signal)) yield { seq, event: JSON.stringify(event) };
    }),
    AdjustRun: unary(async ({ id, settings }, by) => adjustmentMessage(await runs.adjust(id, settings, by))),
    StopRun: unary(async ({ id }) => summary(await runs.stop(id))),
    ListClients: unary(() => {
      const workers = [...new Set([...roster.workers, ...accounts.workers])].sort();
      const clients = workers.map((worker) => accountMessage(worker, roster, accounts));
      return Promise.resolve({ sinceMs: accounts.since, clients });
    }),
    FetchModel: streaming(async function* ({ id, offset }) {
      const bytes = await runs.model(id);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      for (let at = offset; at < bytes.length; at += partSize)
        yield { size: bytes.length, sha256, data: Buffer.from(bytes.subarray(at, at + partSize)) };
    }),
  };
}

/** Decoded again here, whatever the operator's side has said of it. */
function experimentIn(text: string): Experiment {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TributaryError("invalid-experiment", `Expected an experiment as JSON: ${(error as Error).message}`);
  }
  const parsed = parseExperiment(value);
  if ("experiment" in parsed) return parsed.experiment;
  const lines = parsed.findings.map(({ path, message }) => `${path.join(".") || "experiment"}: ${message}`);
  throw new TributaryError("invalid-experiment", lines.join("\n"));
}

const summary = ({ id, name, status, explanation, round, rounds, submittedBy }: RunView): RunSummary => ({
  id,
  name,
  status,
  explanation,
  round,
  rounds,
  submittedBy,
});

const adjustmentMessage = ({ fromRound, settings, by, at }: Adjustment): RunAdjustment => ({
  fromRound,
  settings: [...settings],
  by,
  atMs: at,
});

const standingMessage = ({
  forMs,
  deadlineLeftMs,
  awaited,
  reported,
  left,
  turnedAway,
  ...standing
}: Standing): RunStanding => ({
  ...standing,
  forMs: Math.round(forMs),
  ...(deadlineLeftMs !== undefined && { deadlineLeftMs: Math.round(deadlineLeftMs) }),
  awaited: awaited.map(({ client, worker = "", silentMs, doing, declined = "" }) => ({
    ...{ client, worker, doing, declined },
    ...(silentMs !== undefined && { silentMs: Math.round(silentMs) }),
  })),
  reported: [...reported],
  left: [...left],
  turnedAway: [...turnedAway],
});

function accountMessage(worker: string, roster: Roster, accounts: Accounts): ClientAccount {
  const presence = roster.presenceOf(worker);
  const { upBytes, downBytes, answers, answeringMs } = accounts.of(worker);
  return {
    worker,
    ...(presence && { connectedMs: Math.round(presence.connectedMs), silentMs: Math.round(presence.silentMs) }),
    doing: presence?.doing ?? "",
    ...{ upBytes, downBytes, answers, answeringMs: Math.round(answeringMs) },
  };
}
