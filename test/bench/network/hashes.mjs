/** One model hash for each experiment: simulated on one thread, on two, and by a daemon with four worker processes over mTLS. */
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { folder, freePort, load, number, serve, tributary } from "./scene.mjs";

const examples = resolve(import.meta.dirname, "../../../examples");
const hospitals = ["cleveland", "hungarian", "switzerland", "va"];
const fileOf = (name) => join(examples, `data/heart_disease/processed.${name}.data`);

function cases(rounds) {
  const mnist = process.env.TRIBUTARY_MNIST ?? join(process.env.TRIBUTARY_DATA ?? "", "mnist");
  const heart = { workers: hospitals.map((name) => [name, ["--data", fileOf(name)]]), flags: [] };
  const some = [`federation.rounds=${rounds}`];
  const known = [
    { name: "heart disease, FedAvg", file: "heart-disease.yaml", sets: some, ...heart },
    { name: "heart disease, FedSGD", file: "heart-exact.yaml", sets: some, ...heart },
  ];
  const images = (part) => `{ image: ${join(mnist, `${part}-images-idx3-ubyte.gz`)}, label: ${join(mnist, `${part}-labels-idx1-ubyte.gz`)} }`; // prettier-ignore
  if (!existsSync(join(mnist, "train-images-idx3-ubyte.gz"))) {
    console.log("MNIST: left out, since neither TRIBUTARY_MNIST nor TRIBUTARY_DATA names it");
    return known;
  }
  const sets = [
    `simulation.data=${images("train")}`,
    `simulation.test=${images("t10k")}`,
    "data.placement=coordinator",
  ];
  const digits = {
    file: "mnist-2nn.yaml",
    workers: ["a", "b", "c", "d"].map((name) => [name, []]),
    flags: ["--workers", "4"],
  };
  const sgd = "federation={ mode: gradient, rounds: 4, serverOptimizer: { kind: sgd, learningRate: 0.1 } }";
  return [
    ...known,
    { name: "MNIST 2NN, FedAvg, 100 clients", sets: [...sets, "federation.rounds=4"], ...digits },
    { name: "MNIST 2NN, FedSGD, 4 clients", sets: [...sets, sgd, "simulation.partition.clients=4"], ...digits },
  ];
}

export async function hashes(size) {
  for (const { name, file, sets, workers, flags } of cases(number(size, 30))) {
    const experiment = join(examples, file);
    const set = sets.flatMap((text) => ["--set", text]);
    const simulated = async (threads) => {
      let hash;
      const args = [
        "simulate",
        experiment,
        ...set,
        "--threads",
        String(threads),
        "--out",
        join(folder, `run-${threads}`),
      ];
      await tributary(args, (line) => (hash = line.modelHash ?? hash)).ended;
      rmSync(join(folder, `run-${threads}`), { recursive: true, force: true });
      return hash;
    };
    const found = [await simulated(1), await simulated(2), await served(experiment, set, workers, flags)];
    const same = new Set(found).size === 1 && found[0] !== undefined;
    console.log(`${name}: ${same ? found[0] : `DIFFERENT: ${found.join(" ")}`}`);
    if (!same) process.exitCode = 1;
  }
}

/** The same by a daemon and its workers, each with a kit of its own. */
async function served(experiment, set, workers, flags) {
  const { KeyFolder } = await load("server/identity/key-folder.js");
  const keys = await KeyFolder.create(join(folder, "keys"));
  const request = { hosts: ["localhost", "127.0.0.1"], days: 30, tokenDays: 7 };
  await keys.issue({ ...request, name: "server", role: "server" });
  for (const [name] of workers) await keys.issue({ ...request, name, role: "client" });
  const port = await freePort();
  let hash;
  const daemon = await serve(port, {
    keys: join(keys.path, "server"),
    args: ["--absence", "600", "--run", experiment, ...set, ...flags],
    onLine: (line) => (hash = line.modelHash ?? hash),
  });
  const started = workers.map(([name, data]) =>
    tributary([
      ...["worker", "--coordinator", `localhost:${port}`, "--keys", join(keys.path, name), ...data],
      ...["--state", join(folder, `worker-${name}`)],
    ]),
  );
  await daemon.ended;
  for (const worker of started) {
    worker.kill("SIGKILL");
    await worker.ended;
  }
  for (const left of ["keys", "state", ...workers.map(([name]) => `worker-${name}`)])
    rmSync(join(folder, left), { recursive: true, force: true });
  return hash;
}
