// How much does the network cost? After `npm run build`:
//
//     node test/bench/network.mjs transfer [MB]        100 MB up and down on loopback, beside a plain http2 stream of the same process
//     node test/bench/network.mjs idle [N] [--tls]     memory of a coordinator for each of N idle clients
//     node test/bench/network.mjs restart [N]          from the start of a killed coordinator to its port, and until N workers are back
//
// Nothing here decides a test. Clients are light: a handshake and the long-lived stream, in a process of their own.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http2 from "node:http2";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const dist = resolve(import.meta.dirname, "../../dist");
const load = (path) => import(join(dist, path));
const [question, size = "", ...flags] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
const children = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const number = (text, fallback) => (Number(text) > 0 ? Number(text) : fallback);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Resolves with the child once it listens. */
async function serve(port, keys) {
  const args = ["serve", "--listen", `127.0.0.1:${port}`, "--state", join(folder, "state"), "--json"];
  const child = spawn(process.execPath, [join(dist, "cli/main.js"), ...args, ...(keys ? ["--keys", keys] : [])], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TRIBUTARY_LOG: "error" },
  });
  children.push(child);
  await new Promise((done, fail) => {
    child.stdout.once("data", done);
    child.once("exit", (code) => fail(new Error(`serve ended with ${code}`)));
  });
  return child;
}

