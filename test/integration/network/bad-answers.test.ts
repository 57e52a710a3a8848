/** Answers that are none, late, twice or another's, over a real socket: each is refused by what it is, and the run goes on with the others. */
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Done } from "../../../client/work/desk.ts";
import type { Daemon } from "../../../server/daemon.ts";
import type { RoundEvent } from "../../../server/events.ts";
import type { Answer } from "../../../shared/protocol/answer.ts";
import { sha256Of } from "../../../shared/protocol/content.ts";
import type { Offer } from "../../../shared/protocol/orders.ts";
import { Random } from "../../../shared/random.ts";
import { openDaemon, startWorker, type TestWorker } from "../../support/network.ts";
import { RawWorker, receiptOf } from "../../support/raw-worker.ts";
import { dealt, drawRows, scene } from "../../support/scene.ts";

const experiment = scene(dealt(drawRows(24, Random.seeded(8)), 2), {
  evaluation: "{ everyRounds: 100000 }",
  federation:
    "{ mode: gradient, rounds: 100000, clients: { quorum: 1 }, clip: { perClient: 100 }, serverOptimizer: { kind: sgd, learningRate: 0.01 } }",
});
let daemon: Daemon;
let honest: TestWorker;
let raw: RawWorker;
let run: string;
const rounds: RoundEvent[] = [];

beforeAll(async () => {
  daemon = await openDaemon({ streams: { idleMs: 500, uploadBytesPerSecond: 1000 }, absenceMs: 20_000 });
  honest = startWorker(daemon.port, "c0", [experiment.simulation!.clients!["c0"]!]);
  raw = new RawWorker(`127.0.0.1:${daemon.port}`, "c1");
  run = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  daemon.runs.watch(run, (event) => {
    if (event.event === "round") rounds.push(event);
  });
  await raw.join(experiment);
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  raw[Symbol.dispose]();
  await honest.stop();
});

/** How many clients the round of this offer counted, once it is over. */
async function clientsOf(offer: Offer): Promise<number> {
  const find = (): RoundEvent | undefined => rounds.find(({ round }) => round === offer.place!.round);
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return find()!.clients;
}

const withFirst =
  (change: Partial<Answer["contributions"][number]>) =>
  ({ answer, vectors }: Done) => ({
    vectors,
    answer: { ...answer, contributions: [{ ...answer.contributions[0]!, ...change }] },
  });
const withVector =
  (change: (vector: Float64Array) => Float64Array) =>
  ({ answer, vectors }: Done) => ({ answer, vectors: [change(Float64Array.from(vectors[0]!))] });

test.each<[string, (done: Done) => { answer: Answer; vectors: Done["vectors"] }, RegExp]>([
  ["NaN", withVector((v) => v.fill(NaN, 1, 2)), /c1: vector 0: expected finite numbers, got NaN at 1/],
  ["−∞", withVector((v) => v.fill(-Infinity, 2)), /got -Infinity at 2/],
  ["a norm of 1e30", withVector((v) => v.fill(1e30)), /expected a norm of at most 100, .*, got 1\.7\d*e\+30/],
  ["one number too few", withVector((v) => v.slice(1)), /expected vectors of 24 bytes, got 16/],
  ["one number too many", withVector((v) => Float64Array.of(...v, 0)), /expected vectors of 24 bytes, got 32/],
  ["an objective of another name", withFirst({ objective: "../x" }), /expected y in this order, got \.\.\/x/],
  ["a negative count", withFirst({ examples: -1 }), /y\.examples: expected a count/],
  ["a count of 2⁵³", withFirst({ examples: 2 ** 53 }), /y\.examples: expected a count/],
  ["a denominator that is NaN", withFirst({ denominator: NaN }), /y\.denominator: expected a finite number/],
])("an answer with %s is refused by name, and the round goes on without it", async (_name, spoil, reason) => {
  const offer = await raw.offer();
  const refused = raw.submit(offer.lease, await raw.work(offer, spoil));
  await expect(refused).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringMatching(reason) as string,
  });
  expect(await clientsOf(offer)).toBe(1);
});

