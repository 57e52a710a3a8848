/** The adjustments of the runs of a store: known at once, durable before they are acknowledged. */
import type { Store } from "../store/store.ts";
import type { Adjustment } from "./adjustment.ts";

const kind = "adjustment";

/** Those of a run, in the order in which they were made. */
export const adjustmentsOf = async (store: Store, run: string): Promise<Adjustment[]> =>
  (await allAdjustments(store)).get(run) ?? [];

/** Those of every run, by its id. */
export async function allAdjustments(store: Store): Promise<Map<string, Adjustment[]>> {
  const records = [...(await store.records(kind))].sort(([a], [b]) => (a < b ? -1 : 1));
  const all = new Map<string, Adjustment[]>();
  for (const [key, record] of records) {
    const run = key.slice(0, key.lastIndexOf("/"));
    all.set(run, [...(all.get(run) ?? []), record as Adjustment]); // what keepAdjustment wrote
  }
  return all;
}

/**
 * Keeps one more. It is queued before anything of the round it begins with can be, and so is on disk before that round is
 * committed: a replay never meets a round that an adjustment reached and the journal does not know.
 */
export function keepAdjustment(store: Store, run: string, position: number, adjustment: Adjustment): Promise<void> {
  store.audit({ actor: adjustment.by, action: "adjust-run", detail: { run, ...adjustment } });
  return store.setRecord(kind, `${run}/${String(position).padStart(6, "0")}`, adjustment);
}
