import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Leases, type Lease } from "../../../server/fleet/leases.ts";
import type { Claim } from "../../../server/store/store.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void; // what the flag gives

const acknowledged = { sha256: "a".repeat(64), size: 8 };

function leaseOn(model: Float64Array): Lease {
  const unexpected = (): never => {
    throw new Error(`the lease over ${model.length} numbers is used`);
  };
  return { client: "a", worker: () => "site", open: unexpected, fail: unexpected, broke: unexpected };
}

test("a lease that is over lets go of what it was granted on and of what was answered, and gives its receipt again", async () => {
  const leases = new Leases();
  const answer = (): Claim => ({ bytes: 8, sha256: "a".repeat(64), head: new Uint8Array(4096).fill(7) });
  const granted = ((): { token: string; model: WeakRef<Float64Array> } => {
    const model = new Float64Array(1000);
    return { token: leases.grant(leaseOn(model)), model: new WeakRef(model) };
  })();
  expect(leases.find(granted.token, "site").client).toBe("a");
  const head = ((): WeakRef<Uint8Array> => {
    const claim = answer();
    leases.end(granted.token, "it has been answered", { worker: "site", claim, acknowledged });
    return new WeakRef(claim.head);
  })();
  await setImmediate(); // a WeakRef holds on to what it has been asked for until the end of the turn
  collectGarbage();
  expect(granted.model.deref()).toBeUndefined();
  expect(head.deref()).toBeUndefined();
  const again = leases.find(granted.token, "site");
  expect([again.client, again.worker()]).toEqual(["a", "site"]);
  expect(await again.open(answer())).toEqual(acknowledged);
  for (const other of [{ sha256: "b".repeat(64) }, { head: new Uint8Array(4096) }])
    await expect(again.open({ ...answer(), ...other })).rejects.toThrow(/answer of a/);
  expect(() => leases.find(granted.token, "other")).toThrow(/not wanted any more: it has been answered/);
});