test("zeros and numbers too small to be normal are numbers like others, and count", async () => {
  for (const value of [0, 5e-324]) {
    const offer = await raw.offer();
    await raw.submit(
      offer.lease,
      await raw.work(
        offer,
        withVector((v) => v.fill(value)),
      ),
    );
    expect(await clientsOf(offer)).toBe(2);
  }
});

test("an answer that is no answer, and an opening that opens nothing, are refused", async () => {
  const offer = await raw.offer();
  const work = await raw.work(offer);
  await expect(raw.submit(offer.lease, { ...work, answer: Uint8Array.of(255, 1, 2) })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  });
  expect(await clientsOf(offer)).toBe(1);
  const call = raw.client.Submit(raw.metadata);
  call.write({ chunk: { offset: 0, bytes: Uint8Array.of(1) } });
  await expect(receiptOf(call)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining("the opening of an upload") as string,
  });
});

test("a claim of a terabyte is refused at its opening, whatever would have followed", async () => {
  const offer = await raw.offer();
  const { answer } = await raw.work(offer);
  const before = process.memoryUsage().arrayBuffers;
  const call = raw.upload(offer.lease, answer, { sha256: sha256Of(new Uint8Array(0)), size: 2 ** 40 });
  await expect(receiptOf(call)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining("expected vectors of 24 bytes, got 1099511627776") as string,
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  expect(await clientsOf(offer)).toBe(1);
});

test("bytes beyond the claim are refused with the first of them", async () => {
  const offer = await raw.offer();
  const { answer, vectors } = await raw.work(offer);
  const call = raw.upload(offer.lease, answer, { sha256: sha256Of(vectors), size: vectors.length });
  call.write({ chunk: { offset: 0, bytes: Buffer.concat([vectors, Buffer.of(0)]) } });
  await expect(receiptOf(call)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining("expected 24 bytes, got 25 or more") as string,
  });
  expect(await clientsOf(offer)).toBe(1);
});

test("bytes with another hash than claimed are refused, and the right ones are taken after them", async () => {
  const offer = await raw.offer();
  const work = await raw.work(offer);
  const spoilt = Uint8Array.from(work.vectors, (byte, i) => (i === 7 ? byte ^ 1 : byte)); // a bit that flipped on its way
  await expect(raw.submit(offer.lease, work, { bytes: spoilt })).rejects.toMatchObject({ code: status.DATA_LOSS });
  await raw.submit(offer.lease, work);
  expect(await clientsOf(offer)).toBe(2);
});

test("an upload that stops short is asked for again, and goes on where it was", async () => {
  const offer = await raw.offer();
  const { answer, vectors } = await raw.work(offer);
  const claim = { sha256: sha256Of(vectors), size: vectors.length };
  const first = raw.upload(offer.lease, answer, claim);
  first.write({ chunk: { offset: 0, bytes: vectors.subarray(0, 10) } });
  first.end();
  await expect(receiptOf(first)).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details: expect.stringContaining("broke off: expected 24 bytes, got 10 so far") as string,
  });
  expect(await raw.next("offer")).toMatchObject({ lease: offer.lease });
  const second = raw.upload(offer.lease, answer, claim);
  second.once("data", ({ offset }: { offset?: number }) => {
    second.write({ chunk: { offset: offset!, bytes: vectors.subarray(offset) } });
  });
  expect(await receiptOf(second)).toMatchObject({ sha256: claim.sha256 });
  expect(await clientsOf(offer)).toBe(2);
});

test("an upload of a byte every now and then is ended by the floor of its rate, one that stalls by its silence", async () => {
  const offer = await raw.offer();
  const { answer, vectors } = await raw.work(offer);
  const claim = { sha256: sha256Of(vectors), size: vectors.length };
  const slow = raw.upload(offer.lease, answer, claim);
  let at = 0;
  const drip = setInterval(() => {
    slow.write({ chunk: { offset: at, bytes: vectors.subarray(at, ++at) } });
  }, 60);
  await expect(receiptOf(slow)).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details: expect.stringContaining("Expected at least 1000 bytes a second") as string,
  });
  clearInterval(drip);
  const stalled = raw.upload(offer.lease, answer, claim);
  await expect(receiptOf(stalled)).rejects.toMatchObject({
    code: status.UNAVAILABLE,
    details: expect.stringContaining("Nothing came for 500 ms") as string,
  });
  await raw.submit(offer.lease, { answer, vectors });
  expect(await clientsOf(offer)).toBe(2);
});

