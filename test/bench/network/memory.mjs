/**
 * The most memory that a coordinator ever takes, for cohorts of some sizes that train one model: it must follow the model, not the cohort.
 * Clients are real ones, each with a connection of its own, and all answer at once; they share a process and one place of work.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, freePort, load, memoryKB, number, serve, spawned } from "./scene.mjs";

const rounds = 3;
const features = 20;

/** Two hidden layers as wide as it takes to have so many million parameters. */
function experiment(millions, cohort) {
  const width = Math.round(Math.sqrt(millions * 1e6));
  const names = Array.from({ length: features }, (_, i) => `x${i}`);
  const rows = Array.from({ length: 4 }, (_, i) => [...names.map((_, j) => ((i + j) % 3) - 1), i % 2].join(","));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "rows.csv"), [`${names.join(",")},y`, ...rows].join("\n"));
  const clients = Array.from({ length: cohort }, (_, i) => `c${i}: rows.csv`);
  const file = join(folder, `cohort-${cohort}.yaml`);
  writeFileSync(
    file,
    `tributary: 1
name: cohort-${cohort}
data: { features: { numeric: [${names.join(", ")}] }, targets: { y: { column: y, above: 0.5 } } }
model: { trunk: { kind: mlp, units: [${width}, ${width}] }, heads: { y: 1 } }
objectives: { y: { head: y, target: y, loss: bce-with-logits } }
federation: { mode: update, rounds: ${rounds}, local: { optimizer: { kind: sgd, learningRate: 0.01 }, epochs: 1, batchSize: 4 } }
evaluation: { everyRounds: 1000 }
simulation: { clients: { ${clients.join(", ")} } }
`,
  );
  return file;
}

export async function memory(size, flags) {
  const millions = number(size, 2.5);
  const cohorts = flags.length > 0 ? flags.map(Number) : [4, 64];
  for (const cohort of cohorts) {
    const port = await freePort();
    const after = [];
    let [first, peak, parameters] = [0, 0, 0];
    const onLine = (line) => {
      if (line.event === "started") [first, parameters] = [memoryKB(daemon.pid), line.parameters];
      if (line.event === "round") after.push(memoryKB(daemon.pid));
      if (line.event === "finished") peak = memoryKB(daemon.pid, "VmHWM");
    };
    const daemon = await serve(port, { args: ["--absence", "600", "--run", experiment(millions, cohort)], onLine });
    const trainees = spawned([
      join(import.meta.dirname, "../network.mjs"),
      "trainees",
      String(cohort),
      String(port),
      join(folder, "rows.csv"),
    ]);
    await daemon.ended;
    trainees.kill("SIGKILL");
    await trainees.ended;
    const mb = (kB) => (kB / 1000).toFixed(0);
    console.log(
      `${cohort} clients, a model of ${((4 * parameters) / 1e6).toFixed(1)} MB: at most ${mb(peak)} MB, before the first round ${mb(first)} MB, after each ${after.map(mb).join(" ")} MB`,
    );
    rmSync(join(folder, "state"), { recursive: true, force: true });
  }
}

/** The clients. All have the same rows, so that one computes for all of them, in a thread; what they send goes at once. */
export async function beTrainees(size, [port, rows]) {
  const { attendFor } = await load("client/session.js");
  const { Workplace } = await load("client/work/workplace.js");
  const [first, opened] = [new Workplace(join(folder, "own")), new Map()];
  const forAll = async (job) => {
    const work = () => first.do({ ...job, client: "c0" });
    if (job.kind !== "open") return await work();
    if (!opened.has("c0")) opened.set("c0", work());
    return await opened.get("c0");
  };
  const place = { isBroken: false, do: forAll, [Symbol.asyncDispose]: async () => {} };
  for (let i = 0; i < Number(size); i++) {
    const options = { address: `127.0.0.1:${port}`, name: `c${i}`, version: "bench", cacheBytes: 1 };
    const own = { sources: [rows], stateFolder: join(folder, `c${i}`), openPlace: () => place };
    void attendFor({ ...options, ...own }, new AbortController().signal);
  }
}
