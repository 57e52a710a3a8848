// How long do the tasks T1, T2 and T3 take, and where does the time go?
//
//   npm run build && TRIBUTARY_DATA=/path/to/data node test/bench/tasks.mjs [t1 t2 t3] [--threads 2] [--times 3]
//
// The data are MNIST's four files in <TRIBUTARY_DATA>/mnist. For the rounds and for the evaluations between them: seconds of the clock, and
// CPU seconds of all threads of this process, which other work on the machine disturbs less. Of several runs the fastest.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeExperiment } from "../../dist/shared/experiment/decode.js";
import { simulate } from "../../dist/server/simulation/simulate.js";
import { cpuSeconds } from "./peer.mjs";

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

console.log(`Node ${process.version}, ${threads} threads, the fastest of ${times}\n`);
console.log("| task | phase | clock s | CPU s |\n|---|---|---|---|");
for (const task of asked.length === 0 ? ["t1", "t2", "t3"] : asked) {
  const runs = [];
  for (let i = 0; i < times; i++) runs.push(await measured(task));
  const hashes = new Set(runs.map(({ hash }) => hash));
  if (hashes.size > 1) throw new Error(`Expected one model, got ${[...hashes].join(", ")}`);
  for (const phase of Object.keys(runs[0].spent)) {
    const least = (what) => Math.min(...runs.map(({ spent }) => spent[phase]?.[what] ?? Infinity)).toFixed(3);
    console.log(`| ${task} | ${phase} | ${least("clock")} | ${least("cpu")} |`);
  }
  console.log(`| ${task} | accuracy ${runs[0].accuracy} | | |`);
}
const { maxRSS } = process.resourceUsage();
console.log(`\npeak memory ${Math.round(maxRSS / 1024)} MB`);
