/** A worker whose connections break, fall silent, or are to be made with another certificate: it goes on from where it was. */
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { OpenPlace } from "../../../client/work/workplace.ts";
import { KeyFolder } from "../../../server/identity/key-folder.ts";
import { Metrics } from "../../../server/telemetry/metrics.ts";
import { TributaryError } from "../../../shared/errors.ts";
import { readKit, tokenIn } from "../../../shared/identity/kit.ts";
import { Random } from "../../../shared/random.ts";
import { temporaryFolder } from "../../support/files.ts";
import { inThisProcess, openDaemon, startWorker } from "../../support/network.ts";
import { dealt, drawRows, scene, simulateHere } from "../../support/scene.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

const scratch = temporaryFolder();
const rows = dealt(drawRows(24, Random.seeded(8)), 2);
const gradient = (rounds: number): string =>
  `{ mode: gradient, rounds: ${rounds}, serverOptimizer: { kind: sgd, learningRate: 0.1 } }`;
const source = (experiment: ReturnType<typeof scene>, name: string) => experiment.simulation!.clients![name]!;

test("a model is fetched over connections that break again and again, each from where the last one stopped, and lies in the cache", async () => {
  const model = "{ trunk: { kind: mlp, units: [300, 1000] }, heads: { y: 1 } }";
  const bytes = 8 * (3 * 300 + 301 * 1000 + 1001); // 2.4 MB in float64
  const experiment = scene(rows, { model, federation: gradient(1), evaluation: "{ everyRounds: 1, parts: [train] }" });
  const { modelHash } = await simulateHere(experiment);
  const metrics = new Metrics();
  await using daemon = await openDaemon({ metrics, absenceMs: 60_000 });
  await using proxy = await TcpProxy.open(daemon.port);
  proxy.breakAfter(1_000_000);
  const stateFolder = join(scratch.path, "c1");
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using far = startWorker(proxy.port, "c1", [source(experiment, "c1")], { stateFolder });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  expect(await daemon.runs.result(id)).toMatchObject({ modelHash, rounds: 1 });
  expect(proxy.made).toBeGreaterThanOrEqual(5); // two models of 2.4 MB, a megabyte at a time
  expect(far.states.filter(({ state }) => state === "disconnected").length).toBeLessThanOrEqual(proxy.made);
  const down = Number(/tributary_bytes_total\{direction="down"\} (\d+)/.exec(await metrics.text())?.[1]);
  expect(down).toBeLessThan(4 * bytes + proxy.made * 1_600_000); // what was on its way when a connection broke, and no more, comes again
  const kept = readdirSync(join(stateFolder, "contents"));
  expect(kept.filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(kept.length).toBeGreaterThan(0);
});

test("after silence the next connection is another one, and the run ends as simulated", async () => {
  const experiment = scene(rows, { federation: gradient(30), evaluation: "{ everyRounds: 30 }" });
  const { modelHash } = await simulateHere(experiment);
  await using daemon = await openDaemon({ presence: { heartbeatMs: 100, silenceMs: 600 }, absenceMs: 60_000 });
  await using proxy = await TcpProxy.open(daemon.port);
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using far = startWorker(proxy.port, "c1", [source(experiment, "c1")], { callMs: 600 });
  const left: string[] = [];
  daemon.roster.listen({ left: (worker, reason) => left.push(`${worker}: ${reason}`) });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  let silenced = false;
  daemon.runs.watch(id, (event) => {
    if (event.event !== "round" || event.round !== 10 || silenced) return;
    silenced = true;
    proxy.silence();
  });
  expect(await daemon.runs.result(id)).toMatchObject({ modelHash, rounds: 30 });
  expect(left).toContainEqual(expect.stringMatching(/^c1: (silent|connected anew)/));
  expect(proxy.made).toBeGreaterThanOrEqual(2);
  expect(far.states.some(({ state }) => state === "disconnected")).toBe(true);
});

test("a worker's renewed certificate is taken by its next connection, without a restart; a kit that is half written is waited for", async () => {
  const request = { hosts: ["localhost"], days: 365, tokenDays: 7 } as const;
  const keys = await KeyFolder.create(join(scratch.path, "keys"));
  await keys.issue({ ...request, name: "server", role: "server" });
  await keys.issue({ ...request, name: "c0", role: "client" });
  const folder = join(keys.path, "c0");
  await using daemon = await openDaemon({ keys: join(keys.path, "server") });
  const shown: string[] = [];
  let halfWritten = false;
  const kit = () => {
    if (halfWritten) {
      halfWritten = false;
      throw new Error("the kit is half written");
    }
    const found = readKit(folder);
    shown.push(found.certificate.toString());
    return found;
  };
  const address = `localhost:${daemon.port}`;
  await using worker = startWorker(daemon.port, "c0", [], { address, kit, token: () => tokenIn(folder) });
  await expect.poll(() => daemon.roster.workers, { timeout: 20_000 }).toEqual(["c0"]);
  await keys.issue({ ...request, name: "c0", role: "client", again: "renew" });
  halfWritten = true;
  daemon.roster.dismiss("come again", 10);
  await expect.poll(() => worker.states.filter(({ state }) => state === "waiting").length, { timeout: 20_000 }).toBe(2);
  expect(new Set(shown).size).toBe(2);
  expect(worker.states).toContainEqual(expect.objectContaining({ reason: "the kit is half written" }));
  expect(existsSync(folder)).toBe(true);
});

test("a place of work that breaks down fails its task alone: another one is opened, and the run ends as simulated", async () => {
  const federation = gradient(4).replace("rounds: 4", "rounds: 4, clients: { belowQuorum: retry }");
  const experiment = scene(rows, { federation, evaluation: "{ everyRounds: 4 }" });
  const { modelHash } = await simulateHere(experiment);
  await using daemon = await openDaemon();
  let opened = 0;
  const openPlace: OpenPlace = (folder) => {
    const place = inThisProcess(folder);
    if (++opened > 1) return place;
    let broken = false;
    return {
      get isBroken() {
        return broken;
      },
      do: (job) => {
        if (job.kind === "task" && job.task.kind === "gradient") broken = true;
        return broken ? Promise.reject(new TributaryError("worker-failed", "out of memory")) : place.do(job);
      },
      [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
    };
  };
  await using _near = startWorker(daemon.port, "c0", [source(experiment, "c0")]);
  await using _far = startWorker(daemon.port, "c1", [source(experiment, "c1")], { openPlace });
  const id = await daemon.runs.submit({ experiment, source: "", submittedBy: "test" });
  const reasons: string[] = [];
  daemon.runs.watch(id, (event) => {
    if (event.event === "abandoned") reasons.push(event.reason);
  });
  const result = await daemon.runs.result(id);
  expect(result, daemon.runs.show(id).explanation).toMatchObject({ modelHash, rounds: 4 });
  expect(reasons).toEqual(["quorum not reached"]);
  expect(opened).toBe(2);
});

test("a worker that is told to stop while it shakes hands, with somebody who never answers or who does, stops", async () => {
  const mute = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const callMs = 600_000;
  const unheard = startWorker((mute.address() as AddressInfo).port, "c0", [], { callMs });
  await once(mute, "connection");
  await unheard.stop();
  mute.close();
  await using daemon = await openDaemon();
  for (let i = 0; i < 5; i++) {
    const heard = startWorker(daemon.port, "c0", [], { callMs });
    await new Promise((done) => setTimeout(done, 4 * i)); // somewhere between dialling and the stream
    await heard.stop();
  }
  await expect.poll(() => daemon.roster.workers).toEqual([]);
});