test("the same answer twice is given the same receipt and counts once; another under the same lease is refused", async () => {
  const offer = await raw.offer();
  const work = await raw.work(offer);
  const both = await Promise.allSettled([raw.submit(offer.lease, work), raw.submit(offer.lease, work)]);
  const receipts = both.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  for (const one of both) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: status.ABORTED }); // the newer goes on
  expect(receipts[0]).toMatchObject({ sha256: sha256Of(work.vectors) });
  expect(await raw.submit(offer.lease, work)).toEqual(receipts[0]);
  const other = await raw.work(
    offer,
    withVector((v) => v.map((x) => x / 2)),
  );
  await expect(raw.submit(offer.lease, other)).rejects.toMatchObject({ code: status.ALREADY_EXISTS });
  expect(await clientsOf(offer)).toBe(2);
});

test("a lease that is another's, that nobody was granted, or whose round is over is of no use", async () => {
  const offer = await raw.offer();
  const work = await raw.work(offer);
  using stranger = new RawWorker(`127.0.0.1:${daemon.port}`, "c9");
  await stranger.enrol();
  await expect(stranger.submit(offer.lease, work)).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
    details: "The lease is of c1, and c9 does not carry it",
  });
  await expect(raw.submit("00000000-0000-4000-8000-000000000000", work)).rejects.toMatchObject({
    code: status.NOT_FOUND,
  });
  raw.send({ kind: "failed", lease: offer.lease, reason: "no wish to" });
  expect(await clientsOf(offer)).toBe(1);
  await expect(raw.submit(offer.lease, work)).rejects.toMatchObject({
    code: status.FAILED_PRECONDITION,
    details: expect.stringContaining("not wanted any more: no wish to") as string,
  });
});

test("an upload that ends after its lease does is dropped", async () => {
  const offer = await raw.offer();
  const { answer, vectors } = await raw.work(offer);
  const call = raw.upload(offer.lease, answer, { sha256: sha256Of(vectors), size: vectors.length });
  const ended = expect(receiptOf(call)).rejects.toMatchObject({ code: expect.any(Number) as number });
  await new Promise((done) => call.once("data", done));
  raw.send({ kind: "failed", lease: offer.lease, reason: "no wish to" });
  expect(await clientsOf(offer)).toBe(1);
  call.write({ chunk: { offset: 0, bytes: vectors } });
  await ended;
});

test("a call under another's name, or without the handshake's session, is refused", async () => {
  using forger = new RawWorker(`127.0.0.1:${daemon.port}`, "c1");
  const offer = await raw.offer();
  const work = await raw.work(offer);
  await expect(forger.submit(offer.lease, work)).rejects.toMatchObject({
    code: status.UNAUTHENTICATED,
    details: expect.stringContaining("enroll again") as string,
  });
  await raw.submit(offer.lease, work);
  expect(await clientsOf(offer)).toBe(2);
});

test("a signal that makes no sense ends its stream alone, and the newest of two connections of one name wins", async () => {
  using second = new RawWorker(`127.0.0.1:${daemon.port}`, "c1");
  await second.join(experiment);
  await expect(raw.next("goodbye")).resolves.toMatchObject({ reason: "c1 has connected anew elsewhere" });
  const offer = await second.offer();
  await second.submit(offer.lease, await second.work(offer));
  expect(await clientsOf(offer)).toBe(2);
  second.sendRaw({ joined: { run, client: "c1", trainRows: 1, testRows: 0, blocks: [Uint8Array.of(1, 2, 3)] } });
  await expect(second.next("goodbye")).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  const before = rounds.length;
  await raw.join(experiment);
  await expect.poll(() => rounds.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(before);
  const again = await raw.offer();
  await raw.submit(again.lease, await raw.work(again));
  expect(await clientsOf(again)).toBe(2);
});
