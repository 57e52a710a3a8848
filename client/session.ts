/**
 * A worker's life: it dials, shakes hands, attends, works, and when the connection breaks it dials again, for as long as it lives.
 *
 *     joining → waiting → working → … → leaving
 *
 * Each time it dials a new channel, with the kit as it is by then. Tries are 250 ms apart at first and 5 s at most, with jitter. Work goes on
 * while there is no connection; an answer that could not be handed in is handed in on the next one. A coordinator that speaks or computes otherwise is given up on: trying again would not help.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TributaryError } from "../shared/errors.ts";
import type { Source } from "../shared/experiment/data.ts";
import type { Policy } from "./consent/policy.ts";
import type { Order } from "../shared/protocol/orders.ts";
import { backoffMs, jitter } from "./rpc/backoff.ts";
import { retryAfterMs } from "./rpc/call.ts";
import { ContentCache } from "./rpc/content-cache.ts";
import { Coordinator, type Attendance, type CoordinatorOptions } from "./rpc/coordinator.ts";
import { forgetRun } from "./work/run-folder.ts";
import { RunWork } from "./work/run-work.ts";
import type { OpenPlace } from "./work/workplace.ts";

export interface SessionOptions extends CoordinatorOptions {
  /** The worker's own files, one of which fits what a run declares. */
  readonly sources: readonly Source[];
  /** Where it keeps what is its own, and what it has fetched. */
  readonly stateFolder: string;
  /** What fetched contents may take there, in bytes. @default 10⁹ */
  readonly cacheBytes?: number;
  /** How long a task may take before it is given up, in ms. @default 1 h */
  readonly taskLimitMs?: number;
  /** How long a run that a new connection says nothing of is remembered, in ms: it may have ended meanwhile. @default 10 min */
  readonly forgetMs?: number;
  /** What it agrees to do; everything when left out. */
  readonly consent?: Policy;
  /** Where a run's work is done. @default a thread for each run, so that heartbeats never wait for it */
  readonly openPlace?: OpenPlace;
  /** Where its own models are written, one for each run, whenever they are evaluated. @default nowhere */
  readonly personalFolder?: string;
  readonly onState?: (state: SessionState) => void;
}

export type SessionState =
  | { readonly state: "joining"; readonly attempt: number }
  | { readonly state: "waiting" }
  | { readonly state: "working"; readonly run: string; readonly client: string }
  /** It has no part in a run, or does not answer a task of it: its own rows or its owner's policy do not fit. */
  | { readonly state: "refusing"; readonly run: string; readonly reason: string }
  /** A run is over, or goes on without it. */
  | { readonly state: "dismissed"; readonly run: string; readonly reason: string }
  | { readonly state: "disconnected"; readonly reason: string; readonly againInMs: number }
  | { readonly state: "leaving" };