/** This program again, as the process of the clients; it prints how many are connected whenever that has changed. */
function clients(port, count, keys) {
  const child = spawn(process.execPath, [import.meta.filename, "clients", String(count), String(port), keys ?? ""], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let connected = 0;
  let wake = () => {};
  child.stdout.setEncoding("utf8").on("data", (text) => {
    connected = Number(text.trim().split("\n").at(-1));
    wake();
  });
  const until = async (wanted) => {
    while (!wanted(connected)) await new Promise((done) => (wake = done));
  };
  return { until };
}

async function beClients() {
  const { Coordinator } = await load("client/rpc/coordinator.js");
  const { readKit, tokenIn } = await load("shared/identity/kit.js");
  const [port, keys] = flags;
  let connected = 0;
  const tell = (change) => process.stdout.write(`${(connected += change)}\n`);
  const live = async (i) => {
    const name = `client-${i}`;
    const own = keys ? { kit: () => readKit(join(keys, name)), token: () => tokenIn(join(keys, name)) } : {};
    const coordinator = new Coordinator({ address: `localhost:${port}`, name, version: "bench", ...own });
    for (let wait = 50; ; wait = Math.min(2000, 2 * wait)) {
      let inside = false;
      try {
        const { heartbeatMs, silenceMs } = await coordinator.enroll();
        const attendance = coordinator.attend(silenceMs, new AbortController().signal);
        const beats = setInterval(() => attendance.send({ kind: "heartbeat", doing: "" }), heartbeatMs);
        attendance.send({ kind: "heartbeat", doing: "" });
        [inside, wait] = [true, 50];
        tell(1);
        try {
          for await (const order of attendance.orders) if (order.kind === "goodbye") break;
        } finally {
          clearInterval(beats);
        }
      } catch {
        // dialled again
      }
      if (inside) tell(-1);
      await pause(wait * (0.5 + Math.random()));
    }
  };
  for (let i = 0; i < number(size, 1); i++) {
    void live(i);
    await pause(2);
  }
}

const residentKB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

async function idle() {
  const count = number(size, 2000);
  const secure = flags.includes("--tls");
  let keys;
  if (secure) {
    const { KeyFolder } = await load("server/identity/key-folder.js");
    const made = await KeyFolder.create(join(folder, "keys"));
    const request = { hosts: ["localhost", "127.0.0.1"], days: 30, tokenDays: 7 };
    await made.issue({ ...request, name: "server", role: "server" });
    for (let i = 0; i < count; i++) await made.issue({ ...request, name: `client-${i}`, role: "client" });
    keys = made.path;
  }
  const port = await freePort();
  const daemon = await serve(port, keys && join(keys, "server"));
  await pause(2000);
  const before = residentKB(daemon.pid);
  const began = performance.now();
  const { until } = clients(port, count, keys);
  await until((connected) => connected >= count);
  const seconds = (performance.now() - began) / 1000;
  await pause(12_000); // two heartbeats, and a collection or two
  const after = residentKB(daemon.pid);
  console.log(
    `${count} idle clients, ${secure ? "mTLS" : "plaintext"}: ${((after - before) / count).toFixed(1)} kB each (${(before / 1000).toFixed(0)} → ${(after / 1000).toFixed(0)} MB), all in within ${seconds.toFixed(1)} s`,
  );
}

async function restart() {
  const count = number(size, 200);
  const port = await freePort();
  const first = await serve(port);
  const { until } = clients(port, count);
  await until((connected) => connected >= count);
  first.kill("SIGKILL");
  await until((connected) => connected === 0);
  const began = performance.now();
  const listening = (async () => {
    await serve(port);
    return performance.now() - began;
  })();
  await until((connected) => connected >= 1);
  const one = performance.now() - began;
  await until((connected) => connected >= count);
  const all = performance.now() - began;
  const seconds = (ms) => (ms / 1000).toFixed(2);
  console.log(
    `${count} workers: the port is back ${seconds(await listening)} s after the start, the first worker after ${seconds(one)} s, all after ${seconds(all)} s`,
  );
}

async function transfer() {
  const bytes = randomBytes(number(size, 100) * 1_000_000);
  const { Coordinator } = await load("client/rpc/coordinator.js");
  const { createGrpcServer } = await load("server/rpc/server.js");
  const { federationService, defaultStreamLimits } = await load("server/rpc/federation.js");
  const { FrontDoor } = await load("server/rpc/front-door.js");
  const { Limits } = await load("server/rpc/limits.js");
  const { Contents } = await load("server/fleet/contents.js");
  const { Leases } = await load("server/fleet/leases.js");
  const { Roster, defaultPresence } = await load("server/fleet/roster.js");
  const { createLogger } = await load("server/telemetry/logger.js");
  const log = createLogger("error");
  const [contents, leases] = [new Contents(), new Leases()];
  const roster = new Roster({ ...defaultPresence, now: () => performance.now(), log });
  const parts = {
    roster,
    contents,
    leases,
    ...defaultPresence,
    limits: defaultStreamLimits,
    room: () => () => {},
    log,
  };
  const server = createGrpcServer({ interceptors: [], services: { Federation: federationService(parts) }, log });
  const common = { host: "127.0.0.1", port: 0, server, limits: new Limits(), onRefusal: () => {}, log };
  const door = await FrontDoor.open(common);
  const coordinator = new Coordinator({ address: `127.0.0.1:${door.port}`, name: "bench", version: "bench" });
  await coordinator.enroll();
  const content = contents.scope().carry(bytes);
  const timed = async (work) => {
    const began = performance.now();
    await work();
    return bytes.length / 1e3 / (performance.now() - began);
  };
  const intake = () => {
    const hash = createHash("sha256");
    return {
      offset: 0,
      write: async (chunk) => void hash.update(chunk),
      finish: async () => ({ sha256: hash.digest("hex"), size: bytes.length }),
    };
  };
  const up = async () => {
    const lease = leases.grant({ client: "bench", worker: () => "bench", open: async () => intake(), fail: () => {}, broke: console.error }); // prettier-ignore
    await coordinator.submit(lease, new Uint8Array(0), bytes);
  };
  const down = async () => {
    const hash = createHash("sha256");
    for await (const piece of coordinator.fetch(content, 0)) hash.update(piece);
    hash.digest();
  };
  const plain = http2.createServer({ settings: { initialWindowSize: 4 << 20 } });
  plain.on("session", (session) => session.setLocalWindowSize(4 << 20));
  plain.on("stream", (stream, headers) => {
    if (headers[":method"] === "POST") stream.on("data", () => {}).on("end", () => (stream.respond(), stream.end()));
    else (stream.respond(), stream.end(bytes));
  });
  await new Promise((done) => plain.listen(0, "127.0.0.1", done));
  const session = http2.connect(`http://127.0.0.1:${plain.address().port}`, {
    settings: { initialWindowSize: 4 << 20 },
  });
  session.on("connect", () => session.setLocalWindowSize(4 << 20));
  const plainly = (method) => () =>
    new Promise((done) => {
      const stream = session.request({ ":method": method });
      stream.on("data", () => {}).on("end", done);
      if (method === "POST") stream.end(bytes);
    });
  const best = { up: 0, down: 0, "http2 up": 0, "http2 down": 0 };
  for (let turn = 0; turn < 4; turn++)
    for (const [name, work] of Object.entries({ up, down, "http2 up": plainly("POST"), "http2 down": plainly("GET") }))
      best[name] = Math.max(best[name], await timed(work));
  for (const way of ["up", "down"])
    console.log(
      `${bytes.length / 1e6} MB ${way}: ${best[way].toFixed(0)} MB/s, ${(best[way] / best[`http2 ${way}`]).toFixed(2)} of a plain http2 stream (${best[`http2 ${way}`].toFixed(0)} MB/s), which hashes nothing`,
    );
}

const questions = { transfer, idle, restart, clients: beClients };
const asked = questions[question];
if (asked === undefined) {
  console.error(`Expected one of ${Object.keys(questions).join(", ")}, got ${question ?? "nothing"}`);
  process.exit(2);
}
await asked();
if (question !== "clients") process.exit(0);
