/**
 * What coordinator and client say to each other on the long-lived stream: orders out, signals in. Plain data of the domain here, the
 * messages of proto/federation.proto on the wire.
 */
import { TributaryError } from "../errors.ts";
import type { WholeGroups } from "../experiment/whole-groups.ts";
import { wholeGroupsSchema } from "./assignment-wire.ts";
import { bytesOf, numbersOf, type Content } from "./content.ts";
import { contentFrom, contentMessage, decoding } from "./content-wire.ts";
import type { Order__Output as WireOrderOut, Order as WireOrder } from "./wire/tributary/v1/Order.ts";
import type { Signal__Output as WireSignalOut, Signal as WireSignal } from "./wire/tributary/v1/Signal.ts";

/** A run that wants this client: what its rows must look like, and where they are if they are not its own. */
export interface Invitation {
  readonly kind: "invitation";
  readonly run: string;
  readonly client: string;
  /** JSON: the experiment without its section `simulation`. */
  readonly declaration: Content;
  /** What is never parted. */
  readonly groups: WholeGroups;
  /** Lines of its file, from 1, where a split file of the coordinator's divides them. */
  readonly split?: { readonly train: Int32Array; readonly test: Int32Array };
  /** The rows themselves (`shard.ts`), where the coordinator has them. */
  readonly shard?: Content;
}

/** One task for one client, under a lease that its answer names. */
export interface Offer {
  readonly kind: "offer";
  readonly lease: string;
  readonly run: string;
  readonly client: string;
  /** Where in the run it stands; absent for an evaluation. */
  readonly place?: OfferPlace;
  readonly assignment: Content;
  /** The preparation that the task presumes. */
  readonly prepared?: Content;
  readonly task: Content;
}

export interface OfferPlace {
  readonly round: number;
  readonly attempt: number;
  readonly exchange: number;
  readonly pass: number;
}

export type Order =
  | { readonly kind: "heartbeat" }
  | Invitation
  | Offer
  /** The answer under this lease is no longer wanted. */
  | { readonly kind: "withdrawal"; readonly lease: string }
  /** The run goes on without this client, or is over, for everybody and for good. */
  | { readonly kind: "dismissal"; readonly run: string; readonly reason: string; readonly over: boolean }
  /** The coordinator ends the stream: to come back after so long, or not at all. */
  | { readonly kind: "goodbye"; readonly reason: string; readonly returnAfterMs?: number };

/** The bytes of contents that an order carries itself, instead of naming them. */
export function carriedBytes(order: Order): number {
  if (order.kind !== "offer" && order.kind !== "invitation") return 0;
  const contents =
    order.kind === "offer" ? [order.assignment, order.prepared, order.task] : [order.declaration, order.shard];
  return contents.reduce((sum, content) => sum + (content?.bytes?.length ?? 0), 0);
}

export interface Joined {
  readonly kind: "joined";
  readonly run: string;
  readonly client: string;
  readonly trainRows: number;
  readonly testRows: number;
  /** Where rows stay together: the blocks of its training rows, as positions among them. */
  readonly blocks: readonly Int32Array[];
  /** Rows of its largest block of either part; 0 where every row stands alone. */
  readonly largestEvaluated: number;
}

export type Signal =
  | { readonly kind: "heartbeat"; readonly doing: string }
  | Joined
  | { readonly kind: "declined"; readonly run: string; readonly client: string; readonly reason: string }
  /** A task that will not be answered. */
  | { readonly kind: "failed"; readonly lease: string; readonly reason: string };

