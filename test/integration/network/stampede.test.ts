/** Everybody comes back at once, as after a coordinator's restart. */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Coordinator } from "../../../client/rpc/coordinator.ts";
import { defaultLimits } from "../../../server/rpc/limits.ts";
import { openDaemon } from "../../support/network.ts";

/** Five thousand behind the flag: both ends of each are descriptors of this process. */
const count = process.env["TRIBUTARY_SWEEP"] === "1" ? 5000 : 100;
const many = { perSecond: 20_000, burst: 20_000 };
const limits = {
  ...{ connectsPerAddress: many, callsPerAddress: many },
  ...{ connectionsPerAddress: 4 * count, connections: Math.max(4 * count, defaultLimits.connections) },
};
const megabytes = (): number => process.memoryUsage().heapUsed / 1e6;

/** Attends until it is told to leave, and dials again whenever its stream ends; tells how often it has attended. */
function attend(port: number, name: string, signal: AbortSignal, arrived: () => void): Promise<void> {
  const coordinator = new Coordinator({ address: `127.0.0.1:${port}`, name, version: "test", callMs: 120_000 });
  const live = async (): Promise<void> => {
    while (!signal.aborted) {
      let wait = 250;
      try {
        const { silenceMs } = await coordinator.enroll(signal);
        const attendance = coordinator.attend(silenceMs, signal);
        attendance.send({ kind: "heartbeat", doing: "" });
        arrived();
        for await (const order of attendance.orders) {
          if (order.kind === "heartbeat") attendance.send({ kind: "heartbeat", doing: "" });
          if (order.kind !== "goodbye") continue;
          wait = order.returnAfterMs ?? wait;
          break;
        }
      } catch {
        // dialled again
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  };
  return live().finally(() => {
    coordinator[Symbol.dispose]();
  });
}

test(`${count} workers that are sent away all come back, within their window and in bounded memory`, async () => {
  await using daemon = await openDaemon({ limits, presence: { heartbeatMs: 10_000, silenceMs: 120_000 } });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let arrivals = 0;
  const arrived = (): void => {
    arrivals++;
  };
  const workers: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    workers.push(attend(daemon.port, `c${i}`, stop.signal, arrived));
    if (i % 50 === 49) await sleep(10); // a backlog of its own is for the kernel to bear
  }
  const all = (): boolean => daemon.roster.workers.length === count;
  await expect.poll(all, { timeout: 240_000, interval: 100 }).toBe(true);
  const before = megabytes();
  let most = before;
  const watching = setInterval(() => (most = Math.max(most, megabytes())), 50);
  const began = performance.now();
  daemon.roster.dismiss("come again", 100);
  expect(daemon.roster.workers).toEqual([]);
  await expect.poll(all, { timeout: 240_000, interval: 50 }).toBe(true);
  const seconds = (performance.now() - began) / 1000;
  clearInterval(watching);
  expect(arrivals).toBeGreaterThanOrEqual(2 * count);
  await expect.poll(() => daemon.connections, { timeout: 60_000 }).toBe(count);
  console.info(
    `${count} are back after ${seconds.toFixed(1)} s; heap ${before.toFixed(0)} MB, at most ${most.toFixed(0)}`,
  );
  expect((most - before) / count).toBeLessThan(1); // both sides of every connection, old and new
  stop.abort();
  await Promise.all(workers);
}, 600_000);
