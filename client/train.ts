import { epochOrder, stepOrder, stepsPerEpoch } from "../shared/data/batches.ts";
import { emptyAnswer } from "../shared/protocol/answer.ts";
import type { Shard } from "../shared/protocol/assignment.ts";
import type { LocalConfig } from "../shared/experiment/federation.ts";
import { effectiveSteps } from "../shared/regularizers/effective-steps.ts";
import type { Vector } from "../shared/protocol/task.ts";
import type { TrainTask } from "../shared/protocol/task.ts";
import { TributaryError } from "../shared/errors.ts";
import type { LocalTrainer } from "../shared/kernels/trainer.ts";
import { correctDrift, type Correction } from "./drift.ts";
import { tellMultipliers } from "./gradient.ts";
import { contributionsOf, type Reply } from "./reply.ts";
import type { Room } from "./room.ts";

/**
 * Local steps → one change of the model (update mode).
 *
 *     aₖ = Σᵢ wᵢ·denᵢₖ/Dᵢ      W = Σᵢ wᵢ over objectives with Dᵢ > 0      pₖ = aₖ/W
 *     loss of a batch   Σᵢ wᵢ·numᵢ/(Dᵢ·pₖ) · n/B        n rows of the client, B of a full batch: a constant, so that
 *                                                       one epoch descends the same sum however it is cut
 *     a function F of sums S   λ = ∂F/∂S frozen: wᵢ·⟨λ, S⟩/pₖ · n/B, as if num were ⟨λ, S⟩ and D were 1
 *                              client-local: wᵢ·denᵢₖ/(Dᵢ·pₖ) · F(S), S being the batch's own sums
 *     Δₖ = end − start, rounded to the wire's dtype
 *
 * With the clip perExample C, a row's part of that gradient has at most the norm C/B: as if its own Σᵢ wᵢ·∇ℓᵢ·(n/(Dᵢ·pₖ)) had C.
 *
 * Facts   one objective of weight 1 and plain rows: the mean over B rows · one step on the full batch of every client equals one
 *         step of gradient mode, for any number of objectives · a client whose rows count for nothing has weight 0 and Δ = 0
 */
export function train(task: TrainTask, shard: Shard, room: Room): Reply {
  const { objectives } = room.assignment;
  const change = room.vectors[0]!;
  const weights = task.weights ?? objectives.map((objective) => objective.weight);
  const counted = clientWeight(task.totals, shard.denominators, weights);
  if (counted.weight === 0)
    return { answer: emptyAnswer(shard.client, objectives, 0), vectors: room.vectors.map((vector) => vector.fill(0)) };
  const { sums, steps, clipped, nonFinite, drift } = localWork(task, shard, room, { ...counted, weights });
  room.subtract(room.work.parameters, room.start(task.parameters), change);
  drift.settle(change, steps);
  const local = room.assignment.local!; // whoever has worked has local settings
  if (local.normalizeSteps) normalize(change, local, { learningRate: task.learningRate, steps });
  const contributions = contributionsOf(sums, objectives);
  const answer = {
    ...emptyAnswer(shard.client, objectives, task.shares?.get(shard.client) ?? counted.weight),
    lost: drift.lost,
    steps,
    clipped: { examples: clipped, update: 0 },
    nonFinite,
    contributions,
  };
  return { answer, vectors: room.vectors };
}

/** Δ per unit of local work, the effective step sum ηₗ·‖a‖₁: the coordinator multiplies by its mean over clients (FedNova). */
function normalize(
  change: Vector,
  { optimizer, drift }: LocalConfig,
  taken: { learningRate: number; steps: number },
): void {
  if (optimizer.kind !== "sgd" || taken.steps === 0) return;
  const reach = effectiveSteps({ optimizer, ...taken }, drift.kind === "proximal" ? drift.mu : 0);
  for (let i = 0; i < change.length; i++) change[i] = change[i]! / reach;
}

/** How much each objective counts in local work: wᵢ, and the client's pₖ. */
export interface LocalWeights {
  readonly weights: readonly number[];
  readonly share: number;
}

/** The local steps of one task on the weighted sum of the objectives, from its model; the trainer's parameters are where they ended. */
export function localWork(
  task: TrainTask,
  shard: Shard,
  room: Room,
  { weights, share }: LocalWeights,
): Pick<ReturnType<LocalTrainer["train"]>, "sums" | "steps" | "clipped" | "nonFinite"> & {
  readonly drift: Correction;
} {
  const { objectives, local } = room.assignment;
  if (local === undefined)
    throw new TributaryError("invalid-program", "Expected local work in the assignment, got none");
  const trainer = room.work;
  const rows = shard.train;
  const batch = local.batchSize === "full" ? rows.length : Math.min(local.batchSize, rows.length);
  const blocks = room.blocks(rows);
  const plan = { ...local, rows, batchSize: batch, microBatchSize: trainer.batchSize, blocks };
  const own = room.random.fork("client", shard.client);
  const walk = local.continueAcrossRounds ? own : own.fork("round", task.round);
  const perEpoch = blocks === undefined ? stepsPerEpoch(plan) : blocks.length; // at most
  const epochs = task.epochs?.get(shard.client) ?? local.epochs!;
  const count = local.steps ?? epochs * perEpoch; // the schema has made sure of one of them
  const first = local.continueAcrossRounds ? (task.turns?.get(shard.client) ?? 0) * count : 0;
  const most = local.steps ?? local.epochs! * perEpoch; // of any round: no two rounds may share a key of chance
  const { order, steps, microBatchesPerStep } =
    local.steps === undefined ? epochOrder(plan, epochs, walk) : stepOrder(plan, first, count, walk);
  const perBatch = rows.length / batch;
  objectives.forEach(({ name, multipliers }, i) => {
    const w = weights[i]!;
    const total = task.totals[i]!;
    const scales = {
      none: (w * perBatch) / (total * share),
      frozen: (w * perBatch) / share,
      "client-local": (w * shard.denominators[i]!) / (total * share),
    };
    trainer.input(`scale/${name}`)[0] = total === 0 ? 0 : scales[multipliers ?? "none"];
  });
  tellMultipliers(trainer, task.multipliers);
  if (microBatchesPerStep > 0 && room.assignment.penalized) trainer.input("scale/penalty")[0] = 1 / microBatchesPerStep;
  const start = room.start(task.parameters);
  trainer.parameters.set(start);
  trainer.resetOptimizer();
  const drift = correctDrift(task, shard.client, room, { start, microBatches: Math.max(1, microBatchesPerStep) });
  const { perExample } = room.assignment.clip;
  if (perExample !== undefined) trainer.clipRows(perExample / batch);
  const trained = trainer.train(room.columns(trainer), order, {
    microBatchesPerStep,
    learningRates: new Float64Array(steps).fill(task.learningRate),
    firstStep: task.round * most,
  });
  return { ...trained, drift };
}

/** aₖ and pₖ of a client with these denominators. */
export function clientWeight(
  totals: readonly number[],
  denominators: Float64Array,
  weights: readonly number[],
): { weight: number; share: number } {
  let weight = 0;
  let all = 0;
  weights.forEach((w, i) => {
    if (totals[i]! === 0) return;
    weight += (w * denominators[i]!) / totals[i]!;
    all += w;
  });
  return { weight, share: all === 0 ? 0 : weight / all };
}
