/**
 * One worker's part in one run: its place of work, and what is wanted of each of its clients, one task at a time. Tasks of a run are worked
 * on one after the other, and an answer that was not acknowledged is handed in again when the task is offered again, under whatever lease.
 */
import { join } from "node:path";
import { TributaryError, type ErrorCode } from "../../shared/errors.ts";
import type { Source } from "../../shared/experiment/data.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import type { Content } from "../../shared/protocol/content.ts";
import { decodeAssignment } from "../../shared/protocol/assignment-wire.ts";
import { encodeAnswer } from "../../shared/protocol/answer-wire.ts";
import { present } from "../../shared/protocol/content-wire.ts";
import { decodeTask } from "../../shared/protocol/task-wire.ts";
import type { Invitation, Joined, Offer, Signal } from "../../shared/protocol/orders.ts";
import type { PrepareTask } from "../../shared/protocol/task.ts";
import { encodeSent } from "../../shared/protocol/vectors-wire.ts";
import { fewestClients } from "../../shared/secure/session.ts";
import { objectionsNow, objectionsTo } from "../consent/consent.ts";
import type { Policy } from "../consent/policy.ts";
import { promisedBy, type Promised } from "../consent/promise.ts";
import { experimentFrom, fingerprintOf } from "./declared.ts";
import type { OpenedRows, OpenJob } from "./desk.ts";
import { LastingPlace } from "./lasting-place.ts";
import { runFolder } from "./run-folder.ts";
import { Workplace, type OpenPlace } from "./workplace.ts";

/** What a run's work needs of the session, whichever connection that has at the moment. */
export interface Outside {
  readonly fetch: (content: Content, what: string) => Promise<Uint8Array>;
  submit(lease: string, answer: Uint8Array, vectors: Uint8Array, onWait: (reason: string) => void): Promise<void>;
  readonly send: (signal: Signal) => void;
  /** The connection of this moment: what ends it, where a call on it has failed again and again, so that another one is made. */
  readonly connection: () => (error: Error) => void;
}

interface Finished {
  readonly answer: Uint8Array;
  readonly vectors: Uint8Array;
}

/** What a client has been asked for. */
interface Asked {
  readonly offer: Offer;
  /** Under which the answer is wanted; undefined once it is not. */
  lease: string | undefined;
  finished?: Finished;
  /** Ends work that nobody wants any more, when that has gone on for a while. */
  lingering?: NodeJS.Timeout;
}

const defaultTaskLimitMs = 3_600_000;

/** So long work goes on that nobody wants any more: it may be over by itself, or be asked for again, and a new place costs a while. */
const lingerMs = 2000;

export interface RunWorkOptions {
  readonly run: string;
  readonly sources: readonly Source[];
  readonly stateFolder: string;
  readonly outside: Outside;
  /** What it agrees to do; everything when left out. */
  readonly consent?: Policy;
  /** Where it works. @default a thread of its own */
  readonly openPlace?: OpenPlace;
  /** How long a task may take before it is given up, in ms. @default 1 h */
  readonly taskLimitMs?: number;
  /** Where the clients' own models are written. @default nowhere */
  readonly personalFolder?: string;
}

export class RunWork implements AsyncDisposable {
  readonly #options: RunWorkOptions;
  readonly #place: LastingPlace;
  readonly #invitations = new Map<string, Invitation>();
  /** Whose rows are in the place, and what there is of them. */
  readonly #opened = new Map<string, { readonly invitation: string; readonly rows: OpenedRows }>();
  readonly #asked = new Map<string, Asked>();
  #current: Asked | undefined;
  #assignment: { readonly sha256: string; readonly given: Assignment } | undefined;
  #prepared: { readonly sha256: string; readonly task: PrepareTask } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #doing = "";
  #isOver = false;
  /** With fewer clients no round of this run counts, as far as its declaration says. */
  #leastCohort = 1;
  /** What its declaration promises these rows. */
  #promised: Promised = {};

