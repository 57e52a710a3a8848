/** Many clients that only attend: a handshake and the long-lived stream each, all in one process. */
import { join } from "node:path";
import { folder, freePort, load, memoryKB, number, pause, serve, spawned } from "./scene.mjs";

/** The process of the clients; it prints how many are connected whenever that has changed. */
function clients(port, count, keys) {
  let connected = 0;
  let wake = () => {};
  spawned([join(import.meta.dirname, "../network.mjs"), "clients", String(count), String(port), keys ?? ""], (now) => {
    connected = now;
    wake();
  });
  const until = async (wanted) => {
    while (!wanted(connected)) await new Promise((done) => (wake = done));
  };
  return { until };
}

export async function beClients(size, [port, keys]) {
  const { Coordinator } = await load("client/rpc/coordinator.js");
  const { readKit, tokenIn } = await load("shared/identity/kit.js");
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

/** Memory of a coordinator for each of N idle clients. */
export async function idle(size, flags) {
  const count = number(size, 2000);
  const secure = flags.includes("--tls");
  let keys;
  if (secure) {
    const { KeyFolder } = await load("server/identity/key-folder.js");
    const made = await KeyFolder.create(join(folder, "keys"));
    const request = { hosts: ["localhost", "127.0.0.1"], days: 30, tokenDays: 7 };
    await made.issue({ ...request, name: "server", role: "server" });
    for (let i = 0; i < count; i += 50)
      await Promise.all(
        Array.from({ length: Math.min(50, count - i) }, (_, j) =>
          made.issue({ ...request, name: `client-${i + j}`, role: "client" }),
        ),
      );
    keys = made.path;
  }
  const port = await freePort();
  const daemon = await serve(port, { keys: keys && join(keys, "server") });
  await pause(2000);
  const before = memoryKB(daemon.pid);
  const began = performance.now();
  const { until } = clients(port, count, keys);
  await until((connected) => connected >= count);
  const seconds = (performance.now() - began) / 1000;
  await pause(12_000); // two heartbeats, and a collection or two
  const after = memoryKB(daemon.pid);
  console.log(
    `${count} idle clients, ${secure ? "mTLS" : "plaintext"}: ${((after - before) / count).toFixed(1)} kB each (${(before / 1000).toFixed(0)} → ${(after / 1000).toFixed(0)} MB), all in within ${seconds.toFixed(1)} s`,
  );
}

/** From the start of a killed coordinator to its port, and until N workers are back. */
export async function restart(size) {
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
