// How long do a loss and its gradient take, and how long in PyTorch on one thread of this machine?
//
//   npm run build && TRIBUTARY_TORCH_PYTHON=/path/to/python node test/bench/losses.mjs [name …] [--seconds 0.4]
//
// Each loss that losses.py knows, on 64 × 10 and on 4096 × 1000 numbers in float32: Σ ℓ and its gradient with respect to every input
// that comes from a model, as the program a client runs, weights and absent rows included. Both sides take turns, a slice of time
// each, over and over; the best of each counts, in CPU time, since other work on the machine only ever adds. The values must agree.
import { cpus } from "node:os";
import { losses } from "../../dist/shared/losses/catalogue.js";
import { formsOf } from "../../dist/shared/losses/inputs.js";
import { input } from "../../dist/shared/graph/build.js";
import { gradient } from "../../dist/shared/graph/gradient.js";
import { defineProgram } from "../../dist/shared/graph/program.js";
import { bindPlan, planFor } from "../../dist/shared/kernels/engine.js";
import { kernel } from "../../dist/shared/kernels/module.js";
import { Heap } from "../../dist/shared/kernels/heap.js";
import { objectiveOutputs } from "../../dist/shared/objectives/objective.js";
import { cpuSeconds, inTurns, openPeer } from "./peer.mjs";

const python = process.env.TRIBUTARY_TORCH_PYTHON;
if (python === undefined) throw new Error("Expected TRIBUTARY_TORCH_PYTHON to name a Python that has torch");
const seconds = process.argv.includes("--seconds") ? Number(process.argv[process.argv.indexOf("--seconds") + 1]) : 0.4;
const only = process.argv.slice(2).filter((word) => word in losses);
const turns = 6;
const shapes = [
  [64, 10],
  [4096, 1000],
];
/** Where a loss of ours has another default, or counts in another unit, than PyTorch. */
const options = { "info-nce": { temperature: 0.1 }, "focal-binary": { alpha: null } };
/** Inputs that are drawn otherwise than the loss says, on both sides: ties have more than one form, and PyTorch's is written without. */
const drawnAs = { cox: { time: "positive" } };
/** Numbers of a shape that a set loss of quadratic cost is not asked for. */
const largest = { "info-nce": 1e6 };

const unit = (i, salt) => ((i * 7919 + salt * 104729 + 13) % 10007) / 10007;
const drawn = {
  real: (u) => 4 * u - 2,
  probability: (u) => 0.02 + 0.96 * u,
  binary: (u) => (u < 0.5 ? 1 : 0),
  sign: (u) => (u < 0.5 ? -1 : 1),
  "non-negative": (u) => Math.floor(5 * u),
  positive: (u) => 0.1 + u,
  "log-distribution": (u) => -0.1 - 2 * u,
  cosine: (u) => 2 * u - 1,
  distribution: (u) => 0.1 + u,
};

/** The numbers that losses.py draws, input by input. */
function numbers(holds, shape, salt, columns) {
  const count = shape.reduce((a, b) => a * b, 1);
  const all = Float64Array.from({ length: count }, (_, i) =>
    holds === "class" ? Math.floor(unit(i, salt) * columns) : holds === "group" ? 0 : drawn[holds](unit(i, salt)),
  );
  if (holds !== "distribution") return all;
  for (let from = 0; from < count; from += columns) {
    const row = all.subarray(from, from + columns);
    const total = row.reduce((a, b) => a + b, 0);
    row.forEach((value, i) => (row[i] = value / total));
  }
  return all;
}

function oursOf(name, rows, columns) {
  const loss = losses[name].bind(options[name] ?? {});
  const forms = Object.entries(loss.inputs).map(([key, spec]) => [key, formsOf(spec)[0]]);
  const shapeOf = ({ axes }) => (axes.length === 1 ? [rows] : [rows, columns]);
  const inputs = forms.map(([key, form]) => ({
    name: key,
    role: "batch",
    shape: shapeOf(form),
    dtype: form.holds === "class" || form.holds === "group" ? "index" : "real",
  }));
  inputs.push({ name: "weight", role: "batch", shape: [rows], dtype: "real" });
  const nodes = Object.fromEntries(inputs.map(({ name: key, shape, dtype }) => [key, input(key, shape, dtype)]));
  const { numerator } = objectiveOutputs(loss, nodes, nodes.weight);
  const learned = forms.filter(([, { from }]) => from === "model").map(([key]) => key);
  const slopes = gradient(
    numerator,
    learned.map((key) => nodes[key]),
  );
  const outputs = { numerator, ...Object.fromEntries(learned.map((key, i) => [`slope/${key}`, slopes[i]])) };
  const heap = Heap.create();
  const plan = planFor(defineProgram({ inputs, outputs }), { precision: "float32", heap, freshInputs: true }); // as a trainer's
  const { arena, code, end } = bindPlan(plan, heap);
  const run = kernel(heap.kernels, "run", "float32");
  forms.forEach(([key, form], i) =>
    arena.input(key).set(numbers(drawnAs[name]?.[key] ?? form.holds, shapeOf(form), i, columns)),
  );
  arena.input("weight").fill(1);
  run(code, end);
  let calls = 1;
  return {
    value: arena.output("numerator")[0],
    seconds(budget) {
      let best = Infinity;
      for (const until = performance.now() + 1000 * budget; performance.now() < until;) {
        const start = cpuSeconds();
        for (let i = 0; i < calls; i++) run(code, end);
        const taken = cpuSeconds() - start;
        best = Math.min(best, taken / calls);
        if (taken < 0.0005) calls *= 2;
      }
      return best;
    },
  };
}

const peer = await openPeer(python, "losses.py");
const { about } = peer;
console.log(`PyTorch ${about.version}, ${about.blas}, threads ${about.threads}`);
console.log(
  `${cpus()[0].model}, Node ${process.version}, float32, one thread, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log("| loss, value and gradient | shape | ours µs | PyTorch µs | ratio |\n|---|---|---|---|---|");
const ratios = new Map(shapes.map((shape) => [shape.join(" × "), []]));
for (const name of about.losses.filter((name) => name in losses && (only.length === 0 || only.includes(name)))) {
  for (const [rows, columns] of shapes) {
    if (rows * columns > (largest[name] ?? Infinity)) continue;
    const ours = oursOf(name, rows, columns);
    let value = NaN;
    const theirs = async () => {
      const next = await peer.ask({ loss: name, rows, columns, seconds: seconds / turns });
      value = next.value;
      return next.seconds;
    };
    const best = await inTurns(turns, () => ours.seconds(seconds / turns), theirs);
    const apart = Math.abs(ours.value - value) / Math.max(1, Math.abs(value));
    const ratio = best[0] / best[1];
    ratios.get(`${rows} × ${columns}`).push(ratio);
    const shown = best.map((s) => (s * 1e6).toFixed(1)).join(" | ");
    console.log(
      `| ${name} | ${rows} × ${columns} | ${shown} | ${ratio.toFixed(3)} |${apart > 1e-3 ? ` values differ: ${ours.value}, PyTorch ${value}` : ""}`,
    );
  }
}
for (const [shape, all] of ratios) {
  const sorted = all.toSorted((a, b) => a - b);
  if (sorted.length > 0)
    console.log(`\n${shape}: median ${sorted[sorted.length >> 1].toFixed(3)}, worst ${sorted.at(-1).toFixed(3)}`);
}
peer.close();
