/** One worker's part in one run: its work thread, and the offers that are under way. Offers of a run are worked on one after the other. */
import { join } from "node:path";
import { TributaryError, type ErrorCode } from "../../shared/errors.ts";
import type { Source } from "../../shared/experiment/data.ts";
import { experimentSchema, type Experiment } from "../../shared/experiment/schema.ts";
import type { Assignment } from "../../shared/protocol/assignment.ts";
import { decodeAssignment } from "../../shared/protocol/assignment-wire.ts";
import type { Content } from "../../shared/protocol/content.ts";
import { encodeAnswer } from "../../shared/protocol/answer-wire.ts";
import { present } from "../../shared/protocol/content-wire.ts";
import { decodeTask } from "../../shared/protocol/task-wire.ts";
import { spentAfter } from "../../shared/privacy/privacy.ts";
import type { Invitation, Offer, Signal } from "../../shared/protocol/orders.ts";
import type { PrepareTask } from "../../shared/protocol/task.ts";
import { encodeVectors } from "../../shared/protocol/vectors-wire.ts";
import { objectionsNow, objectionsTo } from "../consent/consent.ts";
import type { Policy } from "../consent/policy.ts";
import type { OpenJob } from "./desk.ts";
import { Workplace, type OpenPlace, type Place } from "./workplace.ts";

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

export interface RunWorkOptions {
  readonly run: string;
  readonly sources: readonly Source[];
  readonly stateFolder: string;
  readonly outside: Outside;
  /** What it agrees to do; everything when left out. */
  readonly consent?: Policy;
  /** Where it works. @default a thread of its own */
  readonly openPlace?: OpenPlace;
  /** Where the clients' own models are written. @default nowhere */
  readonly personalFolder?: string;
}

export class RunWork implements AsyncDisposable {
  readonly #options: RunWorkOptions;
  readonly #invitations = new Map<string, Invitation>();
  readonly #opened = new Set<string>();
  readonly #wanted = new Set<string>();
  /** Answers that are not acknowledged yet: an offer that comes again is answered without working again. */
  readonly #finished = new Map<string, Finished>();
  #workplace: Place | undefined;
  #assignment: { readonly sha256: string; readonly given: Assignment } | undefined;
  #prepared: { readonly sha256: string; readonly task: PrepareTask } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #doing = "";
  /** With fewer clients no round of this run counts, as far as its declaration says. */
  #leastCohort = 1;
  /** What all its rounds together cost, by the client's own account of what is declared; undefined where nothing is. */
  #epsilon: number | undefined;

  constructor(options: RunWorkOptions) {
    this.#options = options;
  }

  /** In words. */
  get doing(): string {
    return this.#doing;
  }

  /** Gets the rows, and says how many there are, or why it has no part in the run. */
  invite(invitation: Invitation): void {
    const { run, client } = invitation;
    this.#invitations.set(client, invitation);
    const { send, connection } = this.#options.outside;
    this.#inTurn(async () => {
      const breakOff = connection();
      try {
        send({ kind: "joined", run, client, ...(await this.#open(invitation)) });
      } catch (error) {
        if (isOfConnection(error)) {
          breakOff(error); // invited again on the next
          return;
        }
        send({ kind: "declined", run, client, reason: (error as Error).message });
      }
    });
  }

  offer(offer: Offer): void {
    const { lease } = offer;
    this.#wanted.add(lease);
    this.#inTurn(() => this.#answer(offer));
  }

  withdraw(lease: string): void {
    this.#wanted.delete(lease);
    this.#finished.delete(lease);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wanted.clear();
    await this.#workplace?.[Symbol.asyncDispose]();
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).finally(() => {
      this.#doing = "";
    });
  }

