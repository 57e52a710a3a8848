/**
 * Gradient checkpointing: keep about √n of n activations and recompute the others when the way back needs them — the
 * same operations on the same numbers, so the same bits, for about one more forward pass.
 *
 * The forward part (what the outputs that are no gradients need) is cut where little passes from one side to the other,
 * into about √n segments of equal weight. What passes a cut is kept; when a gradient asks for anything else, its segment is
 * computed again from what was kept, and lives until the way back has left the segment.
 *
 * Source  Chen, Xu, Zhang & Guestrin, Training deep nets with sublinear memory cost (2016), §4
 */
import { gradientName } from "./layout.ts";
import type { Steps } from "./steps.ts";
import { isLeaf, type Step } from "./step.ts";

export function checkpoint({ order, outputs }: Steps, bytesOf: (step: Step) => number): Steps {
  const kept = new Set([...outputs].filter(([name]) => gradientName(name) === undefined).map(([, step]) => step));
  const needed = new Set<Step>(kept);
  for (const step of order.toReversed()) if (needed.has(step)) for (const input of step.inputs) needed.add(input);
  const forward = order.filter((step) => needed.has(step));
  const backward = order.filter((step) => !needed.has(step));
  for (const step of acrossCuts(forward, backward, bytesOf)) kept.add(step);

  const again = new Map<Step, Step>();
  const result = [...forward];
  const emit = (step: Step, inputs: readonly Step[]): Step => {
    const same = inputs.every((input, i) => input === step.inputs[i]);
    const made = same && !needed.has(step) ? step : { ...step, inputs };
    again.set(step, made);
    result.push(made);
    return made;
  };
  /** What stands for `step` on the way back; iterative, since a segment may be deeper than the call stack. */
  const recomputed = (wanted: Step): Step => {
    const stack = [wanted];
    while (stack.length > 0) {
      const step = stack[stack.length - 1]!;
      const missing =
        isLeaf(step) || kept.has(step) || again.has(step)
          ? []
          : step.inputs.filter((input) => !isLeaf(input) && !kept.has(input) && !again.has(input));
      stack.push(...missing);
      if (missing.length > 0) continue;
      stack.pop();
      if (!isLeaf(step) && !kept.has(step) && !again.has(step))
        emit(
          step,
          step.inputs.map((input) => again.get(input) ?? input),
        );
    }
    return again.get(wanted) ?? wanted;
  };
  for (const step of backward) emit(step, step.inputs.map(recomputed));
  return { order: result, outputs: new Map([...outputs].map(([name, step]) => [name, again.get(step) ?? step])) };
}

/** The forward results that pass one of about √n well chosen cuts. Expands pass none: their input does, in their place. */
function acrossCuts(forward: readonly Step[], backward: readonly Step[], bytesOf: (step: Step) => number): Set<Step> {
  const index = new Map(forward.map((step, i) => [step, i]));
  const lastReader = new Map<Step, number>();
  const read = (input: Step, by: number): void => {
    if (input.operation === "expand" && !input.once) for (const source of input.inputs) read(source, by);
    else if (!isLeaf(input)) lastReader.set(input, Math.max(by, lastReader.get(input) ?? 0));
  };
  forward.forEach((step, i) => {
    for (const input of step.inputs) read(input, i);
  });

  // crossing[i]: bytes alive between step i − 1 and step i.   weight: bytes that the way back will ask for.
  const steps = new Float64Array(forward.length + 1);
  for (const [step, last] of lastReader) {
    steps[index.get(step)! + 1]! += bytesOf(step);
    steps[last + 1]! -= bytesOf(step);
  }
  let alive = 0;
  const crossing = steps.map((change) => (alive += change));
  const asked = new Set(
    backward
      .flatMap((step) => step.inputs)
      .filter((step) => index.has(step) && !isLeaf(step) && step.operation !== "expand"),
  );
  const segments = Math.round(Math.sqrt(asked.size));
  const total = [...asked].reduce((bytes, step) => bytes + bytesOf(step), 0);

  const cuts: number[] = [];
  let weight = 0;
  let best = -1;
  forward.forEach((step, i) => {
    const segment = cuts.length + 1;
    if (weight > ((segment - 0.5) * total) / segments && (best < 0 || crossing[i]! < crossing[best]!)) best = i;
    if (asked.has(step)) weight += bytesOf(step);
    if (weight >= ((segment + 0.5) * total) / segments && best >= 0) {
      cuts.push(best);
      best = -1;
    }
  });
  return new Set(
    [...lastReader]
      .filter(([step, last]) => cuts.some((cut) => index.get(step)! < cut && cut <= last))
      .map(([step]) => step),
  );
}
