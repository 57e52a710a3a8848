/** What every store owes its callers. A new kind of store is one line in the table below. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../server/events.ts";
import { DiskStore } from "../../server/store/disk-store.ts";
import { MemoryStore } from "../support/memory-store.ts";
import type { Claim, Commit, Receipt, Slot, Store, Upload } from "../../server/store/store.ts";
import { createLogger } from "../../server/telemetry/logger.ts";
import { TributaryError } from "../../shared/errors.ts";
import { temporaryFolder } from "../support/files.ts";

const folder = temporaryFolder();
let count = 0;

const stores: Readonly<Record<string, () => Promise<Store>>> = {
  memory: () => Promise.resolve(new MemoryStore()),
  disk: () => DiskStore.open(join(folder.path, `store-${count++}`), { log: createLogger("silent") }),
};

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const claimOf = (content: Uint8Array, head = "answer"): Claim => ({
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
  head: bytesOf(head),
});
const slotOf = (client: string, round = 1): Slot => ({
  run: "heart",
  place: { round, attempt: 0, exchange: 0, pass: 0 },
  client,
});
const run = { id: "heart", experiment: { seed: 1 }, source: "seed: 1", submittedBy: "ada" };
const commitOf = (round: number): Commit => ({
  round,
  checkpoint: bytesOf(`checkpoint ${round}`),
  events: [evaluated(round)],
  keep: 2,
});
const evaluated = (round: number): RunEvent => ({ event: "evaluated", round, scores: {}, best: null, seconds: 0 });

async function uploading(store: Store, slot: Slot, claim: Claim): Promise<Upload> {
  const opened = await store.receive(slot, claim);
  if (opened.kind !== "upload") throw new Error(`expected an upload, got the receipt ${opened.seq}`);
  return opened;
}

async function submit(store: Store, slot: Slot, content: Uint8Array): Promise<Receipt> {
  const upload = await uploading(store, slot, claimOf(content));
  await upload.write(content);
  expect(Buffer.compare(await upload.content(), content)).toBe(0);
  return upload.accept();
}

/** Rejects with the code, and a message that names what the pattern says. */
const refuses = async (what: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
  const error: unknown = await what.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TributaryError);
  expect((error as TributaryError).code).toBe(code);
  expect((error as TributaryError).message).toMatch(message);
};

