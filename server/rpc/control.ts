/** The Control service of proto/control.proto: each call translated, asked of the runs, and translated back. */
import { createHash } from "node:crypto";
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { TributaryError } from "../../shared/errors.ts";
import { parseExperiment } from "../../shared/experiment/parse.ts";
import type { Experiment } from "../../shared/experiment/schema.ts";
import type { ControlHandlers } from "../../shared/protocol/wire/tributary/v1/Control.ts";
import type { RunAdjustment } from "../../shared/protocol/wire/tributary/v1/RunAdjustment.ts";
import type { RunSummary } from "../../shared/protocol/wire/tributary/v1/RunSummary.ts";
import type { Adjustment } from "../run/adjustment.ts";
import type { Runs, RunView } from "../run/runs.ts";
import type { Logger } from "../telemetry/logger.ts";
import { callerOf } from "./caller.ts";
import { toServiceError } from "./status.ts";
import { writeTo } from "./streams.ts";

/** Bytes of a model in one message. */
const partSize = 512 << 10;
/** A reader that takes nothing for so long is given up on, in ms. */
const idleMs = 30_000;

export function controlService(runs: Runs, log: Logger): ControlHandlers & UntypedServiceImplementation {
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
      };
    }),
    WatchRun: streaming(async function* ({ id, after }, signal) {
      for await (const { seq, event } of runs.events(id, after, signal)) yield { seq, event: JSON.stringify(event) };
    }),
    AdjustRun: unary(async ({ id, settings }, by) => adjustmentMessage(await runs.adjust(id, settings, by))),
    StopRun: unary(async ({ id }) => summary(await runs.stop(id))),
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