export function orderMessage(order: Order): WireOrder {
  switch (order.kind) {
    case "heartbeat":
      return { heartbeat: {} };
    case "invitation": {
      const { run, client, declaration, groups, split, shard } = order;
      return {
        invitation: {
          run,
          client,
          declaration: contentMessage(declaration),
          groups: JSON.stringify(groups),
          ...(split && { split: { train: bytesOf(split.train), test: bytesOf(split.test) } }),
          ...(shard && { shard: contentMessage(shard) }),
        },
      };
    }
    case "offer": {
      const { lease, run, client, place, assignment, prepared, task } = order;
      return {
        offer: {
          lease,
          run,
          client,
          ...(place && { place }),
          assignment: contentMessage(assignment),
          ...(prepared && { prepared: contentMessage(prepared) }),
          task: contentMessage(task),
        },
      };
    }
    case "withdrawal":
      return { withdrawal: { lease: order.lease } };
    case "dismissal":
      return { dismissal: { run: order.run, reason: order.reason, over: order.over } };
    case "goodbye": {
      const { reason, returnAfterMs } = order;
      return { goodbye: { reason, ...(returnAfterMs !== undefined && { returnAfterMs }) } };
    }
  }
}

/** Undefined for an order of a later version, which is passed over. Throws "invalid-data" for one that lacks what it must have. */
export function orderFrom(message: WireOrderOut): Order | undefined {
  const { invitation, offer, withdrawal, dismissal, goodbye } = message;
  if (message.heartbeat) return { kind: "heartbeat" };
  if (invitation) {
    const { run, client, declaration, groups, split, shard } = invitation;
    return {
      kind: "invitation",
      run,
      client,
      declaration: contentFrom(declaration, "declaration"),
      groups: groupsFrom(groups),
      ...(split && {
        split: { train: numbersOf("int32", split.train, "split"), test: numbersOf("int32", split.test, "split") },
      }),
      ...(shard && { shard: contentFrom(shard, "shard") }),
    };
  }
  if (offer) {
    const { lease, run, client, place, assignment, prepared, task } = offer;
    return {
      kind: "offer",
      lease,
      run,
      client,
      ...(place && { place }),
      assignment: contentFrom(assignment, "assignment"),
      ...(prepared && { prepared: contentFrom(prepared, "prepared") }),
      task: contentFrom(task, "task"),
    };
  }
  if (withdrawal) return { kind: "withdrawal", lease: withdrawal.lease };
  if (dismissal) return { kind: "dismissal", run: dismissal.run, reason: dismissal.reason, over: dismissal.over };
  if (goodbye) {
    const { reason, returnAfterMs } = goodbye;
    return { kind: "goodbye", reason, ...(returnAfterMs !== undefined && { returnAfterMs }) };
  }
  return undefined;
}

export function signalMessage(signal: Signal): WireSignal {
  switch (signal.kind) {
    case "heartbeat":
      return { heartbeat: { doing: signal.doing } };
    case "joined": {
      const { run, client, trainRows, testRows, blocks, largestEvaluated } = signal;
      return { joined: { run, client, trainRows, testRows, blocks: blocks.map(bytesOf), largestEvaluated } };
    }
    case "declined":
      return { declined: { run: signal.run, client: signal.client, reason: signal.reason } };
    case "failed":
      return { failed: { lease: signal.lease, reason: signal.reason } };
  }
}

/** Undefined for a signal of a later version, which is passed over. */
export function signalFrom({ heartbeat, joined, declined, failed }: WireSignalOut): Signal | undefined {
  if (heartbeat) return { kind: "heartbeat", doing: heartbeat.doing };
  if (joined) {
    const { run, client, trainRows, testRows, blocks, largestEvaluated } = joined;
    const own = blocks.map((block) => numbersOf("int32", block, "blocks"));
    return { kind: "joined", run, client, trainRows, testRows, blocks: own, largestEvaluated };
  }
  if (declined) return { kind: "declined", run: declined.run, client: declined.client, reason: declined.reason };
  if (failed) return { kind: "failed", lease: failed.lease, reason: failed.reason };
  return undefined;
}

function groupsFrom(text: string): WholeGroups {
  const parsed = wholeGroupsSchema.safeParse(decoding("groups", () => JSON.parse(text) as unknown));
  if (parsed.success) return { training: parsed.data.training, evaluation: parsed.data.evaluation };
  throw new TributaryError("invalid-data", `groups: ${parsed.error.message}`);
}
