import { epochOrder, stepOrder, stepsPerEpoch } from "../../shared/data/batches.ts";
import { TributaryError } from "../../shared/errors.ts";
import type { LocalConfig } from "../../shared/experiment/federation.ts";
import type { LocalTrainer } from "../../shared/kernels/trainer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { TrainTask, Vector } from "../../shared/protocol/task.ts";
import { divisorOf, trainPrivately } from "./private-steps.ts";
import { correctDrift, pullTo, type Correction } from "./drift.ts";
import { tellMultipliers } from "../tasks/gradient.ts";
import type { Room } from "../room/room.ts";

export interface WorkOptions {
  /** How much each objective counts: wᵢ … */
  readonly weights: readonly number[];
  /** … and the client's pₖ. */
  readonly share: number;
  /** Where steps begin. @default the task's model */
  readonly start?: Vector;
  /** @default the room's work */
  readonly trainer?: LocalTrainer;
  /** Passes for what is the client's own, in an order of their own. @default the local work that was asked for */
  readonly ownEpochs?: number;
  /** μ: instead of the assignment's correction, a pull of this strength to the task's model. */
  readonly pull?: number;
}

type Trained = ReturnType<LocalTrainer["train"]>;

/** The local steps of one task on the weighted sum of the objectives; the trainer's parameters are where they ended. */
export function localWork(
  task: TrainTask,
  shard: Shard,
  room: Room,
  { weights, share, start, trainer = room.work, ownEpochs, pull }: WorkOptions,
): Trained & { readonly drift: Correction } {
  const { objectives, local, personal } = room.assignment;
  if (local === undefined)
    throw new TributaryError("invalid-program", "Expected local work in the assignment, got none");
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
  const most = local.steps ?? local.epochs! * perEpoch; // of any round: no two rounds may share a key of chance …
  const ownMost = personal?.kind === "parts" ? (personal.alternate?.epochs ?? 0) * perEpoch : 0; // … nor two parts of one
  const { order, steps, microBatchesPerStep } =
    ownEpochs !== undefined
      ? epochOrder(plan, ownEpochs, own.fork("own", task.round))
      : local.steps === undefined
        ? epochOrder(plan, epochs, walk)
        : stepOrder(plan, first, count, walk);
  const terms = room.confidant?.terms;
  const perBatch = rows.length / batch;
  objectives.forEach(({ name, multipliers }, i) => {
    const w = weights[i]!;
    const total = task.totals[i]!;
    const scales = {
      none: (w * perBatch) / (total * share),
      frozen: (w * perBatch) / share,
      "client-local": (w * shard.denominators[i]!) / (total * share),
    };
    // Under dp-sgd what a row counts for must not go by the others: w/B, whatever the denominators.
    const scale = terms?.mechanism === "dp-sgd" ? w / divisorOf(terms, rows.length) : scales[multipliers ?? "none"];
    trainer.input(`scale/${name}`)[0] = total === 0 ? 0 : scale;
  });
  tellMultipliers(trainer, task.multipliers);
  if (microBatchesPerStep > 0 && room.assignment.penalized) trainer.input("scale/penalty")[0] = 1 / microBatchesPerStep;
  const x = room.start(task.parameters);
  const microBatches = Math.max(1, microBatchesPerStep); // they are added up
  trainer.parameters.set(start ?? x);
  trainer.resetOptimizer();
  const drift =
    pull === undefined
      ? correctDrift(task, shard.client, room, { trainer, start: start ?? x, microBatches })
      : pullTo(trainer, x, pull / microBatches);
  if (terms?.mechanism === "dp-sgd") {
    const trained = trainPrivately(trainer, room.trainingColumns(trainer, shard, rows, task.round), rows, {
      terms,
      secret: room.confidant!.secretFor(task, shard.client), // whose terms these are
      learningRate: task.learningRate,
      firstStep: task.round * terms.steps,
    });
    return { ...trained, drift };
  }
  const { perExample } = room.assignment.clip;
  if (perExample !== undefined) trainer.clipRows(perExample / batch);
  const trained = trainer.train(room.trainingColumns(trainer, shard, rows, task.round), order, {
    microBatchesPerStep,
    learningRates: new Float64Array(steps).fill(task.learningRate * slowedBy(local)),
    firstStep: task.round * (most + ownMost) + (ownEpochs === undefined ? 0 : most),
  });
  return { ...trained, drift };
}

/** Of a step, the part that goes by the batch. */
const slowedBy = ({ drift }: LocalConfig): number => (drift.kind === "mime-lite" ? 1 - drift.momentum : 1);
