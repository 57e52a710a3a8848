/**
 * Corrections against client drift: the local gradient is ∇ℓ(y) + μ·(y − x) + shift (`shared/experiment/client-axis.ts`).
 *
 *     scaffold   cₖ⁺ = cₖ − c + (x − y)/(τ·ηₗ), option II; the client answers cₖ⁺ − cₖ beside its change
 *     dynamic    λₖ⁺ = λₖ − α·(y − x)
 *     mime-lite  shift = m·β/(1 − β), at the rate (1 − β)·ηₗ; the client answers ∇Fₖ(x) beside its change
 *
 * cₖ and λₖ are kept by the client, and begin at 0. One that has lost them begins anew, and says so.
 */
import { correctionOf } from "../../shared/experiment/correction.ts";
import type { LocalTrainer } from "../../shared/kernels/trainer.ts";
import type { TrainTask, Vector } from "../../shared/protocol/task.ts";
import { propose, recall } from "../room/keeper.ts";
import type { Room } from "../room/room.ts";

export interface Correction {
  readonly lost: boolean;
  /** After local work: proposes what the client will keep. The change is y − x. */
  settle(change: Vector, steps: number): void;
}

/** Puts the correction where the program reads it, before local work begins. `start` is x. */
export function correctDrift(
  task: TrainTask,
  client: string,
  room: Room,
  {
    trainer,
    start,
    microBatches,
  }: { readonly trainer: LocalTrainer; readonly start: Vector; readonly microBatches: number },
): Correction {
  const { drift } = room.assignment.local!; // whoever trains has local settings
  if (drift.kind === "none" || correctionOf(drift) === "none")
    return room.assignment.personal?.kind === "ditto" ? pullTo(trainer, start, 0) : none; // a program with a pull, for the own model
  if (drift.kind === "mime-lite") {
    const share = drift.momentum / (1 - drift.momentum) / microBatches;
    tell(trainer, "shift", task.control ?? new Float64Array(start.length), share);
    return none;
  }
  if (drift.kind !== "scaffold")
    pullTo(trainer, start, (drift.kind === "proximal" ? drift.mu : drift.alpha) / microBatches);
  if (drift.kind === "proximal") return none;
  const last = task.committed?.get(client) ?? 0;
  const { committed, lost } = recall(room.keeper, client, last);
  const own = committed === undefined ? new Float64Array(start.length) : Float64Array.from(committed.values);
  const control = drift.kind === "scaffold" ? task.control : undefined;
  tell(
    trainer,
    "shift",
    own.map((value, i) => (control?.[i] ?? 0) - value),
    1 / microBatches,
  );
  return {
    lost,
    settle(change, steps) {
      const exact =
        drift.kind === "dynamic"
          ? own.map((value, i) => value - drift.alpha * change[i]!)
          : own.map((value, i) => value - (control?.[i] ?? 0) - change[i]! / (steps * task.learningRate));
      const next = room.assignment.precision === "float32" ? Float32Array.from(exact) : exact; // the same bits in every cupboard
      propose(room.keeper, client, { round: task.round, last, values: next });
      if (drift.kind === "scaffold") room.vectors[1]!.set(own.map((value, i) => next[i]! - value));
    },
  };
}

const none: Correction = { lost: false, settle: () => undefined };

/** Has each micro-batch pull to x by so much. */
export function pullTo(trainer: LocalTrainer, x: Vector, strength: number): Correction {
  trainer.input("drift/mu")[0] = strength;
  tell(trainer, "anchor", x, 1);
  return none;
}

/** Sets the constants `<family>/<parameter>` to the pieces of a flat vector, times `scale`. */
function tell(trainer: LocalTrainer, family: string, vector: Vector, scale: number): void {
  const read = new Set(trainer.program.inputs.map(({ name }) => name));
  for (const { name, offset, size } of trainer.slices) {
    if (!read.has(`${family}/${name}`)) continue;
    const into = trainer.input(`${family}/${name}`);
    for (let i = 0; i < size; i++) into[i] = vector[offset + i]! * scale;
  }
}