/** Attends until `signal` is aborted. Throws "incompatible" or "forbidden" when the coordinator will never have it. */
export async function attendFor(options: SessionOptions, signal: AbortSignal): Promise<void> {
  using coordinator = new Coordinator(options);
  const work = new Map<string, RunWork>();
  const say = options.onState ?? (() => undefined);
  const contents = new ContentCache(options.stateFolder, coordinator.fetch.bind(coordinator), options.cacheBytes);
  const desk: Desk = { options, coordinator, contents, work, attendance: undefined, say };
  try {
    const stopped = (): boolean => signal.aborted;
    for (let attempt = 0; !stopped(); attempt++) {
      say({ state: "joining", attempt });
      let wait: number | undefined;
      let reason = "the coordinator ended the stream";
      try {
        wait = await oneConnection(desk, signal, () => {
          attempt = 0;
        });
      } catch (error) {
        if (stopped()) break;
        if (error instanceof TributaryError && hopeless.has(error.code)) throw error;
        reason = (error as Error).message;
        wait = retryAfterMs(error);
      }
      if (stopped()) break;
      const againInMs = Math.round(wait ?? backoffMs(attempt, jitter));
      say({ state: "disconnected", reason, againInMs });
      await sleep(againInMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    say({ state: "leaving" });
    for (const one of work.values()) await one[Symbol.asyncDispose]();
  }
}

const hopeless = new Set(["incompatible", "forbidden"]);

interface Desk {
  readonly options: SessionOptions;
  readonly coordinator: Coordinator;
  readonly contents: ContentCache;
  readonly work: Map<string, RunWork>;
  readonly say: (state: SessionState) => void;
  attendance: Attendance | undefined;
}

/** From the handshake to the end of the stream; answers after how many ms the coordinator wants to be dialled again, if it says. */
async function oneConnection(desk: Desk, signal: AbortSignal, connected: () => void): Promise<number | undefined> {
  const { coordinator, work, say } = desk;
  const { heartbeatMs, silenceMs } = await coordinator.enroll(signal);
  const attendance = coordinator.attend(silenceMs, signal);
  desk.attendance = attendance;
  const doing = (): string => [...work.values()].map((one) => one.doing).filter(Boolean).join("; "); // prettier-ignore
  const beat = (): void => {
    attendance.send({ kind: "heartbeat", doing: doing() });
  };
  beat();
  const beats = setInterval(beat, heartbeatMs);
  const leave = (): void => {
    attendance.end();
  };
  signal.addEventListener("abort", leave, { once: true });
  say({ state: "waiting" });
  const unheard = new Set(work.keys());
  const forgetting = setTimeout(() => {
    for (const run of unheard) void letGo(run, desk);
  }, desk.options.forgetMs ?? 600_000);
  try {
    for await (const order of attendance.orders) {
      connected();
      if ("run" in order) unheard.delete(order.run);
      if (order.kind === "goodbye") return order.returnAfterMs;
      await follow(order, desk);
    }
    return undefined;
  } finally {
    clearInterval(beats);
    clearTimeout(forgetting);
    signal.removeEventListener("abort", leave);
    desk.attendance = undefined;
  }
}

async function follow(order: Exclude<Order, { kind: "goodbye" }>, desk: Desk): Promise<void> {
  const { work, say } = desk;
  switch (order.kind) {
    case "heartbeat":
      return;
    case "invitation":
      workOf(order.run, desk).invite(order);
      return;
    case "offer":
      say({ state: "working", run: order.run, client: order.client });
      workOf(order.run, desk).offer(order);
      return;
    case "withdrawal":
      for (const one of work.values()) one.withdraw(order.lease);
      return;
    case "dismissal":
      await letGo(order.run, desk);
      if (order.over) forgetRun(desk.options.stateFolder, order.run);
      say({ state: "dismissed", run: order.run, reason: order.reason });
      if (work.size === 0) say({ state: "waiting" });
  }
}

async function letGo(run: string, { work }: Desk): Promise<void> {
  const over = work.get(run);
  work.delete(run);
  await over?.[Symbol.asyncDispose]();
}

function workOf(run: string, desk: Desk): RunWork {
  const { options, coordinator, contents, work } = desk;
  const known = work.get(run);
  if (known !== undefined) return known;
  const { sources, stateFolder, consent, openPlace, personalFolder, taskLimitMs } = options;
  const outside = {
    fetch: contents.get.bind(contents),
    submit: coordinator.submit.bind(coordinator),
    send: (message: Parameters<Attendance["send"]>[0]) => {
      if (message.kind === "declined" || message.kind === "failed")
        desk.say({ state: "refusing", run, reason: message.reason });
      desk.attendance?.send(message);
    },
    connection: () => {
      const { attendance } = desk;
      return (error: Error) => attendance?.breakOff(error);
    },
  };
  const made = new RunWork({
    run,
    sources,
    stateFolder,
    outside,
    ...(consent && { consent }),
    ...(openPlace && { openPlace }),
    ...(taskLimitMs !== undefined && { taskLimitMs }),
    ...(personalFolder !== undefined && { personalFolder }),
  });
  work.set(run, made);
  return made;
}
