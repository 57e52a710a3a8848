// A coordinator of a small run and its clients in one process, to be killed: rounds of two exchanges over the real store. What a client
// would know is written to stdout, a line at once: ASK before it works, ACK with its receipt. Built code: a child process has no TypeScript.
//
//     node durable-run.mjs <folder> <rounds> <clients> <numbers in an update> all|some
//
// "all": everyone takes part, nothing depends on the clock. "some": clients leave and miss deadlines, as chance has it.
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { placeName } from "../../dist/server/round/place.js";
import { runRound } from "../../dist/server/round/run-round.js";
import { DiskStore } from "../../dist/server/store/disk-store.js";
import { historyIn } from "../../dist/server/store/run-history.js";
import { createLogger } from "../../dist/server/telemetry/logger.js";
import { changeOf, hashOf, stepped } from "./durable-model.mjs";

const [folder, rounds, clients, numbers, mode] = process.argv.slice(2);
const run = "swept";
const say = (...words) => writeSync(1, `${words.join(" ")}\n`);
const log = createLogger(process.env.TRIBUTARY_LOG ?? "silent");
const store = await DiskStore.open(folder, { log, takeOver: process.env.TAKE_OVER === "1" }).catch((error) => {
  say("REFUSED", error.code, error.message);
  process.exit(3);
});
say("OPEN", store.epoch);
store.lost.addEventListener("abort", () => {
  say("LOST", store.lost.reason.code);
  process.exit(4);
});
const bytesOf = (vector) => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
const vectorOf = (bytes) => new Float64Array(new Uint8Array(bytes).buffer);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const names = Array.from({ length: Number(clients) }, (_, i) => `client-${i}`);

/** The clients' side of one exchange, as a fleet. */
const fleet = {
  members: names,
  async *run(task, place, cohort, signal) {
    const held = (await store.accepted(run, place)).filter(({ client }) => cohort.includes(client));
    for (const receipt of held) yield reportOf(receipt.client, await store.content(receipt));
    const rest = cohort.filter((client) => !held.some((receipt) => receipt.client === client));
    const ready = [];
    let wake = () => undefined;
    let left = rest.length;
    for (const client of rest) {
      void answer(client, task, place)
        .then(
          (report) => ready.push(report),
          (error) => ready.push(error),
        )
        .finally(() => wake());
    }
    signal.addEventListener("abort", () => wake());
    while (left > 0 && !signal.aborted) {
      const next = ready.shift();
      if (next === undefined) await new Promise((done) => (wake = done));
      else if (next instanceof Error) {
        if (!["stale-round", "disk-full"].includes(next.code)) throw next;
        left--;
      } else {
        left--;
        yield next;
      }
    }
  },
};

async function answer(client, task, place) {
  say("ASK", placeName(place), client);
  if (mode === "some") {
    await wait(Math.random() * 60);
    if (Math.random() < 0.1) return { type: "left", client, reason: "gone" };
  }
  const content = bytesOf(changeOf(task, client));
  const claim = {
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    head: new Uint8Array(0),
  };
  const upload = await store.receive({ run, place, client }, claim);
  if (upload.kind === "upload") {
    for (let at = upload.offset; at < content.length; at += 32_768)
      await upload.write(content.subarray(at, at + 32_768));
    await upload.content();
  }
  const receipt = upload.kind === "receipt" ? upload : await upload.accept();
  say("ACK", placeName(place), client, receipt.sha256, receipt.seq);
  return reportOf(client, content);
}

const reportOf = (client, content) => ({ type: "accepted", answers: [{ client }], vectors: [vectorOf(content)] });

let model = new Float64Array(Number(numbers));
if ((await store.runs()).length === 0)
  await store.createRun({ id: run, experiment: { rounds }, source: "", submittedBy: "test" });
const resumed = await store.resume(run);
if (resumed !== undefined) model = vectorOf(resumed.checkpoint);
for (let round = (resumed?.round ?? 0) + 1; round <= Number(rounds); round++) {
  for (let attempt = 0; ; attempt++) {
    let sums = new Map();
    let changes = new Map();
    let next;
    const absorbInto =
      (found) =>
      ({ answers, vectors }) =>
        answers.forEach(({ client }, i) => found().set(client, vectors[i]));
    const exchanges = [
      {
        open: () => {
          sums = new Map();
          return { kind: "sums", round, model };
        },
        absorb: absorbInto(() => sums),
      },
      {
        open: (participants) => {
          changes = new Map();
          const own = participants.map((client) => sums.get(client)[0]);
          return { kind: "change", round, model, total: own.reduce((sum, one) => sum + one, 0) };
        },
        absorb: absorbInto(() => changes),
      },
    ];
    const policy = {
      exchanges: ["sums", "change"].map((name) => ({ name, leavers: "recompute" })),
      quorum: mode === "all" ? "all" : 2,
      late: "drop",
      ...(mode === "some" && { deadlineMs: 50 }),
    };
    const end = await runRound(
      round,
      attempt,
      {
        fleet,
        policy,
        exchanges,
        select: () => (mode === "all" ? names : names.filter(() => Math.random() < 0.8)),
        step: () => {
          next = stepped(model, changes);
        },
        history: historyIn(store, run),
        now: () => performance.now(),
        log,
      },
      new AbortController().signal,
    );
    if (end.phase === "abandoned") continue;
    const event = { event: "evaluated", round, scores: {}, best: null, seconds: 0 };
    await store.commit(run, { round, checkpoint: bytesOf(next), events: [event], keep: 2 });
    model = next;
    say("COMMIT", round, hashOf(model));
    break;
  }
}
await store.endRun(run, { status: "finished", explanation: "done" });
say("DONE", hashOf(model));
await store[Symbol.asyncDispose]();