describe.each(Object.entries(stores))("a store: %s", (_, open) => {
  const withRun = async (): Promise<Store> => {
    const store = await open();
    await store.createRun(run);
    return store;
  };

  test("lists runs with how far they are and how they ended", async () => {
    await using store = await withRun();
    await refuses(store.createRun(run), "already-exists", /run heart/);
    await store.commit("heart", commitOf(1));
    expect(await store.runs()).toMatchObject([{ ...run, rounds: 1, end: undefined }]);
    await store.endRun("heart", { status: "finished", explanation: "all 1 rounds are done" });
    expect((await store.runs())[0]?.end).toEqual({ status: "finished", explanation: "all 1 rounds are done" });
  });

  test("gives an update back, byte for byte, under its receipt", async () => {
    await using store = await withRun();
    for (const size of [0, 10, 64 * 1024, 64 * 1024 + 1, 300_000]) {
      const content = Uint8Array.from({ length: size }, (_, i) => i * 31);
      const receipt = await submit(store, slotOf(`client-${size}`), content);
      expect(receipt).toMatchObject({ ...slotOf(`client-${size}`), bytes: size, sha256: claimOf(content).sha256 });
      expect(Buffer.compare(await store.content(receipt), content)).toBe(0);
    }
  });

  test("gives the same receipt for the same bytes, and counts them once", async () => {
    await using store = await withRun();
    const content = bytesOf("the same bytes");
    const receipt = await submit(store, slotOf("a"), content);
    expect(await store.receive(slotOf("a"), claimOf(content))).toEqual(receipt);
    expect(await store.accepted("heart", slotOf("a").place)).toEqual([receipt]);
    await store.commit("heart", commitOf(1));
    expect(await store.receive(slotOf("a"), claimOf(content))).toEqual(receipt);
  });

  test("refuses other bytes, or another answer, under an acknowledged update's place", async () => {
    await using store = await withRun();
    await submit(store, slotOf("a"), bytesOf("one"));
    await refuses(store.receive(slotOf("a"), claimOf(bytesOf("two"))), "already-exists", /heart\/1.0.0.0\/a/);
    await refuses(store.receive(slotOf("a"), claimOf(bytesOf("one"), "other")), "already-exists", /heart\/1.0.0.0\/a/);
  });

  test("goes on with a broken upload where it broke off, and fences its first connection off", async () => {
    await using store = await withRun();
    const content = bytesOf("in two parts");
    const first = await uploading(store, slotOf("a"), claimOf(content));
    await first.write(content.slice(0, 5));
    const second = await uploading(store, slotOf("a"), claimOf(content));
    expect(second.offset).toBe(5);
    await refuses(first.write(content.slice(5)), "stale-upload", /heart\/1.0.0.0\/a/);
    await second.write(content.slice(5));
    const receipt = await second.accept();
    expect(Buffer.compare(await store.content(receipt), content)).toBe(0);
  });

  test("gives the receipt to a connection that comes again while it is being made", async () => {
    await using store = await withRun();
    const content = new Uint8Array(100_000).fill(7);
    const first = await uploading(store, slotOf("a"), claimOf(content));
    await first.write(content);
    const accepting = first.accept();
    await setImmediate(); // it has begun
    const again = store.receive(slotOf("a"), claimOf(content));
    expect(await again).toEqual(await accepting);
    expect(await store.accepted("heart", slotOf("a").place)).toEqual([await accepting]);
  });

  test("refuses the first byte beyond the claim, a short upload, and another hash; and then begins anew", async () => {
    await using store = await withRun();
    const content = bytesOf("0123456789");
    const long = await uploading(store, slotOf("a"), claimOf(content));
    await refuses(long.write(bytesOf("0123456789a")), "invalid-data", /expected 10 bytes, got 11/);
    const short = await uploading(store, slotOf("a"), claimOf(content));
    expect(short.offset).toBe(0);
    await short.write(content.slice(1));
    await refuses(short.content(), "data-loss", /expected 10 bytes.*got 9 bytes/);
    const wrong = await uploading(store, slotOf("a"), claimOf(content));
    expect(wrong.offset).toBe(0);
    await wrong.write(bytesOf("0123456780"));
    await refuses(wrong.accept(), "data-loss", /SHA-256/);
    await submit(store, slotOf("a"), content);
  });

  test("lists what is acknowledged for a place, sorted by client, and nothing of other places", async () => {
    await using store = await withRun();
    for (const client of ["b", "c", "a"]) await submit(store, slotOf(client), bytesOf(client));
    await submit(store, slotOf("a", 2), bytesOf("next"));
    const clients = (await store.accepted("heart", slotOf("a").place)).map(({ client }) => client);
    expect(clients).toEqual(["a", "b", "c"]);
    expect(await store.accepted("heart", { ...slotOf("a").place, pass: 1 })).toEqual([]);
  });

  test("acknowledges nothing that can no longer count", async () => {
    await using store = await withRun();
    const late = await uploading(store, slotOf("late"), claimOf(bytesOf("late")));
    await late.write(bytesOf("late"));
    store.record("heart", { type: "closed", round: 1, attempt: 0, exchange: 0, pass: 0, participants: ["a"] });
    await refuses(late.accept(), "stale-round", /closed without this client/);
    await submit(store, slotOf("a"), bytesOf("in time"));
    await store.commit("heart", commitOf(1));
    const after = await uploading(store, slotOf("b"), claimOf(bytesOf("after")));
    await after.write(bytesOf("after"));
    await refuses(after.accept(), "stale-round", /round 1 is committed/);
  });

  test("lets nobody leave who is acknowledged, and acknowledges nobody who has left", async () => {
    await using store = await withRun();
    await submit(store, slotOf("a"), bytesOf("a"));
    expect(await store.leave("heart", slotOf("a").place, ["a", "b"], "silent")).toEqual(["a"]);
    const late = await uploading(store, slotOf("b"), claimOf(bytesOf("b")));
    await late.write(bytesOf("b"));
    await refuses(late.accept(), "stale-round", /the client has left, silent/);
    expect(await store.transitions("heart", 1, 0)).toMatchObject([{ type: "left", client: "b", reason: "silent" }]);
  });

  test("plays a round's transitions back in their order", async () => {
    await using store = await withRun();
    const at = { round: 3, attempt: 1 };
    const transitions = [
      { ...at, type: "selected", cohort: ["b", "a"] },
      { ...at, type: "left", exchange: 0, pass: 0, client: "b", reason: "gone" },
      { ...at, type: "closed", exchange: 0, pass: 0, participants: ["a"] },
    ] as const;
    for (const transition of transitions) store.record("heart", transition);
    store.record("heart", { round: 3, attempt: 2, type: "selected", cohort: [] });
    await store.settle();
    expect(await store.transitions("heart", 3, 1)).toEqual(transitions);
  });

  test("commits a round once, and resumes from the newest with the events up to it", async () => {
    await using store = await withRun();
    expect(await store.resume("heart")).toBeUndefined();
    for (const round of [1, 2, 3]) await store.commit("heart", commitOf(round));
    await store.commit("heart", { ...commitOf(3), checkpoint: bytesOf("another") });
    store.emit("heart", evaluated(4));
    const found = await store.resume("heart");
    expect([found?.round, Buffer.from(found!.checkpoint).toString()]).toEqual([3, "checkpoint 3"]);
    const events = await store.events("heart");
    expect(events.map(({ event }) => event)).toEqual([1, 2, 3].map(evaluated));
    expect(await store.events("heart", events[1]!.seq)).toEqual([events[2]]);
  });

  test("keeps notes that are set once, records that change, and files by their hash", async () => {
    await using store = await withRun();
    await store.setNote("heart", "roster", bytesOf("x"));
    await store.setNote("heart", "roster", bytesOf("x"));
    await refuses(store.setNote("heart", "roster", bytesOf("y")), "already-exists", /note roster/);
    expect(Buffer.from((await store.note("heart", "roster"))!).toString()).toBe("x");
    expect(await store.note("heart", "other")).toBeUndefined();
    await store.setRecord("token", "a", { used: false });
    await store.setRecord("token", "a", { used: true });
    await store.setRecord("token", "b", 1);
    await store.deleteRecord("token", "b");
    expect([...(await store.records("token"))]).toEqual([["a", { used: true }]]);
    const sha256 = await store.put("heart", bytesOf("a model"));
    expect(sha256).toBe(claimOf(bytesOf("a model")).sha256);
    expect(Buffer.from((await store.get(sha256))!).toString()).toBe("a model");
    expect(await store.get(claimOf(bytesOf("b")).sha256)).toBeUndefined();
  });

  test("charges a round once, and chains its audit", async () => {
    await using store = await withRun();
    expect(await store.charge("heart", 1, { rho: 0.5 })).toEqual({ rho: 0.5 });
    expect(await store.charge("heart", 1, { rho: 0.7 })).toEqual({ rho: 0.5 });
    expect(await store.charges("heart")).toEqual([{ round: 1, entry: { rho: 0.5 } }]);
    for (const action of ["revoke", "adjust-run"]) store.audit({ actor: "ada", action, detail: { client: "a" } });
    await store.settle();
    const audits = await store.audits();
    expect(audits.map(({ action }) => action)).toEqual(["revoke", "adjust-run"]);
    expect(await store.audits(audits[0]!.seq)).toEqual([audits[1]]);
  });

  test("names a run that it does not know", async () => {
    await using store = await withRun();
    await refuses(store.resume("lung"), "unknown-name", /run "lung": expected one of heart/);
    await refuses(store.receive({ ...slotOf("a"), run: "lung" }, claimOf(bytesOf("a"))), "unknown-name", /lung/);
  });
});
