/** A daemon with four workers over mTLS, run after run for a while, a worker killed and started again now and then: does anything grow? */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { folder, freePort, load, memoryKB, number, pause, serve, tributary } from "./scene.mjs";

const names = ["cleveland", "hungarian", "switzerland", "va"];
const house = resolve(import.meta.dirname, "../../..");
const budgetMB = 20;
const [sampleEveryMs, killEveryMs, awayMs] = [30_000, 40_000, 3_000];

/** @param size minutes @param rounds of each run */
export async function soak(size, [rounds]) {
  const minutes = number(size, 20);
  const port = await freePort();
  const keys = await kits();
  const args = ["--disk-budget", String(budgetMB), "--absence", "120"]; // a machine that has other things to do as well
  const daemon = await serve(port, { keys: join(keys, "server"), args });
  const workers = new Map(names.map((name) => [name, work(name, port, keys)]));
  const counts = { runs: 0, rounds: 0, kills: 0 };
  const began = performance.now();
  const isOver = () => performance.now() - began > minutes * 60_000;
  const sampling = setInterval(() => console.log(JSON.stringify(sample())), sampleEveryMs);
  await Promise.all([runs(), kills()]);
  clearInterval(sampling);
  console.log(JSON.stringify(sample()));
  daemon.kill("SIGTERM");
  console.log(`the daemon ended with ${await daemon.ended}`);

  async function runs() {
    const { Operator } = await load("client/rpc/operator.js");
    const { readKit } = await load("shared/identity/kit.js");
    const { parseOverride } = await load("shared/experiment/override.js");
    const { loadExperiment } = await load("cli/load-experiment.js");
    const operator = new Operator({ address: `localhost:${port}`, kit: readKit(join(keys, "ops")) });
    const settings = [`federation.rounds=${number(rounds, 100)}`, "evaluation.everyRounds=10", "stop.patience=1000"];
    for (let i = 0; !isOver(); i++) {
      const overrides = [...settings, `seed=${i}`].map(parseOverride);
      const { experiment } = loadExperiment(join(house, "examples/heart-mlp.yaml"), overrides, house);
      const { id } = await operator.submit({ experiment: JSON.stringify(experiment), source: "" });
      const events = operator.watch(id, 0, new AbortController().signal)[Symbol.asyncIterator]();
      while (!(await events.next()).done);
      const [{ status, round, explanation }] = (await operator.list()).filter((run) => run.id === id);
      if (status !== "finished")
        throw new Error(`${id}: expected a run that has finished, got ${status}: ${explanation}`);
      counts.runs++;
      counts.rounds += round;
    }
  }

  async function kills() {
    for (let i = 0; !isOver(); i++) {
      await pause(killEveryMs - awayMs);
      const name = names[i % names.length];
      workers.get(name).kill(i % 2 === 0 ? "SIGKILL" : "SIGTERM");
      await workers.get(name).ended;
      await pause(awayMs);
      workers.set(name, work(name, port, keys));
      counts.kills++;
    }
  }

  function sample() {
    const seen = ({ pid }) => ({ MB: Math.round(memoryKB(pid) / 1000), files: readdirSync(`/proc/${pid}/fd`).length });
    return {
      minute: Number(((performance.now() - began) / 60_000).toFixed(1)),
      ...counts,
      daemon: { ...seen(daemon), peakMB: Math.round(memoryKB(daemon.pid, "VmHWM") / 1000) },
      workers: [...workers.values()].filter(({ exitCode, signalCode }) => (exitCode ?? signalCode) === null).map(seen),
      diskMB: { coordinator: megabytes(join(folder, "state")), worker: megabytes(join(folder, names[0])) },
    };
  }
}

async function kits() {
  const { KeyFolder } = await load("server/identity/key-folder.js");
  const made = await KeyFolder.create(join(folder, "keys"));
  const request = { hosts: ["localhost", "127.0.0.1"], days: 30, tokenDays: 7 };
  await made.issue({ ...request, name: "server", role: "server" });
  await made.issue({ ...request, name: "ops", role: "operator" });
  for (const name of names) await made.issue({ ...request, name, role: "client" });
  return made.path;
}

function work(name, port, keys) {
  const data = join(house, `examples/data/heart_disease/processed.${name}.data`);
  const own = ["--keys", join(keys, name), "--state", join(folder, name)];
  return tributary(["worker", "--coordinator", `localhost:${port}`, "--data", data, ...own]);
}

function megabytes(path) {
  if (!existsSync(path)) return 0;
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const sizes = files.map(({ parentPath, name }) => {
    try {
      return statSync(join(parentPath, name)).size;
    } catch {
      return 0; // it has gone meanwhile
    }
  });
  return Number((sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6).toFixed(1));
}