  async #open({ client, declaration, groups, split, shard }: Invitation) {
    const { fetch } = this.#options.outside;
    const experiment = experimentFrom(await fetch(declaration, "the declaration"));
    const { quorum, select } = experiment.federation.clients;
    const drawn = typeof select === "object" && "count" in select ? select.count : 1; // of a share, or of all, nobody said how many
    this.#leastCohort = quorum === "all" ? drawn : quorum;
    this.#epsilon = spentAfter(experiment.federation.rounds, experiment)?.epsilon;
    this.#doing = `reading the rows of ${client}`;
    const rows: OpenJob["rows"] =
      shard === undefined
        ? { from: "files", sources: this.#options.sources, split }
        : { from: "shard", bytes: await fetch(shard, "the shard") };
    const opened = await this.#place().do({ kind: "open", client, experiment, groups, rows });
    this.#opened.add(client);
    return opened;
  }

  async #answer(offer: Offer): Promise<void> {
    const { lease } = offer;
    if (!this.#wanted.has(lease)) return;
    const { outside } = this.#options;
    const breakOff = outside.connection();
    try {
      const finished = this.#finished.get(lease) ?? (await this.#work(offer));
      if (!this.#wanted.has(lease)) return;
      this.#finished.set(lease, finished);
      this.#doing = "handing in an answer";
      await outside.submit(lease, finished.answer, finished.vectors, (reason) => {
        this.#doing = `waiting to hand in an answer: ${reason}`;
      });
      this.withdraw(lease);
    } catch (error) {
      if (isOfConnection(error)) {
        breakOff(error); // offered again on the next
        return;
      }
      const code = error instanceof TributaryError ? error.code : "";
      this.withdraw(lease);
      if (code !== "stale-round" && code !== "unknown-lease" && code !== "stale-upload")
        outside.send({ kind: "failed", lease, reason: (error as Error).message });
    }
  }

  async #work({ client, assignment, prepared, task }: Offer): Promise<Finished> {
    const { fetch } = this.#options.outside;
    this.#place();
    if (!this.#opened.has(client))
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
    const done = await this.#place().do({
      kind: "task",
      client,
      assignment: this.#assignment,
      prepared: prepared && this.#prepared,
      task: given,
    });
    return { answer: encodeAnswer(done.answer), vectors: encodeVectors(done.vectors, given, this.#assignment.given) };
  }

  /** Throws "forbidden" with every reason why the client does not agree; asked before any task, and nothing has run by then. */
  #mustConsent(assignment: Assignment): void {
    const { consent } = this.#options;
    if (consent === undefined) return;
    const epsilon = this.#epsilon;
    const proposal = { assignment, leastCohort: this.#leastCohort, ...(epsilon !== undefined && { epsilon }) };
    const objections = [...objectionsTo(proposal, consent), ...objectionsNow(consent, new Date())];
    if (objections.length > 0) throw new TributaryError("forbidden", `no consent: ${objections.join("; ")}`);
  }

  /** The place; a new one where the last has died, in which every client has to be opened anew. */
  #place(): Place {
    if (this.#workplace?.isBroken === true) {
      this.#workplace = undefined;
      this.#opened.clear();
    }
    const { run, stateFolder, openPlace = newWorkplace, personalFolder } = this.#options;
    const folder = join(stateFolder, "runs", Buffer.from(run).toString("hex"));
    const personal = personalFolder && join(personalFolder, encodeURIComponent(run));
    return (this.#workplace ??= openPlace(folder, personal));
  }
}

const newWorkplace: OpenPlace = (folder, personal) => new Workplace(folder, personal);

const ofConnection: ReadonlySet<ErrorCode> = new Set([
  ...(["unavailable", "unauthenticated", "exhausted"] as const),
  ...(["disk-full", "storage-failed", "fenced", "locked"] as const), // the coordinator's trouble
]);

/** Nothing is wrong with the work: the same may be handed in on another connection, or later. */
const isOfConnection = (error: unknown): error is TributaryError =>
  error instanceof TributaryError && ofConnection.has(error.code);

/** The experiment that a coordinator declares, decoded as if it had been written here. */
function experimentFrom(bytes: Uint8Array): Experiment {
  const parsed = experimentSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TributaryError(
    "invalid-data",
    `The declaration is not an experiment this version knows:\n${lines.join("\n")}`,
  );
}
