// How long do the tasks T1, T2 and T3 take, and where does the time go?
//
//   npm run build && TRIBUTARY_DATA=/path/to/data node test/bench/tasks.mjs [t1 t2 t3] [--threads 2] [--times 3]
//   TRIBUTARY_TORCH_PYTHON=/path/to/python …     beside loops of NumPy (T1, T2) and PyTorch (T3) on one thread, which take turns with ours
//
// The data are MNIST's four files in <TRIBUTARY_DATA>/mnist. For the rounds and for the evaluations between them: seconds of the clock, and
// CPU seconds of all threads of the process, which other work on the machine disturbs less. Of several runs the least.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeExperiment } from "../../dist/shared/experiment/decode.js";
import { simulate } from "../../dist/server/simulation/simulate.js";
import { cpuSeconds, openPeer } from "./peer.mjs";

const data = process.env.TRIBUTARY_DATA;
if (data === undefined) throw new Error("Expected TRIBUTARY_DATA to name a folder with mnist/ in it");
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const [threads, times] = [option("--threads", 2), option("--times", 3)];
const asked = process.argv.slice(2).filter((word) => /^t[123]$/.test(word));

/** Clock and CPU seconds up to each kind of event since the one before it; the beginning goes to `reading` and `starting`. */
async function measured(task) {
  const file = new URL(`experiments/${task}.yaml`, import.meta.url);
  const text = readFileSync(file, "utf8").replaceAll("data/mnist", join(data, "mnist"));
  const spent = {};
  let [clock, cpu] = [performance.now(), cpuSeconds()];
  const phases = { started: "reading", prepared: "starting", round: "rounds", evaluated: "evaluations" };
  const onEvent = ({ event }) => {
    const [now, used] = [performance.now(), cpuSeconds()];
    const own = (spent[phases[event] ?? "the rest"] ??= { clock: 0, cpu: 0 });
    own.clock += (now - clock) / 1000;
    own.cpu += used - cpu;
    [clock, cpu] = [now, used];
  };
  const result = await simulate(decodeExperiment(`${task}.yaml`, text), { threads, onEvent });
  return { spent, accuracy: result.metrics["digit/test/accuracy"], hash: result.modelHash };
}

const python = process.env.TRIBUTARY_TORCH_PYTHON;
const peer = python === undefined ? undefined : await openPeer(python, "tasks.py");
const beside = peer === undefined ? "" : `, NumPy ${peer.about.numpy}, PyTorch ${peer.about.torch}, one thread`;
console.log(`Node ${process.version}, ${threads} threads${beside}; the least of ${times}\n`);
console.log("| task | phase | clock s | CPU s | theirs, CPU s | ratio of CPU |\n|---|---|---|---|---|---|");
for (const task of asked.length === 0 ? ["t1", "t2", "t3"] : asked) {
  const [ours, theirs] = [[], []];
  for (let i = 0; i < times; i++) {
    ours.push(await measured(task));
    if (peer !== undefined) theirs.push(await peer.ask({ task }));
  }
  const hashes = new Set(ours.map(({ hash }) => hash));
  if (hashes.size > 1) throw new Error(`Expected one model, got ${[...hashes].join(", ")}`);
  for (const phase of Object.keys(ours[0].spent)) {
    const least = (what) => Math.min(...ours.map(({ spent }) => spent[phase]?.[what] ?? Infinity));
    const other = Math.min(...theirs.map((their) => their[phase] ?? Infinity));
    const compared = Number.isFinite(other) ? [other.toFixed(3), (least("cpu") / other).toFixed(2)] : ["", ""];
    console.log(`| ${[task, phase, least("clock").toFixed(3), least("cpu").toFixed(3), ...compared].join(" | ")} |`);
  }
  console.log(`| ${task} | accuracy | ${ours[0].accuracy} | | ${theirs[0]?.accuracy ?? ""} | |`);
}
peer?.close();
const { maxRSS } = process.resourceUsage();
console.log(`\npeak memory ${Math.round(maxRSS / 1024)} MB`);