  constructor(options: RunWorkOptions) {
    this.#options = options;
    const { run, stateFolder, openPlace = newWorkplace, personalFolder, taskLimitMs = defaultTaskLimitMs } = options;
    const folder = runFolder(stateFolder, run);
    const personal = personalFolder && join(personalFolder, encodeURIComponent(run));
    this.#place = new LastingPlace({
      open: () => openPlace(folder, personal),
      limitMs: taskLimitMs,
      onLoss: () => {
        this.#opened.clear();
      },
    });
  }

  /** In words. */
  get doing(): string {
    return this.#doing;
  }

  /** Gets the rows, and says how many there are, or why it has no part in the run. What is there already is said at once, whatever goes on. */
  invite(invitation: Invitation): void {
    const { run, client } = invitation;
    this.#invitations.set(client, invitation);
    const { send, connection } = this.#options.outside;
    const breakOff = connection();
    const joined = (rows: OpenedRows): Joined => ({ kind: "joined", run, client, ...rows });
    const known = this.#rowsFor(invitation);
    if (known !== undefined) {
      send(joined(known));
      return;
    }
    this.#inTurn(async () => {
      try {
        const rows = await this.#open(invitation);
        if (!this.#isOver) send(joined(rows));
      } catch (error) {
        if (this.#isOver) return;
        if (isOfConnection(error)) {
          breakOff(error); // invited again on the next
          return;
        }
        send({ kind: "declined", run, client, reason: (error as Error).message });
      }
    });
  }

  /** A client is asked for one thing at a time: another task takes the place of the last, another lease of the same task goes on with it. */
  offer(offer: Offer): void {
    const { client, lease } = offer;
    const before = this.#asked.get(client);
    const same = before !== undefined && isSameTask(before.offer, offer);
    if (before !== undefined && !same) this.#unwant(before);
    const asked: Asked = same ? before : { offer, lease };
    asked.lease = lease;
    clearTimeout(asked.lingering);
    this.#asked.set(client, asked);
    this.#inTurn(() => this.#answer(asked));
  }

  withdraw(lease: string): void {
    for (const asked of this.#asked.values()) if (asked.lease === lease) this.#unwant(asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const asked of [...this.#asked.values()]) this.#forget(asked);
    await this.#place[Symbol.asyncDispose]();
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).finally(() => {
      this.#doing = "";
    });
  }

  /** Whether it is still asked for. */
  #isWanted(asked: Asked): boolean {
    return asked.lease !== undefined && this.#asked.get(asked.offer.client) === asked;
  }

  #unwant(asked: Asked): void {
    asked.lease = undefined;
    if (asked !== this.#current) {
      this.#forget(asked);
      return;
    }
    clearTimeout(asked.lingering);
    asked.lingering = setTimeout(() => {
      if (asked === this.#current) this.#place.leave("it is not wanted any more");
    }, lingerMs);
  }

  #forget(asked: Asked): void {
    clearTimeout(asked.lingering);
    if (this.#asked.get(asked.offer.client) === asked) this.#asked.delete(asked.offer.client);
  }

  /** What has been opened for this very invitation. */
  #rowsFor(invitation: Invitation): OpenedRows | undefined {
    const known = this.#opened.get(invitation.client);
    return known?.invitation === fingerprintOf(invitation) ? known.rows : undefined;
  }

  async #open(invitation: Invitation): Promise<OpenedRows> {
    const known = this.#rowsFor(invitation);
    if (known !== undefined) return known;
    const { client, declaration, groups, split, shard } = invitation;
    const { fetch } = this.#options.outside;
    const experiment = experimentFrom(await fetch(declaration, "the declaration"));
    const { quorum, select } = experiment.federation.clients;
    const drawn = typeof select === "object" && "count" in select ? select.count : 1; // of a share, or of all, nobody said how many
    const masked = experiment.federation.secureSums === undefined ? 1 : fewestClients; // with fewer it unmasks nothing
    this.#leastCohort = Math.max(masked, quorum === "all" ? drawn : quorum);
    this.#doing = `reading the rows of ${client}`;
    const rows: OpenJob["rows"] =
      shard === undefined
        ? { from: "files", sources: this.#options.sources, split }
        : { from: "shard", bytes: await fetch(shard, "the shard") };
    const opened = await this.#place.do({ kind: "open", client, experiment, groups, rows });
    this.#promised = promisedBy(experiment, opened.trainRows, this.#promised);
    this.#opened.set(client, { invitation: fingerprintOf(invitation), rows: opened });
    return opened;
  }

  async #answer(asked: Asked): Promise<void> {
    if (!this.#isWanted(asked)) return;
    const { outside } = this.#options;
    const breakOff = outside.connection();
    this.#current = asked;
    let lease: string | undefined;
    try {
      asked.finished ??= await this.#work(asked.offer);
      ({ lease } = asked);
      if (lease === undefined) return;
      this.#doing = "handing in an answer";
      const { answer, vectors } = asked.finished;
      await outside.submit(lease, answer, vectors, (reason) => {
        this.#doing = `waiting to hand in an answer: ${reason}`;
      });
      if (asked.lease === lease) asked.lease = undefined; // acknowledged
    } catch (error) {
      lease ??= asked.lease;
      if (lease === undefined || asked.lease !== lease) return; // nobody waits for it, or under another lease: that has its own turn
      if (isOfConnection(error)) {
        breakOff(error); // offered again on the next
        return;
      }
      const code = error instanceof TributaryError ? error.code : "";
      if (code === "unknown-lease" && asked.finished !== undefined) return; // the coordinator began anew: it may offer the same under another
      asked.lease = undefined;
      if (code !== "stale-round" && code !== "unknown-lease" && code !== "stale-upload")
        outside.send({ kind: "failed", lease, reason: (error as Error).message });
    } finally {
      this.#current = undefined;
      if (asked.lease === undefined) this.#forget(asked);
    }
  }

  async #work({ client, assignment, prepared, task }: Offer): Promise<Finished> {
    const { fetch } = this.#options.outside;
    await this.#open(present(this.#invitations.get(client), `an invitation of ${client}`));
    this.#doing = `fetching a task for ${client}`;
    if (this.#assignment?.sha256 !== assignment.sha256)
      this.#assignment = {
        sha256: assignment.sha256,
        given: await decodeAssignment(await fetch(assignment, "the assignment"), fetch),
      };
    this.#mustConsent(this.#assignment.given);
    if (prepared !== undefined && this.#prepared?.sha256 !== prepared.sha256) {
      const decoded = await decodeTask(await fetch(prepared, "the preparation"), client, fetch);
      if (decoded.kind !== "prepare")
        throw new TributaryError("invalid-data", `Expected a preparation, got a task of the kind ${decoded.kind}`);
      this.#prepared = { sha256: prepared.sha256, task: decoded };
    }
    const given = await decodeTask(await fetch(task, "the task"), client, fetch);
    this.#doing = `working on "${given.kind}" for ${client}`;
    const done = await this.#place.do({
      kind: "task",
      run: this.#options.run,
      client,
      assignment: this.#assignment,
      prepared: prepared && this.#prepared,
      task: given,
    });
    return { answer: encodeAnswer(done.answer), vectors: encodeSent(done, given, this.#assignment.given) };
  }

  /** Throws "forbidden" with every reason why the client does not agree; asked before any task, and nothing has run by then. */
  #mustConsent(assignment: Assignment): void {
    const { consent } = this.#options;
    if (consent === undefined) return;
    const proposal = { assignment, leastCohort: this.#leastCohort, ...this.#promised };
    const objections = [...objectionsTo(proposal, consent), ...objectionsNow(consent, new Date())];
    if (objections.length > 0) throw new TributaryError("forbidden", `no consent: ${objections.join("; ")}`);
  }
}

const newWorkplace: OpenPlace = (folder, personal) => new Workplace(folder, personal);

const isSameTask = (a: Offer, b: Offer): boolean =>
  a.assignment.sha256 === b.assignment.sha256 &&
  a.prepared?.sha256 === b.prepared?.sha256 &&
  a.task.sha256 === b.task.sha256;

const ofConnection: ReadonlySet<ErrorCode> = new Set([
  ...(["unavailable", "unauthenticated", "exhausted"] as const),
  ...(["disk-full", "storage-failed", "fenced", "locked"] as const), // the coordinator's trouble
]);

/** Nothing is wrong with the work: the same may be handed in on another connection, or later. */
const isOfConnection = (error: unknown): error is TributaryError =>
  error instanceof TributaryError && ofConnection.has(error.code);
