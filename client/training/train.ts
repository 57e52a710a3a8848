import { emptyAnswer } from "../../shared/protocol/answer.ts";
import type { Shard } from "../../shared/protocol/assignment.ts";
import type { LocalConfig } from "../../shared/experiment/federation.ts";
import { effectiveSteps } from "../../shared/regularizers/effective-steps.ts";
import type { Sums } from "../../shared/kernels/trainer.ts";
import { clientWeight } from "../../shared/updates/client-weight.ts";
import type { TrainTask, Vector } from "../../shared/protocol/task.ts";
import { localWork } from "./local-work.ts";
import { ownPartsOf, trainOwnModel, trainOwnParts } from "./personal.ts";
import { contributionsOf, type Reply } from "../tasks/reply.ts";
import type { Room } from "../room/room.ts";
import { slopeAt } from "./slope.ts";

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
  const hidesRows = room.confidant?.terms.mechanism === "dp-sgd"; // whether any of them counts is its own affair
  if (hidesRows ? shard.train.length === 0 : counted.weight === 0)
    return { answer: emptyAnswer(shard.client, objectives, 0), vectors: room.vectors.map((vector) => vector.fill(0)) };
  const counts = { ...counted, weights };
  const { personal } = room.assignment;
  const own = ownPartsOf(task, shard.client, room);
  const epochs = personal?.kind === "parts" ? personal.alternate?.epochs : undefined;
  if (own !== undefined && epochs !== undefined)
    trainOwnParts(task, shard, room, { ...counts, begin: own.begin, epochs });
  const begin = own?.begin ?? room.start(task.parameters);
  const trainer = epochs === undefined ? room.work : room.workOn("rest");
  const worked = localWork(task, shard, room, { ...counts, start: begin, trainer });
  const { sums, steps, clipped, nonFinite, drift } = { ...worked, sums: copied(worked.sums) };
  room.subtract(trainer.parameters, begin, change);
  own?.settle(trainer.parameters, change);
  drift.settle(change, steps);
  const lostModel =
    personal?.kind === "ditto" && trainOwnModel(task, shard, room, { ...counts, lambda: personal.lambda });
  const local = room.assignment.local!; // whoever has worked has local settings
  const slope = local.drift.kind === "mime-lite" ? slopeAt(task, shard, room, counts) : undefined;
  if (slope !== undefined) room.vectors[1]!.set(slope.gradient);
  if (local.normalizeSteps) normalize(change, local, { learningRate: task.learningRate, steps });
  const contributions = contributionsOf(sums, objectives);
  const answer = {
    ...emptyAnswer(shard.client, objectives, task.shares?.get(shard.client) ?? counted.weight),
    lost: drift.lost || own?.lost === true || lostModel,
    steps,
    clipped: { examples: clipped, update: 0 },
    nonFinite: nonFinite + (slope?.nonFinite ?? 0),
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

/** The trainer's sums are overwritten by its next work. */
const copied = (sums: Sums): Sums =>
  Object.fromEntries(Object.entries(sums).map(([name, values]) => [name, values.slice()]));
