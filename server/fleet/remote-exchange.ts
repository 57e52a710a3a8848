/** One exchange over a network, from the offers to the last report. */
import type { Answer } from "../../shared/protocol/answer.ts";
import { numbersOf, sha256Of } from "../../shared/protocol/content.ts";
import { decodeAnswer } from "../../shared/protocol/answer-wire.ts";
import type { Offer } from "../../shared/protocol/orders.ts";
import type { SheetLayout } from "../../shared/protocol/sheet.ts";
import type { Task } from "../../shared/protocol/task.ts";
import { decodeVectors, isMasked, vectorBytes } from "../../shared/protocol/vectors-wire.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import { TributaryError } from "../../shared/errors.ts";
import { placeName, type Place } from "../round/place.ts";
import type { Claim, Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { checkAnswer, checkVectors, type Claims } from "./answer-check.ts";
import type { Contents } from "./contents.ts";
import { Batch, type Sent } from "./batch.ts";
import type { Departed, Report } from "./fleet.ts";
import type { Acknowledged, Answered, Intake, Leases } from "./leases.ts";
import type { Membership } from "./membership.ts";

/** What a fleet of remote clients is made from. */
export interface RemoteFleetOptions {
  readonly run: string;
  readonly assignment: Assignment;
  readonly membership: Membership;
  readonly contents: Contents;
  readonly leases: Leases;
  readonly store: Pick<Store, "receive" | "accepted" | "content">;
  /** How long a client that went away is waited for, in ms. */
  readonly absenceMs: number;
  /** How long an evaluation, or whatever else is asked beside the rounds, waits for answers, in ms; for as long as it takes when left out. */
  readonly evaluationMs?: number | undefined;
  /** For each client its denominators, as it has said when it was prepared; added to when others are. @default none so far */
  readonly registered?: Map<string, readonly number[]>;
  readonly log: Logger;
}

export interface RemoteExchangeOptions extends RemoteFleetOptions {
  readonly layout: SheetLayout;
  readonly task: Task;
  readonly place: Place | undefined;
  readonly offerOf: (client: string, lease: string) => Offer;
}

interface Waiting {
  readonly lease: string;
  readonly offer: Offer;
  absence: NodeJS.Timeout | undefined;
}

export class RemoteExchange {
  readonly #options: RemoteExchangeOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #departed: Departed[] = [];
  readonly #bytes: number;
  readonly #batch: Batch;
  #wake: () => void = () => undefined;
  /** Whatever reads a whole update into memory does so alone. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RemoteExchangeOptions) {
    this.#options = options;
    this.#bytes = vectorBytes(options.task, options.assignment);
    this.#batch = new Batch(options.task, options.assignment);
  }

  async *reports(cohort: readonly string[], signal: AbortSignal): AsyncGenerator<Report> {
    const { membership, leases, place, evaluationMs } = this.#options;
    let deadline: NodeJS.Timeout | undefined;
    const stop = (): void => {
      this.#wake();
    };
    signal.addEventListener("abort", stop);
    const listening = membership.listen({
      ready: (client) => {
        this.#offer(client);
      },
      gone: (client, reason) => {
        this.#miss(client, reason);
      },
    });
    try {
      const known = await this.#takeKnown(cohort);
      for (const client of cohort) if (!known.has(client)) this.#ask(client);
      if (place === undefined && evaluationMs !== undefined)
        deadline = setTimeout(() => {
          for (const client of [...this.#waiting.keys()]) this.#leave(client, `no answer within ${evaluationMs} ms`);
        }, evaluationMs);
      for (;;) {
        if (signal.aborted) return;
        const left = this.#departed.shift();
        if (left !== undefined) yield left;
        else if (this.#batch.isRipe(this.#waiting.size === 0)) yield this.#batch.take();
        else if (this.#waiting.size === 0 && this.#batch.isEmpty) return;
        else await this.#change();
      }
    } finally {
      clearTimeout(deadline);
      listening[Symbol.dispose]();
      signal.removeEventListener("abort", stop);
      const where = place === undefined ? "the evaluation is over" : `${placeName(place)} is over`;
      for (const [client, { lease, absence }] of this.#waiting) {
        clearTimeout(absence);
        leases.end(lease, where);
        membership.send(client, { kind: "withdrawal", lease });
      }
      this.#waiting.clear();
    }
  }

  /** Until something happens, or a batch has waited long enough. */
  async #change(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      this.#wake = done;
      if (!this.#batch.isEmpty) timer = setTimeout(done, this.#batch.everyMs);
    });
    clearTimeout(timer);
  }

  /** What the store holds for this place already. */
  async #takeKnown(cohort: readonly string[]): Promise<ReadonlySet<string>> {
    const { store, run, place } = this.#options;
    const known = new Set<string>();
    if (place === undefined) return known;
    const asked = new Set(cohort);
    for (const receipt of await store.accepted(run, place)) {
      if (!asked.has(receipt.client)) continue;
      known.add(receipt.client);
      const bytes = this.#bytes === 0 ? new Uint8Array(0) : await store.content(receipt);
      this.#take(decodeAnswer(receipt.head, receipt.client), this.#sentIn(bytes));
    }
    return known;
  }

  #ask(client: string): void {
    const { leases, membership, offerOf } = this.#options;
    const lease = leases.grant({
      client,
      worker: () => membership.carrier(client),
      open: (claim) => this.#open(client, claim),
      fail: (reason) => {
        this.#leave(client, reason);
      },
      broke: (error) => {
        this.#broke(client, error);
      },
    });
    this.#waiting.set(client, { lease, offer: offerOf(client, lease), absence: undefined });
    if (membership.isReady(client)) this.#offer(client);
    else this.#miss(client, "not connected");
  }

  #offer(client: string): void {
    const waiting = this.#waiting.get(client);
    if (waiting === undefined) return;
    this.#isHere(client);
    this.#options.membership.send(client, waiting.offer);
  }

  #isHere(client: string): void {
    const waiting = this.#waiting.get(client);
    if (waiting === undefined) return;
    clearTimeout(waiting.absence);
    waiting.absence = undefined;
  }

  /** It is not there: it has so long to come back. */
  #miss(client: string, reason: string): void {
    const waiting = this.#waiting.get(client);
    if (waiting === undefined || waiting.absence !== undefined) return;
    const { absenceMs } = this.#options;
    waiting.absence = setTimeout(() => {
      this.#leave(client, `${reason}, and not back within ${absenceMs} ms`);
    }, absenceMs);
  }

  /** It will not be another answer the next time: it has left. One that broke off is asked for again, and goes on where it was. */
  #broke(client: string, error: Error): void {
    const code = error instanceof TributaryError ? error.code : "internal";
    if (code === "stale-upload" || code === "exhausted") return; // it goes on elsewhere, or comes again when there is room
    if (code === "invalid-data" || code === "already-exists") {
      this.#leave(client, `its answer was refused: ${error.message}`);
      return;
    }
    if (code === "unavailable" && this.#options.membership.isReady(client)) this.#offer(client);
    this.#miss(client, error.message);
  }

  #leave(client: string, reason: string): void {
    if (!this.#forget(client, reason)) return;
    this.#departed.push({ type: "left", client, reason });
    this.#wake();
  }

  /** Whether it was waited for until now. */
  #forget(client: string, why: string, answered?: Answered): boolean {
    const waiting = this.#waiting.get(client);
    if (waiting === undefined) return false;
    clearTimeout(waiting.absence);
    this.#options.leases.end(waiting.lease, why, answered);
    return this.#waiting.delete(client);
  }

  async #open(client: string, claim: Claim): Promise<Intake | Acknowledged> {
    const { task, layout, store, run, place } = this.#options;
    const { clip } = this.#options.assignment;
    this.#isHere(client);
    const answer = decodeAnswer(claim.head, client);
    checkAnswer(answer, task, { run, layout, registered: this.#claimsOf(client) });
    if (claim.bytes !== this.#bytes)
      throw new TributaryError(
        "invalid-data",
        `The answer of ${client}: expected vectors of ${this.#bytes} bytes, got ${claim.bytes}`,
      );
    if (place === undefined) {
      const acknowledged = { sha256: sha256Of(claim.head), size: 0 }; // an evaluation: small, and kept nowhere
      this.#settle(answer, { vectors: [] }, { claim, acknowledged });
      return acknowledged;
    }
    const upload = await store.receive({ run, place, client }, claim).catch((error: unknown) => {
      if (error instanceof TributaryError && error.code === "stale-round") this.#leave(client, error.message);
      throw error;
    });
    if (upload.kind === "receipt") {
      const acknowledged = { sha256: upload.sha256, size: upload.bytes };
      const sent = this.#bytes === 0 ? { vectors: [] } : this.#sentIn(await store.content(upload));
      this.#settle(answer, sent, { claim, acknowledged });
      return acknowledged;
    }
    return {
      offset: upload.offset,
      write: (chunk) => upload.write(chunk),
      finish: () =>
        this.#alone(async () => {
          const sent = this.#sentIn(await upload.content());
          try {
            checkVectors(answer, sent.vectors, { task, clip });
          } catch (error) {
            await upload.reject();
            throw error;
          }
          const { sha256, bytes } = await upload.accept();
          const acknowledged = { sha256, size: bytes };
          this.#settle(answer, sent, { claim, acknowledged });
          return acknowledged;
        }),
    };
  }

  #claimsOf(client: string): Claims | undefined {
    const { registered, assignment } = this.#options;
    const denominators = registered?.get(client);
    if (denominators === undefined) return undefined;
    const weights = assignment.objectives.map(({ weight }) => weight);
    return { denominators, weights, apart: assignment.local?.objectives === "separate" };
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Acknowledged: it counts, if it is still waited for. */
  #settle(answer: Answer, sent: Sent, given: Omit<Answered, "worker">): void {
    const { client } = answer;
    const worker = this.#options.membership.carrier(client);
    if (!this.#forget(client, "it has been answered", { worker, ...given })) return;
    this.#take(answer, sent);
    this.#wake();
  }

  #take(answer: Answer, sent: Sent): void {
    const { task, registered } = this.#options;
    const denominators = answer.contributions.map(({ denominator }) => denominator);
    if (task.kind === "prepare") registered?.set(answer.client, denominators);
    this.#batch.add(answer, sent);
  }

  #sentIn(bytes: Uint8Array): Sent {
    const { task, assignment } = this.#options;
    if (isMasked(task, assignment)) return { vectors: [], masked: numbersOf("int32", bytes, "a masked answer") };
    return { vectors: decodeVectors(bytes, task, assignment) };
  }
}
