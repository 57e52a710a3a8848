/**
 * Clients that come once a run has begun (`federation.clients.joining: open`, placement client). Beside the rounds each is prepared with
 * the statistics of those who began; from the next round on it is a member like any other.
 *
 *     connected → joined → prepared → admitted: in the journal, before the first round that it may be drawn in
 *
 * Which round that is depends on when it came; given the journal, the same clients are members of the same rounds, and the model has
 * the same bits. A round that has begun keeps its members, also over a restart.
 */
import { TributaryError } from "../../shared/errors.ts";
import { largestOf } from "../../shared/data/groups.ts";
import type { Joined } from "../../shared/protocol/orders.ts";
import type { Membership } from "../fleet/membership.ts";
import { failpoint } from "../store/failpoints.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ClientCounts } from "./setting.ts";

export interface Admission {
  readonly client: string;
  /** The first round that it may take part in. */
  readonly fromRound: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** Where rows stay together: as `ClientCounts` has them. */
  readonly blocks?: readonly (readonly number[])[];
  /** Of each objective, over its training rows. */
  readonly denominators: readonly number[];
}

/** Gets one who came late ready: its denominators. Throws why that cannot be. */
export type PrepareLate = (client: string) => Promise<readonly number[]>;

export interface LateJoinersOptions {
  readonly run: string;
  readonly store: Pick<Store, "setRecord" | "records" | "audit" | "transitions">;
  readonly membership: Membership;
  /** Those admitted before a restart. */
  readonly known: readonly Admission[];
  /** The largest blocks that the run's programs take whole; undefined where every row stands alone. */
  readonly largest: { readonly group: number; readonly evaluated: number };
  readonly grouped: boolean;
  readonly log: Logger;
}

const kind = "admission";

export class LateJoiners implements Disposable {
  readonly #options: LateJoinersOptions;
  readonly #prepared = new Map<string, readonly number[]>();
  readonly #underWay = new Set<string>();
  #ahead: readonly Admission[];
  #subscription: Disposable | undefined;

  constructor(options: LateJoinersOptions) {
    this.#options = options;
    this.#ahead = options.known;
  }

  /** Prepares whoever is there, and from now on whoever comes. */
  open(prepare: PrepareLate): void {
    const { membership, known } = this.#options;
    const settled = new Set(known.map(({ client }) => client));
    const consider = (client: string): void => {
      if (!settled.has(client) && membership.candidates().includes(client)) void this.#prepare(client, prepare);
    };
    this.#subscription = membership.listen({ ready: consider, gone: (client) => void this.#prepared.delete(client) });
    for (const client of membership.candidates()) consider(client);
  }

  /** Makes members of those whom the journal knows for this round; the new ones are given back. */
  seat(round: number): readonly Admission[] {
    const now = this.#ahead.filter(({ fromRound }) => fromRound <= round);
    this.#ahead = this.#ahead.filter(({ fromRound }) => fromRound > round);
    for (const { client } of now) this.#options.membership.admit(client);
    return now;
  }

  /** As `seat`, and whoever is prepared by now is admitted for good, unless the round had begun before a restart. */
  async admit(round: number): Promise<readonly Admission[]> {
    const { run, store, membership, grouped, log } = this.#options;
    const known = this.seat(round);
    if (this.#prepared.size === 0 || (await store.transitions(run, round, 0)).length > 0) return known;
    const fresh: Admission[] = [];
    for (const [client, denominators] of [...this.#prepared].sort()) {
      const { trainRows, testRows, blocks } = membership.rowsOf(client)!; // whoever is prepared has joined
      const plain = blocks.map((block) => [...block]);
      const admission = {
        client,
        fromRound: round,
        trainRows,
        testRows,
        denominators,
        ...(grouped && { blocks: plain }),
      };
      store.audit({ actor: client, action: "join-run", detail: { run, fromRound: round, trainRows, testRows } });
      failpoint("joiner.prepared");
      await store.setRecord(kind, `${run}/${client}`, admission);
      failpoint("joiner.admitted");
      membership.admit(client);
      this.#prepared.delete(client);
      log.info({ run, client, fromRound: round, trainRows }, "client joined late");
      fresh.push(admission);
    }
    return [...known, ...fresh];
  }

  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]();
  }

  async #prepare(client: string, prepare: PrepareLate): Promise<void> {
    const { membership } = this.#options;
    if (this.#underWay.has(client)) return;
    this.#underWay.add(client);
    try {
      const tooLarge = this.#misfit(membership.rowsOf(client)!); // whoever is ready has said
      if (tooLarge !== undefined) throw new TributaryError("invalid-data", tooLarge);
      const denominators = await prepare(client);
      if (membership.candidates().includes(client)) this.#prepared.set(client, denominators);
    } catch (error) {
      if (membership.isReady(client)) membership.turnAway(client, (error as Error).message); // else it has gone, and may come back
    } finally {
      this.#underWay.delete(client);
    }
  }

  /** Programs are made for those who began. */
  #misfit({ blocks, largestEvaluated }: Joined): string | undefined {
    const { group, evaluated } = this.#options.largest;
    const own = { group: largestOf(blocks), evaluated: largestEvaluated };
    if (own.group <= group && own.evaluated <= evaluated) return undefined;
    const rows = Math.max(own.group, own.evaluated);
    return `its largest group has ${rows} rows, and the run began with programs for ${Math.max(group, evaluated)}: it can take part from the start of a run only`;
  }
}

/** Those of a run who came late, by the journal. */
export async function admissionsOf(store: Pick<Store, "records">, run: string): Promise<readonly Admission[]> {
  const ofRun = [...(await store.records(kind))].filter(([key]) => key.slice(0, key.lastIndexOf("/")) === run);
  return ofRun.map(([, value]) => value as Admission); // what `admit` has written
}

/** As the counts of one who was there from the start. */
export const countsOfLate = ({ client, trainRows, testRows, blocks }: Admission): ClientCounts => ({
  client,
  trainRows,
  testRows,
  ...(blocks && { blocks: blocks.map((block) => Int32Array.from(block)) }),
});
