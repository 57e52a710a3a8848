import { expect, test } from "vitest";
import type { RoundEvent } from "../../../server/events.ts";
import { Metrics } from "../../../server/telemetry/metrics.ts";
import { WatchPort } from "../../../server/telemetry/watch-port.ts";

const labels = { run: "heart-1", algorithm: "fedavg" };
const round = {
  event: "round",
  round: 1,
  rounds: 2,
  clients: 4,
  losses: { severity: 0.5, other: null },
  learningRate: 1,
  stepNorm: 1,
  clipped: {},
  lossScale: null,
  skipped: false,
  weights: null,
  stationary: false,
  constraints: {},
  infeasible: [],
  rejected: [],
  seconds: 0.2,
} satisfies RoundEvent;

test("a run's rounds, updates and losses are counted by run, algorithm and outcome", async () => {
  const metrics = new Metrics();
  metrics.observe(round, labels);
  metrics.observe({ event: "abandoned", round: 2, attempt: 0, reason: "quorum not reached" }, labels);
  const text = await metrics.text();
  expect(text).toContain('tributary_rounds_total{run="heart-1",algorithm="fedavg",outcome="committed"} 1');
  expect(text).toContain('tributary_rounds_total{run="heart-1",algorithm="fedavg",outcome="abandoned"} 1');
  expect(text).toContain('tributary_updates_total{run="heart-1",algorithm="fedavg"} 4');
  expect(text).toContain('tributary_training_loss{run="heart-1",algorithm="fedavg",objective="severity"} 0.5');
  expect(text).toContain('tributary_round_seconds_count{run="heart-1",algorithm="fedavg"} 1');
});

test("the series of the runs that were heard of last are kept, and no others: a daemon carries thousands in a year", async () => {
  const metrics = new Metrics();
  for (let run = 0; run < 150; run++) metrics.observe(round, { ...labels, run: `heart-${run}` });
  const runs = new Set([...(await metrics.text()).matchAll(/run="(heart-\d+)"/g)].map(([, run]) => run));
  expect([...runs]).toEqual(Array.from({ length: 100 }, (_, i) => `heart-${i + 50}`));
});

test("no metric of ours has a label that could name a client", async () => {
  const metrics = new Metrics();
  metrics.observe(round, labels);
  metrics.call("/tributary.v1.Federation/Attend", "OK");
  metrics.refusal("PERMISSION_DENIED");
  metrics.moved("up", 100);
  metrics.answered(40);
  metrics.gauge("tributary_connections", "Open connections", () => 3);
  const ours = (await metrics.text()).split("\n").filter((line) => line.startsWith("tributary_"));
  const names = new Set(ours.flatMap((line) => [...line.matchAll(/[{,](\w+)="/g)].map(([, name]) => name!)));
  expect([...names].sort()).toEqual(["algorithm", "direction", "le", "method", "objective", "outcome", "run"]);
  expect(ours).toContain("tributary_connections 3");
});

test("the port for watchers says whether the daemon lives, whether it is ready and why not, and nothing can be changed on it", async () => {
  let why: string | undefined = "the disk is full";
  await using port = await WatchPort.open({ host: "127.0.0.1", port: 0, metrics: new Metrics(), notReady: () => why });
  const get = async (path: string, method = "GET"): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port.port}${path}`, { method });
    return `${answer.status} ${await answer.text()}`;
  };
  expect(await get("/healthz")).toBe("200 alive\n");
  expect(await get("/readyz")).toBe("503 the disk is full\n");
  why = undefined;
  expect(await get("/readyz")).toBe("200 ready\n");
  expect(await get("/metrics")).toContain("process_cpu_user_seconds_total");
  expect(await get("/metrics", "POST")).toMatch(/^405/);
  expect(await get("/run")).toMatch(/^404/);
  await expect(
    WatchPort.open({ host: "127.0.0.1", port: port.port, metrics: new Metrics(), notReady: () => undefined }),
  ).rejects.toThrow("another process listens there");
});
