/**
 * One stream of many megabytes up and down, beside a plain http2 stream between the same two processes: on loopback, or into a network
 * namespace whose link has a rate limit (needs root, iproute2 and the kernel's tbf). Ours hashes every byte on both sides; "durable" goes
 * into a store, with its fsync and its receipt. The best of some turns each.
 */
import { createHash, randomBytes } from "node:crypto";
import http2 from "node:http2";
import { join } from "node:path";
import { namespace } from "./namespace.mjs";
import { folder, load, number, spawned } from "./scene.mjs";

const turns = 4;
const windowBytes = 4 << 20;
const settings = { initialWindowSize: windowBytes };

/** "--rate 100mbit" → 100mbit */
const flag = (flags, name) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined);

export async function transfer(size, flags) {
  const bytes = randomBytes(number(size, 100) * 1_000_000);
  const rate = flag(flags, "--rate");
  const { Coordinator } = await load("client/rpc/coordinator.js");
  const { host, within } = rate === undefined ? { host: "127.0.0.1", within: [] } : namespace(rate);
  const peer = [join(import.meta.dirname, "../network.mjs"), "peer", String(bytes.length), host];
  const { port, plainPort, content, leases } = await new Promise((told) => spawned(peer, told, within));
  const coordinator = new Coordinator({ address: `${host}:${port}`, name: "bench", version: "bench" });
  await coordinator.enroll();
  const session = http2.connect(`http://${host}:${plainPort}`, { settings });
  session.on("connect", () => session.setLocalWindowSize(windowBytes));
  const plainly = (method) => () =>
    new Promise((done) => {
      const stream = session.request({ ":method": method });
      stream.on("data", () => {}).on("end", done);
      if (method === "POST") stream.end(bytes);
    });
  const submitted = (which) => (turn) => coordinator.submit(leases[which][turn], new Uint8Array(0), bytes);
  const ways = {
    "http2 up": plainly("POST"),
    "http2 down": plainly("GET"),
    up: submitted("hashed"),
    durable: submitted("durable"),
    down: async () => {
      const hash = createHash("sha256");
      for await (const piece of coordinator.fetch(content, 0)) hash.update(piece);
      hash.digest();
    },
  };
  const best = Object.fromEntries(Object.keys(ways).map((way) => [way, 0]));
  for (let turn = 0; turn < turns; turn++)
    for (const [way, work] of Object.entries(ways)) {
      const began = performance.now();
      await work(turn);
      best[way] = Math.max(best[way], bytes.length / 1e3 / (performance.now() - began));
    }
  const where = rate === undefined ? "on loopback" : `at ${rate}`;
  for (const [way, plain] of Object.entries({ up: "http2 up", durable: "http2 up", down: "http2 down" }))
    console.log(
      `${bytes.length / 1e6} MB ${where}, ${way}: ${best[way].toFixed(1)} MB/s, ${(best[way] / best[plain]).toFixed(2)} of a plain http2 stream (${best[plain].toFixed(1)} MB/s)`,
    );
}

/** The coordinator's side, and the plain server beside it. */
export async function bePeer(size, [host]) {
  const bytes = randomBytes(Number(size));
  const { createGrpcServer } = await load("server/rpc/server.js");
  const { federationService, defaultStreamLimits } = await load("server/rpc/federation.js");
  const { Windows } = await load("server/rpc/window.js");
  const { FrontDoor } = await load("server/rpc/front-door.js");
  const { Limits } = await load("server/rpc/limits.js");
  const { Contents } = await load("server/fleet/contents.js");
  const { Leases } = await load("server/fleet/leases.js");
  const { Roster, defaultPresence } = await load("server/fleet/roster.js");
  const { DiskStore } = await load("server/store/disk-store.js");
  const { createLogger } = await load("server/telemetry/logger.js");
  const log = createLogger("error");
  const [contents, leases] = [new Contents(), new Leases()];
  const roster = new Roster({ ...defaultPresence, now: () => performance.now(), log });
  const windows = new Windows();
  const own = {
    windows,
    roster,
    contents,
    leases,
    ...defaultPresence,
    limits: defaultStreamLimits,
    room: () => () => {},
    log,
  };
  const server = createGrpcServer({ windows, interceptors: [], services: { Federation: federationService(own) }, log });
  const door = await FrontDoor.open({ host, port: 0, server, limits: new Limits(), onRefusal: () => {}, log });
  const store = await DiskStore.open(join(folder, "state"), { log });
  await store.createRun({ id: "bench", experiment: {}, source: "", submittedBy: "bench" });
  const hashed = async () => {
    const hash = createHash("sha256");
    return {
      offset: 0,
      write: async (chunk) => void hash.update(chunk),
      finish: async () => ({ sha256: hash.digest("hex"), size: bytes.length }),
    };
  };
  let places = 0;
  const durable = async (claim) => {
    const place = { round: 1, attempt: 0, exchange: 0, pass: places++ };
    const upload = await store.receive({ run: "bench", place, client: "bench" }, claim);
    const finish = async () => {
      await upload.content(); // read to be checked, as a round does
      const { sha256, bytes: size } = await upload.accept();
      return { sha256, size };
    };
    return { offset: upload.offset, write: (chunk) => upload.write(chunk), finish };
  };
  const granted = (open) =>
    Array.from({ length: turns }, () =>
      leases.grant({ client: "bench", worker: () => "bench", open, fail: () => {}, broke: console.error }),
    );
  const plain = http2.createServer({ settings });
  plain.on("session", (session) => session.setLocalWindowSize(windowBytes));
  plain.on("stream", (stream, headers) => {
    if (headers[":method"] === "POST") stream.on("data", () => {}).on("end", () => (stream.respond(), stream.end()));
    else (stream.respond(), stream.end(bytes));
  });
  await new Promise((done) => plain.listen(0, host, done));
  const content = contents.scope().carry(bytes);
  const given = { hashed: granted(hashed), durable: granted(durable) };
  console.log(JSON.stringify({ port: door.port, plainPort: plain.address().port, content, leases: given }));
}
